# SPDX-License-Identifier: MIT
# Two who build from the same lock get the same bytes, and `verify --rebuild` shows it or says what differs.
. "$SUPPORT/bundle"
bundle_stub stub
bundle_stub_exe stub.exe
bundle_manifest
ibbundle keygen -o keys --name 'Test key' >/dev/null
signed=(--key keys/key.pem --cert keys/cert.pem)
status() {
	"$@" 2>&1 | "$SUPPORT/normalise" 's/certificate sha256 .*/certificate/' "s#'/[^']*/(stub/[^']*)#'BUILD/\1#"
	echo "status ${PIPESTATUS[0]}"
}
rebuild() { status ibbundle verify "$1" --trust keys/cert.pem --rebuild m.lock.json --stub stub --stub stub.exe "${@:2}" | grep -v '^  ' | tail -2; }
build() { ibbundle build m.json -o "$1" --stub stub --stub stub.exe "${signed[@]}" "${@:2}" >/dev/null; }

echo "== the same"
build all
for f in all.run all.exe all.ibb; do rebuild $f; done
ibbundle verify all.run --rebuild m.lock.json --stub stub --stub stub.exe --json | jq .rebuilt
build other.run --level 3
rebuild other.run
ibbundle slice all.run -o slice.run --package one >/dev/null
rebuild slice.run --offline
find "${TMPDIR:-/var/tmp}" -maxdepth 1 -name "*ibbundle-*" -newer all.run

echo "== another runtime"
bundle_stub another
printf '\1' >>another
status ibbundle verify all.run --rebuild m.lock.json --stub another --stub stub.exe | tail -2
status ibbundle verify all.run --rebuild m.lock.json --stub stub | tail -2

echo "== another time, another file, another lock"
SOURCE_DATE_EPOCH=1760000001 build later.run
rebuild later.run
cp m.lock.json first.lock.json
seq 7 >>files/two
bundle_manifest
echo "{\"schema\": 1, \"name\": \"small\", \"version\": \"1.0\", \"title\": \"For tests\",
	\"packages\": [$(bundle_package one 1.0 one shared tree.tgz), $(bundle_package two 2.0 two one)]}" >m.json
ibbundle lock m.json >/dev/null
rebuild all.run
jq '.version = "9"' first.lock.json >m.lock.json
rebuild all.run
cp first.lock.json m.lock.json
rebuild all.run --offline --cache empty
rebuild stub
