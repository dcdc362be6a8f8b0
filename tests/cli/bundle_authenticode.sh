# SPDX-License-Identifier: MIT
# Windows programs signed as such: made, checked by us and by osslsigncode alone, and broken.
. "$SUPPORT/bundle"
bundle_stub_exe stub.exe
bundle_manifest
bundle_authority
ibbundle keygen -o keys --name 'Test key' --algorithm rsa3072 >/dev/null
ibbundle keygen -o other --name 'Other key' >/dev/null
signed=(--stub stub.exe --key keys/key.pem --cert keys/cert.pem)
pfx=(--authenticode program.pfx --passphrase-file passphrase)
status() {
	"$@" 2>&1 | "$SUPPORT/normalise" 's/[0-9.]+ kB/SIZE/g' 's/certificate sha256 .*/certificate/' \
		's/offset [0-9]+/offset N/' \
		's/(osslsigncode refuses): .*/\1: REASON/' 's/\.x\.exe\.[A-Za-z0-9]{6}/TEMP/'
	echo "status ${PIPESTATUS[0]}"
}
stock() { osslsigncode verify -in "$1" -CAfile ca.pem 2>&1 | grep -E '^(Signature verification|Succeeded)'; }

echo "== by PKCS #12, PEM and token"
status ibbundle build m.json -o p.exe "${signed[@]}" "${pfx[@]}"
status ibbundle build m.json -o k.exe "${signed[@]}" --authenticode program.key --authenticode-cert program.pem
softhsm=/usr/lib/softhsm/libsofthsm2.so
mkdir tokens
echo "directories.tokendir = $PWD/tokens" >softhsm.conf
export SOFTHSM2_CONF=$PWD/softhsm.conf
softhsm2-util --init-token --free --label T --pin 1234 --so-pin 5678 >/dev/null
openssl pkcs8 -topk8 -nocrypt -in program.key -out program.p8
softhsm2-util --import program.p8 --token T --label K --id 01 --pin 1234 >/dev/null
echo 1234 >pin
token=(--authenticode 'pkcs11:token=T;object=K;type=private' --authenticode-cert program.pem
	--pkcs11-module "$softhsm" --passphrase-file pin)
status ibbundle build m.json -o t.exe "${signed[@]}" "${token[@]}"
(umask 077 && openssl pkey -in keys/key.pem -aes256 -passout pass:own -out own.pem && echo own >own)
ibbundle build m.json -o own.exe --stub stub.exe --key own.pem --cert keys/cert.pem --passphrase-file own \
	--authenticode program.pfx --authenticode-passphrase-file passphrase >/dev/null
cmp k.exe t.exe # RSA, and no clock: the same signature
ibbundle build m.json -o again.exe "${signed[@]}" "${pfx[@]}" >/dev/null
cmp p.exe again.exe && cmp p.exe own.exe
for f in p.exe k.exe t.exe; do
	stock $f
	status ibbundle verify $f --trust ca.pem --trust keys/cert.pem --require-authenticode
done

echo "== what it says"
status ibbundle verify p.exe
status ibbundle verify k.exe
ibbundle verify k.exe --json | jq -c .authenticode
ibbundle verify p.exe --trust keys/cert.pem --trust ca.pem --json | jq -c .authenticode
openssl x509 -in ca.pem -outform DER -out ca.der
ibbundle verify p.exe --trust keys/cert.pem --trust ca.der --json | jq -c .authenticode
ibbundle inspect p.exe | grep -i authenticode
ibbundle inspect p.exe --json | jq -c .authenticode
status ibbundle verify p.exe --trust keys/cert.pem --require-authenticode
mkdir bin
for tool in bash env; do ln -s "$(command -v $tool)" bin/; done
ibbundle=$(command -v ibbundle)
status env PATH="$PWD/bin" "$ibbundle" verify p.exe
status env PATH="$PWD/bin" "$ibbundle" verify p.exe --require-authenticode
status env PATH="$PWD/bin" "$ibbundle" build m.json -o x.exe "${signed[@]}" "${pfx[@]}"

echo "== every length of the data, by 8"
# the documents' length can't be foreseen: try until all eight have been seen
seen=' '
for ((n = 0; n < 200 && ${#seen} < 17; n++)); do
	{
		cat stub.exe
		head -c $n /dev/zero
	} >stub$n.exe
	options=(-o "r$n.exe" --stub "stub$n.exe" --key keys/key.pem --cert keys/cert.pem --level 1)
	ibbundle build m.json "${options[@]}" >/dev/null
	rest=$(($(ibbundle inspect r$n.exe --json | jq .sections.locator.offset) % 8))
	[[ $seen != *" $rest "* ]] || continue
	seen+="$rest "
	ibbundle build m.json "${options[@]}" "${pfx[@]}" >/dev/null
	printf '%s ' $(($(ibbundle inspect r$n.exe --json | jq .sections.locator.offset) % 8))
	ibbundle verify r$n.exe --trust ca.pem --trust keys/cert.pem --require-authenticode >/dev/null || echo failed
	stock r$n.exe >/dev/null || echo failed
done | tr ' ' '\n' | sort | xargs
rm r[0-9]*.exe r[0-9]*.exe.p7s stub[0-9]*.exe

echo "== broken"
table=$(od -An -tu4 -j $(($(od -An -tu4 -j 60 -N 4 p.exe) + 24 + 144)) -N 4 p.exe)
size=$(stat -c %s p.exe)
# flip NAME OFFSET
flip() {
	cp p.exe "$1"
	byte=$(od -An -tu1 -j "$2" -N 1 "$1")
	printf "\\$(printf %o $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
	status ibbundle verify "$1"
}
flip dos-header.exe 70
flip checksum.exe $(($(od -An -tu4 -j 60 -N 4 p.exe) + 24 + 64))
flip entry.exe $(($(od -An -tu4 -j 60 -N 4 p.exe) + 24 + 144))
flip code.exe 1030
flip block.exe 20000
flip certificates.exe $((table + 300))
flip last.exe $((size - 1))
head -c $((size - 8)) p.exe >cut.exe
status ibbundle verify cut.exe
{
	cat p.exe
	printf '12345678'
} >more.exe
status ibbundle verify more.exe
head -c $((table)) p.exe >none.exe
status ibbundle verify none.exe
# what no digest of the bundle covers is Authenticode's: another program's certificates
cp p.exe swapped.exe
{
	cat stub.exe
	echo
} >small.exe
osslsigncode sign -pkcs12 program.pfx -readpass passphrase -h sha256 -time 1760000000 \
	-in small.exe -out small-signed.exe >/dev/null
small=$(od -An -tu4 -j $(($(od -An -tu4 -j 60 -N 4 p.exe) + 24 + 144)) -N 4 small-signed.exe)
[ $((size - table)) -eq $(($(stat -c %s small-signed.exe) - small)) ] || echo other size
tail -c +$((small + 1)) small-signed.exe | dd of=swapped.exe bs=1 seek="$table" conv=notrunc status=none
printf '\0\0\0\0' | dd of=swapped.exe bs=1 seek=$(($(od -An -tu4 -j 60 -N 4 p.exe) + 24 + 64)) conv=notrunc status=none
status ibbundle verify swapped.exe


echo "== by the commands that inspect prints"
cat ca.pem keys/cert.pem >trust.pem
ibbundle inspect p.exe --print-commands >commands
TRUST=trust.pem bash -eu commands 2>/dev/null | grep -c -e '^Signature verification: ok' -e '^Succeeded'
cp p.exe kept.exe
printf '\1' | dd of=p.exe bs=1 seek=1030 conv=notrunc status=none
TRUST=trust.pem bash -eu commands >/dev/null 2>&1 || echo refused
mv kept.exe p.exe

echo "== signed again"
cp p.exe s.exe
status ibbundle sign s.exe --key other/key.pem --cert other/cert.pem --add
cmp p.exe s.exe
status ibbundle sign s.exe --key other/key.pem --cert other/cert.pem --add "${pfx[@]}"
status ibbundle verify s.exe --trust ca.pem --trust other/cert.pem --require-authenticode
stock s.exe
ibbundle build m.json -o u.exe --stub stub.exe --unsigned >/dev/null
status ibbundle sign u.exe --key keys/key.pem --cert keys/cert.pem "${pfx[@]}"
cmp u.exe p.exe

echo "== a program alone"
status ibbundle build m.json -o alone.exe "${signed[@]}" "${pfx[@]}" --exe-max 300000
stock alone.exe
status ibbundle verify alone.exe --trust ca.pem --trust keys/cert.pem --require-authenticode
cp alone.exe flipped.exe
cp alone.ibb flipped.ibb
printf '\1' | dd of=flipped.exe bs=1 seek=1030 conv=notrunc status=none
status ibbundle verify flipped.exe

echo "== an osslsigncode that does not do its work"
# fake SCRIPT: in place of it
fake() {
	mkdir -p fake
	printf '#!/bin/bash\n%s\n' "$1" >fake/osslsigncode
	chmod +x fake/osslsigncode
	before=$(find . | sort)
	status env PATH="$PWD/fake:$PATH" ibbundle build m.json -o x.exe "${signed[@]}" "${pfx[@]}"
	[ "$(find . | sort)" = "$before" ] || find . | sort
}
fake 'kill -TERM $PPID; exec tail -f /dev/null' # and is ended with us
fake 'kill -KILL $$'
fake 'exit 0'
fake '[ "$1" = verify ] || cp "$7" "$9"'
fake 'head -c 20000 "$7" >"$9"; [ "$1" = sign ]'
fake "[ \$1 = sign ] && exec cp alone.exe \$9; exec $(command -v osslsigncode) \"\$@\"" # another file
rm -r fake

echo "== refused"
echo wrong >wrong
before=$(find . | sort)
status ibbundle build m.json -o x.exe "${signed[@]}" --authenticode program.pfx --passphrase-file wrong
status ibbundle build m.json -o x.exe "${signed[@]}" --authenticode none.pfx
status ibbundle build m.json -o x.exe "${signed[@]}" --authenticode m.json
status ibbundle build m.json -o x.exe "${signed[@]}" --authenticode-passphrase-file passphrase
status ibbundle build m.json -o x.exe "${signed[@]}" --authenticode program.pfx --passphrase-file none
status ibbundle build m.json -o x.exe "${signed[@]}" --authenticode pkcs11:token=T
status ibbundle build m.json -o x.exe "${signed[@]}" --authenticode 'pkcs11:token=T;pin-value=1234' \
	--authenticode-cert program.pem --pkcs11-module "$softhsm"
status ibbundle build m.json -o x.exe "${signed[@]}" "${pfx[@]}" --pkcs11-module "$softhsm"
status ibbundle build m.json -o x.ibb "${signed[@]}" "${pfx[@]}"
status ibbundle build m.json -o x.exe --stub stub.exe --unsigned "${pfx[@]}"
status ibbundle build m.json -o x.exe --stub small-signed.exe --unsigned
status ibbundle sign k.exe --key keys/key.pem --cert keys/cert.pem --authenticode-cert program.pem
ibbundle build m.json -o x.ibb "${signed[@]}" >/dev/null
status ibbundle sign x.ibb --key keys/key.pem --cert keys/cert.pem "${pfx[@]}"
rm x.ibb x.ibb.p7s
[ "$(find . | sort)" = "$before" ] || find . | sort
