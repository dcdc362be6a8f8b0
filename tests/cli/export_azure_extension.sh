# SPDX-License-Identifier: MIT
# A bundle as the package of an Azure VM extension.
. "$SUPPORT/bundle"
bundle_stub stub
bundle_stub_exe stub.exe
bundle_manifest
ibbundle keygen -o keys --name 'Test key' >/dev/null
ibbundle build m.json -o small --stub stub --stub stub.exe --key keys/key.pem --cert keys/cert.pem >/dev/null
export_it() {
	ibbundle export azure-extension "$@" 2>&1 | "$SUPPORT/normalise" 's/[0-9.]+ [kM]?B/SIZE/g' "s#'/[^']*/(stub/[^']*)#'BUILD/\1#"
	echo "status ${PIPESTATUS[0]}"
}
# names, modes and what each is
show() {
	python3 -c 'import sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
for f in z.infolist():
    print(f.filename, oct(f.external_attr >> 16), f.compress_type, f.date_time)
    open(f.filename, "wb").write(z.read(f))' "$1"
}

echo "== with the bundle"
export_it small.run -o linux.zip --trust keys/cert.pem
show linux.zip
cat HandlerManifest.json
cmp ibbundle small.run && echo "the program is the bundle"
export_it small.ibb -o windows.zip --platform windows-x86_64 --stub stub.exe
show windows.zip
cmp ibbundle.ibb small.ibb && echo "the bundle is beside the runtime"
jq -r '.[0].handlerManifest.enableCommand' HandlerManifest.json

echo "== the same bytes whenever and wherever"
TZ=Asia/Tokyo export_it small.run -o again.zip
cmp again.zip linux.zip && echo same

echo "== without it"
export_it small.run -o alone.zip --without-bundle --heartbeat --stub stub
show alone.zip
cmp ibbundle stub && jq '.[0].handlerManifest.reportHeartbeat' HandlerManifest.json
ibbundle export azure-extension small.run -o alone.zip --without-bundle --stub stub --json | jq -c '[.platform, .with_bundle, .path]'

echo "== refused"
rm -f none.zip
export_it small.ibb -o none.zip
export_it small.run -o none.zip --platform linux-riscv
bundle_stub_arm other
printf x >>other
export_it small.run -o none.zip --platform linux-aarch64 --stub other
export_it small.run
export_it small.run -o none.zip --require-trust
cp small.run broken.run
printf X | dd of=broken.run bs=1 seek=20000 conv=notrunc status=none
export_it broken.run -o none.zip
export_it small.run -o nowhere/none.zip
export_it
ls none.zip 2>&1 | sed 's/^.*: //'
