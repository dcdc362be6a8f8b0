# SPDX-License-Identifier: MIT
# From a signed repository to a plan: real .debs, their batches and relations, byte for byte.
. "$SUPPORT/apt-repository"
. "$SUPPORT/bundle"
apt_key good
apt_base main 1.0 amd64
apt_deb main app 2:1.5-1 amd64 'Depends: libapp (>= 1)' 'Breaks: oldapp (<< 2)' 'Provides: application'
apt_deb main libapp 1.2 amd64 'Pre-Depends: tool'
apt_deb main tool 1 all
apt_publish main good amd64
apt_manifest extra=', "check": [ { "installed": {} } ]' >m.json
ibbundle lock m.json
unset SOURCE_DATE_EPOCH # the repository's date
ibbundle keygen -o keys --name 'Test key' >/dev/null
bundle_stub stub
ibbundle build m.json -o b.run --stub stub --key keys/key.pem --cert keys/cert.pem | sed 's/[0-9.]* kB for/SIZE for/'
ibbundle list b.run
ibbundle list b.run --json | jq -c '.packages[].debs[]'
ibbundle inspect b.run | head -1

echo "== what lies in it"
ibbundle extract b.run --package app -o out
(cd out && find . -mindepth 1 -printf '%y %m %TY-%Tm-%Td %p\n' | sort -k4)
for deb in out/debs/*; do
	name=$(basename "$deb" | sed 's/2%3a//')
	ar t "$deb" | tr '\n' ' '
	dpkg-deb -f "$deb" Package Version | tr '\n' ' '
	cmp <(dpkg-deb --fsys-tarfile "$deb") <(dpkg-deb --fsys-tarfile "repo/pool/main/$name") &&
		cmp <(dpkg-deb --ctrl-tarfile "$deb") <(dpkg-deb --ctrl-tarfile "repo/pool/main/$name") &&
		echo "with the same in it as $name"
done

echo "== the vendor's files"
ibbundle extract b.run --package app --exact -o exact
ibbundle extract b.run --all --exact -o all --json
(cd all && find . -type f)
for deb in exact/debs/*; do
	name=$(basename "$deb" | sed 's/2%3a//')
	cmp "$deb" "repo/pool/main/$name" && echo "same as $name"
done
ibbundle verify b.run --exact | tail -n 2
ibbundle verify b.run --exact --json | jq -c '[.exact_files, .exact_bytes, .inexact_files]'
ibbundle build m.json -o again.run --stub stub --unsigned --prove | sed "s,[0-9.]* kB for,SIZE for,"
find . -name "*ibbundle*"
ibbundle build m.json -o packed.run --stub stub --key keys/key.pem --cert keys/cert.pem --packed >/dev/null
ibbundle extract packed.run --all -o packed >/dev/null
for deb in packed/*/debs/*; do
	cmp "$deb" "repo/pool/main/$(basename "$deb" | sed 's/2%3a//')" && echo "same as the vendor's"
done
ibbundle verify packed.run --rebuild m.lock.json --stub stub | tail -n 1
dd if=b.run iflag=skip_bytes,count_bytes status=none \
	skip="$(ibbundle inspect b.run --json | jq .sections.catalog.offset)" \
	count="$(ibbundle inspect b.run --json | jq .sections.catalog.size)" |
	jq -c '(.debs[] | [.name, .version, .arch, .path, .depends, .conflicts, .provides, .essential,
		.installed_size]), (.packages[] | .debs, .install, .check, .payload)'

echo "== plan"
for machine in hb120rs_v3 d4s_v5; do
	ibbundle plan b.run --facts "$TOP/manifests/facts/$machine.json" | grep "^package"
	echo "status ${PIPESTATUS[0]}"
done
ibbundle plan b.run --facts "$TOP/manifests/facts/hb120rs_v3.json" --json | jq -c '.package, .debs[]?'
ibbundle plan b.run --facts "$TOP/manifests/facts/hb120rs_v3.json" --package other
echo "status $?"
ibbundle plan b.run --facts none.json
echo "status $?"
ibbundle plan b.run --facts m.json
echo "status $?"
ibbundle plan b.run
echo "status $?"
