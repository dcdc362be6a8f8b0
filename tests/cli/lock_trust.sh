# SPDX-License-Identifier: MIT
# From the Release file's signature down to the digest of a .deb: each link, broken once.
. "$SUPPORT/apt-repository"
lock() { # NAME [OPTION...]: what it says, and that nothing is left behind
	echo "== $1"
	shift
	rm -f m.lock.json
	ibbundle lock m.json "$@" 2>&1
	echo "exit $?$(ls m.lock.json* .m.lock* 2>/dev/null | sed 's/^/, left: /')"
}
run() {
	lock "$@" | "$SUPPORT/normalise" 's/[0-9a-f]{64}/DIGEST/g' 's/[0-9.]+ k?B$/SIZE/' \
		's/(found DIGEST|of [0-9]+ bytes); .*/\1/'
}
inrelease=repo/dists/main/InRelease

apt_key good
apt_key bad
cat good.gpg bad.gpg >both.gpg
apt_base main 1.0 amd64
apt_deb main app 1 amd64
apt_deb main broken 1 amd64 'Depends: app (>= 2), nothing-like-it | app (>> 3)'
apt_deb main fight 1 amd64 'Conflicts: app'
apt_publish main good amd64
cp -r repo good-repo
reset() {
	rm -rf repo
	cp -r good-repo repo
}
apt_manifest >m.json

run 'as it should be'
echo '-- signatures'
run 'a keyring with other keys too' --keyring "$PWD/both.gpg"
run 'a keyring in this directory, not in the home of gpgv' --keyring good.gpg
run 'signed by no key of the keyring' --keyring "$PWD/bad.gpg"
run 'no such keyring' --keyring "$PWD/none.gpg"
printf x >empty.gpg
run 'not a keyring' --keyring "$PWD/empty.gpg"
gpg --batch --quiet --armor --export good@test.invalid >armor.gpg
run 'a keyring in ASCII' --keyring "$PWD/armor.gpg"
sed -i 's/^Components: main/Components: evil/' $inrelease
run 'a word changed in the signed part'
reset
{ printf 'Codename: evil\n\n'; cat good-repo/dists/main/InRelease; } >$inrelease
run 'text before the signed part'
{ cat good-repo/dists/main/InRelease; echo 'Codename: evil'; } >$inrelease
run 'text after it'
cat good-repo/dists/main/InRelease good-repo/dists/main/InRelease >$inrelease
run 'two signed messages'
cp Release.main $inrelease
run 'no signature at all'
sed '/BEGIN PGP SIGNATURE/,$d' good-repo/dists/main/InRelease >$inrelease
run 'cut short'
DIGEST=SHA1 apt_sign main good
run 'signed with SHA-1'

echo '-- what the Release file says'
reset
sed -i '/^SHA256:/,/^SHA512:/{/^SHA512:/!d}' Release.main && apt_sign main good
run 'no SHA-256'
apt_release main amd64 && sed -i '/^Date/d' Release.main && apt_sign main good
run 'no date'
apt_release main amd64 && sed -i 's/main$/other/' Release.main && apt_sign main good
run 'another suite of the same signer'
reset
apt_manifest arch=riscv64 >m.json
run 'an architecture it has not'
apt_manifest | sed 's/"components": \["main"\]/"components": ["contrib"]/' >m.json
run 'a component it has not'

echo '-- names, signed all the same'
hostile() { # FIELD VALUE [CALLED]: of the package app
	reset
	apt_manifest >m.json
	sed -i "/^Package: app\$/,/^\$/s#^$1: .*#$1: $2#" repo/dists/main/main/binary-amd64/Packages
	xz -kf repo/dists/main/main/binary-amd64/Packages && apt_release main amd64 && apt_sign main good
	run "$1: ${3:-$2}"
}
hostile Filename ../../../etc/passwd
hostile Filename /etc/passwd
hostile Filename 'pool/a\\..\\b.deb'
hostile Filename "$(printf 'a%.0s' {1..65536})" '64 KiB'
hostile Version '1/../../x'
hostile Architecture '../amd64'
reset

echo '-- Valid-Until'
apt_release main amd64 'Valid-Until: Thu, 16 Oct 2025 08:53:20 UTC' && apt_sign main good
apt_manifest >m.json
run 'expired'
apt_manifest more=', "check_valid_until": false' >m.json
run 'expired, and the manifest does not mind'

echo '-- digests'
reset
apt_manifest >m.json
printf 'x' | dd of=repo/dists/main/main/binary-amd64/Packages.xz bs=1 seek=100 conv=notrunc status=none
rm -rf "$XDG_CACHE_HOME"
run 'a byte of Packages changed'
truncate -s 100 repo/dists/main/main/binary-amd64/Packages.xz
run 'Packages cut'
reset
sed -i 's/^SHA256:.*/SHA256: 00/' repo/dists/main/main/binary-amd64/Packages
xz -kf repo/dists/main/main/binary-amd64/Packages && apt_release main amd64 && apt_sign main good
run 'a signed list that is not well-formed'
reset
ibbundle lock m.json >/dev/null
printf 'x' | dd of=repo/pool/main/app_1_amd64.deb bs=1 seek=100 conv=notrunc status=none
echo '== a byte of a .deb changed: fetch finds it'
ibbundle fetch m.json 2>&1 |
	"$SUPPORT/normalise" 's/[0-9a-f]{64}/DIGEST/g' 's/(found DIGEST); .*/\1/'
reset

echo '-- dependencies'
apt_manifest packages='"ap"' >m.json
run 'an unknown package'
apt_manifest packages='"app", "nothing-of-the-kind"' >m.json
run 'one with no name near it'
apt_manifest packages='"broken"' >m.json
run 'what can not be satisfied'
apt_manifest packages='"broken", "fight", "app"' >m.json
run 'two problems at once'
apt_manifest packages='"app", "fight"' >m.json
run 'two that fight'

echo "-- this machine's apt"
mkdir -p apt/lists/partial apt/cache/archives/partial apt/parts
echo "deb [signed-by=$PWD/good.gpg] file:$PWD/repo main main" >apt/sources.list
cat >apt.conf <<END
Dir::Etc::sourcelist "$PWD/apt/sources.list";
Dir::Etc::sourceparts "$PWD/apt/parts";
Dir::State::lists "$PWD/apt/lists";
Dir::Cache "$PWD/apt/cache";
APT::Architecture "amd64";
APT::Sandbox::User "root";
END
export APT_CONFIG=$PWD/apt.conf
apt_manifest | sed "s#file://$PWD/repo#@apt:Toys#; s#$PWD/good.gpg#@apt#" >m.json
run 'it does not know the archive'
apt_release main amd64 'Label: Toys' && apt_sign main good
apt-get -qq update
run 'it knows mirror and keyring'
apt_release main amd64 'Label: Toys' 'Valid-Until: Thu, 16 Oct 2025 08:53:20 UTC'
apt_sign main good
apt_manifest more=', "check_valid_until": "@apt"' | sed "s#file://$PWD/repo#@apt:Toys#; s#$PWD/good.gpg#@apt#" >m.json
run 'and that Valid-Until is to be checked'
echo 'Acquire::Check-Valid-Until "false";' >>apt.conf
run 'or not'
mv repo elsewhere
run 'another mirror' --mirror "Toys=file://$PWD/elsewhere"
run 'or one for the repository, a plain path' --mirror "test=$PWD/elsewhere/"
run 'a mirror of nothing' --mirror "none=file://$PWD/elsewhere"
run 'not a mirror' --mirror Toys
run 'not a URL' --mirror Toys=ftp://example.invalid
