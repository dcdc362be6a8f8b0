# SPDX-License-Identifier: MIT
# Files that are compressed inside of vendors' files: stored unpacked, compressed again when laid out.
. "$SUPPORT/apt-repository"
. "$SUPPORT/bundle"
cp "$STUB" stub
head=.run
[[ $STUB != *-aarch64 ]] || head=-aarch64.run
[[ $STUB != *.exe ]] || head=.exe
size() { sed -E 's/[0-9.]+ [kM]B/SIZE/g'; }

# module FILE SEED VERSION: as a kernel's build packs it; of one seed they are nearly the same
module() {
	mkdir -p "$(dirname "$1")"
	{
		bundle_noise 30000 "$2" | base64
		echo "version $3"
	} | xz --check=crc32 --lzma2=dict=1MiB -c >"$1"
}

# kernel VERSION: a .deb with modules, and a .tgz with one of them
kernel() {
	local d=deb.tmp/k/lib/modules/$1-amd64
	module "$d/a.ko.xz" 1 "$1"
	module "$d/b.ko.xz" 2 "$1"
	module "$d/only-$1.ko.xz" 9"${1##*.}" "$1" # no other is like it: not worth it
	xz -T2 -6 -c <(seq 50000; echo "$1") >"$d/sizes.xz"
	echo 'not what its name says' >"$d/wrong.xz"
	bundle_noise 2000 5 >"$d/c.ko.zst"
	tar -C "$d" --sort=name --owner=0 --group=0 --mtime="@$SOURCE_DATE_EPOCH" -cf - a.ko.xz |
		xz >"vendor-$1.tar.xz"
	mkdir -p deb.tmp/k/DEBIAN repo/pool/main
	printf '%s\n' "Package: image-$1" 'Version: 1' 'Architecture: amd64' 'Priority: optional' \
		'Maintainer: Test <test@test.invalid>' 'Installed-Size: 4' 'Section: misc' \
		'Description: a kernel' >deb.tmp/k/DEBIAN/control
	find deb.tmp -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
	dpkg-deb --root-owner-group -Zxz --build deb.tmp/k "repo/pool/main/image-$1_1_amd64.deb" >/dev/null
	rm -rf deb.tmp
}
apt_key good
apt_base main 1.0 amd64
kernel 6.1.1
kernel 6.1.2
apt_publish main good amd64
package() { # VERSION: as text of a manifest
	local sum
	sum=$(sha256sum "vendor-$1.tar.xz" | cut -d' ' -f1)
	kernel=$1 apt_manifest id="k$1" packages="\"image-$1\"" extra=", \"files\": [ { \"url\": [\"file://$PWD/vendor-$1.tar.xz\"],
		\"sha256\": \"$sum\", \"path\": \"vendor\", \"unpack\": true } ]"
}
jq -s '.[0] * { packages: [.[].packages[]] }' <(package 6.1.1) <(package 6.1.2) >m.json
ibbundle lock m.json | size
ibbundle keygen -o keys --name 'Test key' >/dev/null
build() { # OUT [OPTION...]
	ibbundle build "${manifest:-m.json}" -o "$@" --stub stub --key keys/key.pem --cert keys/cert.pem --level 3 | size
}
build "b$head" | sed "s/^b$head/b/"
build again.ibb -j1
build prove.ibb --prove
ibbundle inspect "b$head" | grep 'compressed again' | size
ibbundle inspect "b$head" --json | jq -c '.remake[] | [.id, .files, .bytes, .cpu_seconds, .memory]'
cmp <(ibbundle inspect again.ibb --signed-bytes) <(ibbundle inspect prove.ibb --signed-bytes) && echo "the same root"

echo "== plan"
for options in '' --json; do
	# shellcheck disable=SC2086 # one word or none
	ibbundle plan "b$head" --facts "$TOP/manifests/facts/hb120rs_v3.json" --package k6.1.1 --kernel 6.1.1 $options
done | grep -A5 -e ^remakes -e '"remake"' | size

# The vendors' .ko.xz, however the package was laid out.
same() { # DIR VERSION
	local d=tmp.$RANDOM
	mkdir $d
	dpkg-deb --fsys-tarfile "$1/debs/image-$2_1_amd64.deb" >$d/laid.tar
	dpkg-deb --fsys-tarfile "repo/pool/main/image-$2_1_amd64.deb" | cmp - $d/laid.tar &&
		tar -xOf $d/laid.tar "./lib/modules/$2-amd64/a.ko.xz" | cmp - "$1/vendor/a.ko.xz" &&
		xz -t "$1/vendor/a.ko.xz" && echo "$1 is the vendor's"
	rm -r $d
}
echo "== laid out"
ibbundle extract "b$head" --package k6.1.1 -o by-builder | size
same by-builder 6.1.1
$STUB_LAUNCHER "./b$head" extract by-runtime --package k6.1.2 --trust keys/cert.pem | tr -d '\r' | size
same by-runtime 6.1.2
ibbundle verify "b$head" --trust keys/cert.pem | tail -n 1
$STUB_LAUNCHER "./b$head" verify --trust keys/cert.pem 2>&1 | tr -d '\r' | tail -n 1 | size

echo "== as the vendors made them"
ibbundle extract "b$head" --package k6.1.1 --exact -o exact | size
cmp exact/vendor vendor-6.1.1.tar.xz && cmp exact/debs/image-6.1.1_1_amd64.deb repo/pool/main/image-6.1.1_1_amd64.deb &&
	echo "the same"
ibbundle verify "b$head" --exact | tail -n 1 | size
ibbundle verify "b$head" --rebuild m.lock.json --stub stub | tail -n 1

echo "== a slice has what its package is made of"
ibbundle slice "b$head" -o s.ibb --package k6.1.2 >/dev/null
ibbundle extract s.ibb --package k6.1.2 -o sliced | size
same sliced 6.1.2

echo "== the budget"
build none.ibb --recompress-budget 0
build packed.ibb --packed
ibbundle inspect none.ibb --json | jq -c .remake
ibbundle build m.json -o x.ibb --unsigned --recompress-budget -1 2>&1 | head -n 1

echo "== what has to be gained"
jq '.packages |= [.[1]]' m.json >one.json
ibbundle lock one.json >/dev/null
for gain in 25 15; do
	manifest=one.json build "old-$gain.ibb" --recompress-gain $gain
	build "new-$gain.ibb" --recompress-gain $gain
done | grep recompressed
ibbundle verify new-15.ibb --rebuild m.lock.json --stub stub | tail -n 1

echo "== a proof in the cache that is not true"
sum=$(sha256sum by-builder/vendor/a.ko.xz | cut -d' ' -f1)
printf '1 -\n' >"$XDG_CACHE_HOME/ibbundle/recipes-1/${sum:0:2}/$sum"
build lie.ibb
ibbundle verify lie.ibb | tail -n 1
ibbundle extract lie.ibb --package k6.1.1 -o lie 2>&1 | size
test ! -e lie && echo "nothing is left"
build truth.ibb --prove
find . -name '*ibbundle-*'
