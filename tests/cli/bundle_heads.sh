# SPDX-License-Identifier: MIT
# One bundle with the head of each platform: what differs, what does not, and what is written when.
. "$SUPPORT/bundle"
bundle_stub stub
bundle_stub_arm stub.arm
bundle_stub_exe stub.exe
bundle_manifest
ibbundle keygen -o keys --name 'Test key' >/dev/null
stubs=(--stub stub.exe --stub stub --stub stub.arm)
signed=(--key keys/key.pem --cert keys/cert.pem)
status() {
	"$@" 2>&1 | "$SUPPORT/normalise" 's/[0-9.]+ kB/SIZE/g' 's/certificate sha256 .*/certificate/' \
		"s#'/[^']*/(stub/[^']*)#'BUILD/\1#"
	echo "status ${PIPESTATUS[0]}"
}
# part FILE SECTION: its bytes
part() {
	local at
	at=$(ibbundle inspect "$1" --json | jq -r ".sections.$2 | \"\(.offset) \(.size)\"")
	tail -c "+$((${at% *} + 1))" "$1" | head -c "${at#* }"
}

echo "== all of them"
status ibbundle build m.json -o all "${stubs[@]}" "${signed[@]}"
stat -c '%a %n' all*
for f in all.run all-aarch64.run all.exe all.ibb; do
	echo "-- $f"
	status ibbundle verify "$f" | grep -E 'stub|Authenticode|status'
	ibbundle inspect "$f" | grep stubs
	for section in blocks table catalog root signatures; do
		cmp <(part all.ibb $section) <(part "$f" $section)
	done
done
ibbundle inspect all.exe --json | jq -c '[.stub, .stubs, .authenticode]'
ibbundle extract all.exe --all -o from-exe
ibbundle extract all.ibb --all -o from-ibb
diff -r --no-dereference from-exe from-ibb && echo same files

echo "== each alone is the same"
ibbundle build m.json -o every "${stubs[@]}" --unsigned >/dev/null
for f in x.run x-aarch64.run x.exe x.ibb; do
	ibbundle build m.json -o $f "${stubs[@]}" --unsigned >/dev/null
	cmp $f every"${f#x}"
done
ibbundle build m.json -o y "${stubs[@]}" --no-stub --unsigned >/dev/null
cmp y every.ibb
rm -f x* every* y*
head -c 2 all.exe
echo
ibbundle build m.json -o two --stub stub --stub stub.exe --unsigned >/dev/null
ls two*
rm two*

echo "== refused"
before=$(find . | sort)
status ibbundle build m.json -o x-aarch64.run --stub stub --unsigned
status ibbundle build m.json -o x.run --stub stub.exe --unsigned
status ibbundle build m.json -o x.run --stub stub --stub stub --unsigned
status ibbundle build m.json -o x.exe --stub all.exe --unsigned
status ibbundle build m.json -o files --stub stub --unsigned
status ibbundle build m.json -o files/ --stub stub --unsigned
status ibbundle build m.json -o none/all "${stubs[@]}" --unsigned
cp stub.exe broken.exe
printf '\1' | dd of=broken.exe bs=1 seek=152 conv=notrunc status=none
status ibbundle build m.json -o x.exe --stub broken.exe --unsigned
rm broken.exe
mkdir y.exe
status ibbundle build m.json -o y "${stubs[@]}" --unsigned
rmdir y.exe
(
	ulimit -f 300
	status ibbundle build m.json -o x "${stubs[@]}" --unsigned
	status ibbundle build m.json -o x.exe "${stubs[@]}" --unsigned
)
[ "$(find . | sort)" = "$before" ] || find . | sort

echo "== a program that would be too large"
status ibbundle build m.json -o large.exe "${stubs[@]}" "${signed[@]}" --exe-max 400000
ls large*
cmp <(part large.ibb root) <(part all.exe root)
status ibbundle verify large.exe
ibbundle verify large.exe --json | jq -c '[.bundle, .head, .head_signer, .stub]'
ibbundle inspect large.exe | head -5 | grep -v certificate
ibbundle list large.exe | tail -1
status ibbundle build m.json -o more "${stubs[@]}" --unsigned --exe-max 400000
ls more*
rm more*
cp large.exe flipped.exe
cp large.ibb flipped.ibb
printf '\1' | dd of=flipped.exe bs=1 seek=1500 conv=notrunc status=none
status ibbundle verify flipped.exe
{
	cat large.exe
	echo
} >flipped.exe
status ibbundle verify flipped.exe
rm flipped.ibb
status ibbundle verify flipped.exe
status ibbundle build m.json -o x.exe "${stubs[@]}" --unsigned --exe-max 9999999999
