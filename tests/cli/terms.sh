# SPDX-License-Identifier: MIT
# Terms that packages come under: who builds accepts them, and who installs.
. "$SUPPORT/bundle"
say() {
	local status=0
	echo "\$ ${*##*/}"
	"$@" >out 2>&1 </dev/null || status=$?
	"$SUPPORT/normalise" 's/[0-9.]+ kB for/SIZE for/' 's/[0-9.]+ MB for/SIZE for/' 's/(libarchive|zstd) [0-9.]+/\1 VERSION/' <out
	[ $status -eq 0 ] || echo "status $status"
}
bundle_files
echo "{\"schema\": 1, \"name\": \"small\", \"version\": \"1.0\",
	\"terms\": {
		\"eula\": {\"title\": \"The vendor's agreement\", \"url\": \"https://vendor.invalid/eula\", \"accept\": true, \"redistribute\": false},
		\"free\": {\"title\": \"Free for all\", \"accept\": false, \"redistribute\": true},
		\"other\": {\"title\": \"Another's agreement\", \"accept\": true}},
	\"packages\": [$(bundle_package debian 1.0 one shared tree.tgz), $(bundle_package two 2.0 two shared),
		$(bundle_package three 2.0 shared), $(bundle_package four 2.0 one)]}" |
	jq '.packages[0].terms = "eula" | .packages[1].terms = "eula" | .packages[2].terms = "free" | .packages[3].terms = "other"
		| .packages[].license = "LicenseRef-Vendor" | .packages[0].supplier = "Vendor"
		| .packages[].install = [{file: {path: "/etc/vendor.conf", text: "x\\n"}}]' >m.json
ibbundle lock m.json
ibbundle keygen -o keys --name 'Test key' >/dev/null
with=(ibbundle build m.json -o b.run --stub "$STUB" --key keys/key.pem --cert keys/cert.pem)

echo '== who builds'
say "${with[@]}"
ls b.run* 2>&1
say "${with[@]}" --accept-license eula
say "${with[@]}" --accept-license eula --accept-license free --accept-license typo
say "${with[@]}" --accept-license eula --accept-license other
say "${with[@]}" --accept-license all

echo '== in the bundle'
jq -c '.packages[] | [.id, .terms]' m.lock.json
ibbundle inspect b.run --sbom spdx >spdx.json
"$SUPPORT/check_documents.py" spdx spdx.json m.lock.json
jq -c '.hasExtractedLicensingInfos' spdx.json
jq -r '.packages[] | select(.licenseComments) | .name + ": " + .licenseComments' spdx.json
ibbundle inspect b.run --sbom cyclonedx >cyclonedx.json
"$SUPPORT/check_documents.py" cyclonedx cyclonedx.json m.lock.json
jq -c '.components[] | select(.externalReferences) | [.name, .externalReferences]' cyclonedx.json

echo '== who installs'
mkdir -p root/bin root/etc root/var/lib/dpkg
cp /bin/sh root/bin # tells the processor
printf 'ID=debian\nVERSION_ID="12"\n' >root/etc/os-release
: >root/var/lib/dpkg/status
jq '.packages = []' "$TOP/manifests/facts/hb120rs_v3.json" >facts.json
plan() { "$@" | grep -e '^package' -e '^refuses' -e '^note'; }
plan ibbundle plan b.run --facts facts.json
plan ibbundle plan b.run --facts facts.json --accept-license eula
plan ./b.run plan --facts facts.json --trust keys/cert.pem
ibbundle plan b.run --facts facts.json --json | jq -c .preflight
say ./b.run install --root root --facts facts.json --trust keys/cert.pem
say ./b.run install --root root --facts facts.json --trust keys/cert.pem --accept-license other
./b.run install --root root --facts facts.json --trust keys/cert.pem --json 2>/dev/null | jq -c '[.reason, .exit_code]'
find root -type f -newer facts.json
say ./b.run verify --accept-license eula
# what becomes of it in a root like this one depends on the machine: that it goes on is enough
./b.run install --root root --facts facts.json --trust keys/cert.pem --accept-license eula 2>&1 </dev/null | grep accept
