# SPDX-License-Identifier: MIT
# Signing where the key is on another machine than the bundle.
. "$SUPPORT/bundle"
status() {
	"$@" 2>&1 | "$SUPPORT/normalise" 's/[0-9.]+ kB/N kB/g' 's/offset [0-9]+/offset N/' 's/sha256 [0-9a-f]{64}/sha256 HEX/' 's/sha256   [0-9a-f]{64}/sha256   HEX/' \
		's/valid from [0-9-]{10} to [0-9-]{10}/valid from DAY to DAY/'
	echo "status ${PIPESTATUS[0]}"
}
signers() { ibbundle inspect "$1" --json | jq -c '[.signers[].subject]'; }
bundle_stub stub
bundle_stub_arm stub-arm
bundle_stub_exe stub.exe
bundle_manifest
for name in first second third; do ibbundle keygen -o $name --name $name >/dev/null; done
first=(--key first/key.pem --cert first/cert.pem)
ibbundle build m.json -o b --stub stub --stub stub-arm --stub stub.exe --unsigned >/dev/null
ls b*

echo "== the bundle's machine gives the bytes, the key's machine signs them"
status ibbundle inspect b.run --signed-bytes -o root
ibbundle inspect b-aarch64.run --signed-bytes | cmp - root
mkdir key-machine
cp root key-machine/
(
	cd key-machine || exit
	cp -r ../first ../second .
	status ibbundle sign --detached root "${first[@]}" -o first.cms
	status ibbundle sign root --detached --key second/key.pem --cert second/cert.pem -o second.cms
	[ "$(jq -r .created root)" -eq "$SOURCE_DATE_EPOCH" ] && ls
	openssl cms -verify -binary -inform DER -in first.cms -content root -CAfile first/cert.pem \
		-partial_chain -purpose any -out /dev/null
)
cp key-machine/*.cms .

echo "== and they come back: to every file of the bundle"
cp b.exe plain.exe
for f in b.run b-aarch64.run b.exe b.ibb; do
	status ibbundle sign --attach first.cms second.cms $f
	status ibbundle verify $f --trust first/cert.pem
	signers $f
done
ibbundle inspect b.run --signed-bytes | cmp - root
echo "-- the same as if the key were here"
ibbundle build m.json -o here.run --stub stub --stub stub-arm --stub stub.exe "${first[@]}" >/dev/null
cmp <(ibbundle inspect here.run --signed-bytes) root
echo "-- to a slice, later"
ibbundle slice b.run --package one -o slice.run >/dev/null
cp slice.run untouched
openssl cms -sign -binary -nosmimecap -md sha256 -in root -signer third/cert.pem -inkey third/key.pem \
	-outform DER -out third.cms # a tool that is not ours
status ibbundle sign --attach third.cms slice.run
signers slice.run
status ibbundle verify slice.run --trust third/cert.pem
ls slice.run*
echo "-- a signature over the whole file was over the old one"
ibbundle sign here.run "${first[@]}" >/dev/null
ls here.run*
stat -c %a here.run
status ibbundle sign --attach third.cms here.run
ls here.run*
stat -c %a here.run
openssl cms -sign -binary -md sha256 -outform DER -in here.run -signer third/cert.pem -inkey third/key.pem \
	-out here.run.p7s
status ibbundle verify here.run --trust third/cert.pem

echo "== a Windows program that is signed already"
bundle_authority
cp plain.exe w.exe
status ibbundle sign w.exe "${first[@]}" --authenticode program.pfx --passphrase-file passphrase
cp w.exe before.exe
status ibbundle sign --attach third.cms w.exe
cmp w.exe before.exe
ls w.exe.p7s
status ibbundle sign --attach third.cms w.exe --authenticode program.pfx --passphrase-file passphrase
status ibbundle verify w.exe --trust third/cert.pem --trust ca.pem --require-authenticode
cp plain.exe v.exe
status ibbundle sign --attach first.cms v.exe --authenticode program.pfx --passphrase-file passphrase
status ibbundle sign --attach third.cms b.run --authenticode program.pfx --passphrase-file passphrase

echo "== what is refused, and changes nothing"
ibbundle keygen -o young --name young >/dev/null
openssl req -x509 -key young/key.pem -subj /CN=young -addext extendedKeyUsage=codeSigning \
	-addext keyUsage=digitalSignature -days 30 -out young/cert.pem 2>/dev/null
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=tls -days 30 \
	-addext extendedKeyUsage=serverAuth -keyout tls.key -out tls.pem 2>/dev/null
other() { # NAME CERT KEY CONTENT
	openssl cms -sign -binary -nosmimecap -md sha256 -in "$4" -signer "$2" -inkey "$3" -outform DER -out "$1"
}
other young.cms young/cert.pem young/key.pem root
other tls.cms tls.pem tls.key root
jq -cj '.version = "9.9"' root >other-root
other other.cms third/cert.pem third/key.pem other-root
head -c 100 first.cms >cut.cms
cat third.cms first.cms >two.cms
: >empty.cms
openssl cms -sign -nodetach -binary -md sha256 -in root -signer third/cert.pem -inkey third/key.pem -outform DER -out embedded.cms
cp b.run before
before=$(find . | sort)
for cms in first young tls other cut two empty embedded none; do
	status ibbundle sign --attach $cms.cms b.run
	status ibbundle sign --attach third.cms $cms.cms b.run
	cmp b.run before
done
printf '\377' | dd of=untouched bs=1 seek=100000 conv=notrunc status=none
cp untouched damaged
status ibbundle sign --attach third.cms damaged
cmp untouched damaged
rm damaged
status ibbundle sign --attach third.cms m.json
status ibbundle inspect b.run --signed-bytes -o none/root
status ibbundle sign --detached root "${first[@]}" -o none/cms
(
	ulimit -f 100
	status ibbundle sign --attach third.cms b.run
)
[ "$(find . | sort)" = "$before" ] || find . | sort
cmp b.run before

echo "== only roots are signed"
printf '%s\n' "$(cat root)" >newline
jq . root >pretty
for f in newline pretty m.json b.run empty.cms none; do
	status ibbundle sign --detached $f "${first[@]}" -o x.cms
done
status ibbundle sign --detached other-root --key young/key.pem --cert young/cert.pem -o x.cms
ls x.cms 2>/dev/null

echo "== wrong use"
status ibbundle sign --detached root "${first[@]}"
status ibbundle sign root "${first[@]}" -o x.cms
status ibbundle sign --detached root "${first[@]}" --add -o x.cms
status ibbundle sign --attach b.run
status ibbundle sign --attach first.cms b.run "${first[@]}"
status ibbundle sign first.cms b.run "${first[@]}"
status ibbundle inspect b.run -o x
status ibbundle inspect b.run --signed-bytes --json
