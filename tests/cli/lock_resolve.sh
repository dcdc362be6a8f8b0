# SPDX-License-Identifier: MIT
# Closures from real repositories: what comes along, in which batches, and what does not.
. "$SUPPORT/apt-repository"
debs() { # of every package of ./m.lock.json: "id version [kernel]" and its .debs by batch
	jq -r '.files as $f | .packages[] | "\(.id) \(.version) \(.kernel // "")",
		(.debs | group_by(.batch)[] | "  \(.[0].batch): " +
		 ([.[] | $f[.file].deb | "\(.package)=\(.version)"] | join(" ")))' m.lock.json
}
lock() {
	echo "== $1"
	shift
	apt_manifest "$@" >m.json && ibbundle lock m.json && debs
}

apt_key good
# the base: base-files is required, perl-base is needed by it; old and new come with the same version
apt_base main 1.0 amd64
apt_deb main perl-base 5.0 amd64 'Priority: required'
apt_deb main libcrypt 1 amd64 'Priority: required' 'Depends: cryptdata (= 1)'
apt_deb main cryptdata 1 amd64
apt_deb main systemd 250 amd64 'Provides: sysusers'
apt_deb main a-sysusers 9 amd64 'Provides: sysusers' 'Conflicts: sysusers'
# what is asked for
apt_deb main app 2:1.5-1 amd64 'Depends: libapp (>= 1), systemd | sysusers' 'Recommends: doc'
apt_deb main libapp 1.2 amd64 'Pre-Depends: tool'
apt_deb main tool 1 all 'Depends: tooldata'
apt_deb main tooldata 1 all 'Depends: tool'
apt_deb main doc 1 all
apt_deb main perl 5.0 amd64 'Multi-Arch: allowed' 'Depends: perl-base (= 5.0)'
apt_deb main script 1 all 'Depends: perl:any'
apt_deb main crypt-dev 1 amd64 'Depends: cryptdata (= 1)'
apt_publish main good amd64
# the security suite: perl and perl-base are tied to each other
apt_deb security perl-base 5.1 amd64 'Priority: required'
apt_deb security perl 5.1 amd64 'Multi-Arch: allowed' 'Depends: perl-base (= 5.1)'
apt_publish security good amd64

lock 'Pre-Depends makes a batch, a circle of Depends shares one, Recommends stay away'
lock 'the newest version wins, with the part of the base that it is tied to' \
	suites='"main" "security"' packages='"perl"'
lock 'main alone: the tie to the base comes along in the same version' packages='"perl"'
lock 'and so does what in the base is tied to that in turn' packages='"crypt-dev"'
lock 'a package of the base adds nothing' packages='"apt"'

echo '== the same again gives the same bytes'
cp m.lock.json before
ibbundle lock m.json >/dev/null && cmp before m.lock.json && echo same
(cd / && ibbundle lock "$OLDPWD/m.json" -j1 --lock "$OLDPWD/other.json" >/dev/null)
cmp before other.json && echo same

echo '== what changed since'
apt_manifest suites='"main" "security"' packages='"perl", "script"' >m.json
ibbundle lock m.json
ibbundle lock m.json --diff
apt_deb security perl-base 5.2 amd64 'Priority: required'
apt_deb security perl 5.2 amd64 'Multi-Arch: allowed' 'Depends: perl-base (= 5.2), libnew'
apt_deb security libnew 1 amd64
rm repo/pool/security/*_5.1_*
apt_publish security good amd64
cp m.lock.json before
ibbundle lock m.json --diff
cmp before m.lock.json && echo 'nothing was written'
apt_manifest suites='"main" "security"' packages='"script"' id=other >m.json
ibbundle lock m.json --diff
rm m.lock.json
ibbundle lock m.json --diff 2>&1 || echo "exit $?"

echo '== kernels: the two newest of the series, signed and plain'
for abi in 6.1.0-9 6.1.0-10 6.1.0-11 6.12.0-1; do
	apt_deb main "linux-image-$abi-amd64" "${abi%-*}-1" amd64 'Depends: initramfs | a-initramfs'
	apt_deb main "linux-image-$abi-amd64-unsigned" "${abi%-*}-1" amd64
done
apt_deb main linux-image-6.1.0-12-cloud-amd64 6.1.0-2 amd64
apt_deb main initramfs 1 all
apt_deb main a-initramfs 1 all
apt_deb main linux-image-amd64 6.1.0-1 amd64 'Depends: linux-image-6.1.0-10-amd64 (= 6.1.0-1)'
apt_publish main good amd64
lock 'two of them' id='app-${abi}' packages='"app", "linux-image-${abi}"' kernel='${abi}' \
	extra=', "kernels": { "series": "linux-image-amd64", "newest": 2 }'
jq -c '.packages[].match' m.lock.json

echo '== lists in other forms: gzip, zstd, not compressed, by their hash, and those for all apart'
apt_manifest >m.json
cd repo/dists/main/main/binary-amd64 || exit
forms() { # NAME COMMAND...: what is here now, listed and signed
	echo "-- $1"
	shift
	"$@"
	(cd "$OLDPWD" && apt_release main amd64 "${fields[@]}" && apt_sign main good &&
		rm -rf "$XDG_CACHE_HOME" m.lock.json && ibbundle lock m.json | sed 's/, [0-9.]* kB$//')
}
by_hash() {
	mkdir -p by-hash/SHA256
	cp Packages.xz "by-hash/SHA256/$(sha256sum <Packages.xz | cut -d' ' -f1)"
}
all_apart() {
	mkdir -p ../binary-all
	awk -v RS= -v ORS='\n\n' '/Architecture: all/' Packages >../binary-all/Packages
	awk -v RS= -v ORS='\n\n' '!/Architecture: all/' Packages >other
	mv other Packages
	rm -rf Packages.xz by-hash
}
fields=('Label: Toys')
forms plain rm Packages.xz
forms gzip gzip -nk Packages
forms zstd zstd -q Packages
rm Packages.gz Packages.zst
fields=('Acquire-By-Hash: yes')
xz -k Packages
forms 'by hash' by_hash
rm Packages.xz
cd "$OLDPWD" && ibbundle lock m.json | sed 's/, [0-9.]* kB$//'
cd "$OLDPWD" || exit
fields=('Label: Toys')
forms 'all apart, not announced' all_apart 2>&1
cd "$OLDPWD" || exit
apt_release main 'amd64 all' && apt_sign main good
ibbundle lock m.json | sed 's/, [0-9.]* kB$//'

echo '== reprepro makes them too'
mkdir -p conf
printf '%s\n' 'Codename: stable' 'Suite: stable' 'Architectures: amd64' 'Components: main' \
	"SignWith: good@test.invalid" >conf/distributions
reprepro --silent --silent -b "$PWD" --outdir "$PWD/rep" includedeb stable repo/pool/main/*.deb \
	2>&1 | grep -v '^Exporting'
apt_manifest suites='"stable"' | sed 's#/repo"#/rep"#' >m.json
ibbundle lock m.json && debs
