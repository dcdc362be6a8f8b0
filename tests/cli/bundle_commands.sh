# SPDX-License-Identifier: MIT
# The lines of `inspect --print-commands`, exactly as printed, check a bundle with stock tools alone, and
# find what is wrong with it.
. "$SUPPORT/bundle"
# Nothing of ours is in PATH.
run() { # COMMANDS [VARIABLE=VALUE]: the printed ones; what they say is in ./out
	local status=0
	env -i PATH=/usr/bin:/bin TMPDIR="$PWD/tmp" "${2:-x=}" bash -eu "$1" >out 2>&1 || status=$?
	sed -i "s#$PWD/tmp/[^/]*#WORK#; s/ = /=/" out
	echo "status $status"
}
# last: what the line said that ended it
last() { grep -v -e '^Error' -e '^[0-9A-F]*:error' out | grep -a -e FAILED -e ailure -e 'not in this file' -e odec -e MISMATCH -e 'rror ' | head -1 | sed -E 's/[0-9A-F]{64} +/HEX /'; }
mkdir tmp
bundle_build good.run >/dev/null
ibbundle build m.json -o good.ibb --key keys/key.pem --cert keys/cert.pem >/dev/null
ibbundle keygen -o other --name other >/dev/null
ibbundle sign good.run --key other/key.pem --cert other/cert.pem --add

echo "== a bundle for Linux, with two signatures"
ibbundle inspect good.run --print-commands --package one >commands
run commands
grep -v -e Fingerprint -e notAfter out
ls -A tmp
run commands TRUST=other/cert.pem
grep -c 'self-signed\|verify error' out
cat other/cert.pem keys/cert.pem >both.pem
run commands TRUST=both.pem
ibbundle inspect good.run --print-commands >short
run short
grep -c -e '^one:' -e block out
ibbundle inspect good.run --print-commands --package none 2>&1
ibbundle inspect good.run --package one 2>&1
shellcheck --shell=bash --severity=warning commands

# flip NAME OFFSET: in place, a bit of that byte
flip() {
	local byte
	byte=$(od -An -tu1 -j "$2" -N 1 "$1")
	printf "\\$(printf %o $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
# tampered NAME COMMANDS OFFSET WHAT: a flipped byte in NAME, and back
tampered() {
	echo "-- $4"
	flip "$1" "$3"
	run "$2" "${trust:-x=}"
	last
	flip "$1" "$3"
}
at() { ibbundle inspect "$1" --json | jq ".sections.$2.offset"; }

echo "== a flipped byte in each part, where nothing signs the file as a whole"
rm good.run.p7s
ibbundle inspect good.run --print-commands --package one >commands
run commands
signatures=$(at good.run signatures)
first=$(od -An -tu4 -j $((signatures + 4)) -N 4 good.run)
tampered good.run commands $(($(at good.run stub) + 20)) 'stub'
tampered good.run commands 528 'the offset in the stub'
tampered good.run commands $(($(at good.run blocks) + 20)) 'block'
tampered good.run commands $(($(at good.run places) + 8)) 'places'
tampered good.run commands $(($(at good.run table) + 40)) 'block table'
tampered good.run commands $(($(at good.run catalog) + 20)) 'catalog'
tampered good.run commands $(($(at good.run root) + 20)) 'root'
tampered good.run commands "$signatures" 'number of signatures'
tampered good.run commands $((signatures + 7 + first)) 'first signature'
tampered good.run commands $((signatures + 65535)) 'after the signatures'
tampered good.run commands $(($(at good.run locator) + 20)) 'locator'
tampered good.run commands $(($(at good.run places) - 1)) 'tree of another package, which is not looked at'
run commands
echo "-- a third signature"
cp good.run kept
ibbundle keygen -o third --name third >/dev/null
ibbundle sign good.run --key third/key.pem --cert third/cert.pem --add >/dev/null
rm good.run.p7s
run commands
last
echo "-- another bundle, well signed by another"
ibbundle build m.json -o good.run --stub stub --key third/key.pem --cert third/cert.pem --level 0 >/dev/null
rm good.run.p7s
ibbundle inspect good.run --print-commands --package one >commands
run commands
run commands TRUST=both.pem
last
echo "-- a slice without that package"
ibbundle slice kept --package two -o slice.run >/dev/null
ibbundle inspect slice.run --print-commands --package two >commands
run commands
ibbundle inspect slice.run --print-commands --package one >commands
run commands
last

echo "== a bundle without a runtime"
ibbundle inspect good.ibb --print-commands --package two >commands
run commands
grep -v -e Fingerprint -e notAfter out
tampered good.ibb commands 150000 'block, and the signature over the whole file'
mv good.ibb.p7s kept.p7s
ibbundle inspect good.ibb --print-commands --package two >commands
tampered good.ibb commands 150000 'block'
mv kept.p7s good.ibb.p7s

echo "== every codec, as stock tools write them"
mkdir made
(
	cd made || exit
	le() { # NUMBER BYTES
		local i v=$1
		for ((i = 0; i < $2; i++)); do
			printf "\\x$(printf %02x $((v & 255)))"
			v=$((v >> 8))
		done
	}
	add() { # RAW STORED CODEC PREFIX: a record and a place, and the bytes
		le "$(stat -c %s all)" 8 >>places
		le "$(stat -c %s "$2")" 8 >>table
		le "$(stat -c %s "$1")" 8 >>table
		printf "$(sha256sum <"$2" | cut -c1-64 | sed 's/../\\x&/g')" >>table
		le "$3" 4 >>table
		le "$4" 4 >>table
		le 0 8 >>table
		cat "$2" >>all
		cp "$1" "expected$(($(stat -c %s places) / 8 - 1))"
	}
	: >all
	head -c 32 /dev/zero >table
	seq 20000 >old
	seq 3 20003 >new
	head -c 100000 "$(command -v bash)" >code
	printf tiny >tiny
	zstd -q old -o old.zst
	zstd -q --patch-from=old new -o new.zst 2>/dev/null
	xz -c --format=raw --lzma2=dict=100000 <code >code.2
	xz -c --format=raw --x86 --lzma2=dict=100000 <code >code.3
	xz -c --format=raw --arm64 --lzma2=dict=100000 <code >code.4
	xz -c --format=raw --lzma2=dict=4096 <tiny >tiny.2
	add old old.zst 1 0
	add new new.zst 1 1
	add code code.2 2 0
	add code code.3 3 0
	add code code.4 4 0
	add tiny tiny.2 2 0
	add tiny tiny 0 0
	add tiny tiny 5 0
	add tiny new.zst 1 0
	{
		echo 'bundle=all work=.'
		sed -n '/^part()/,/^same()/p; /^block() {/,/^}/p' ../commands
		echo 'for n in $NUMBERS; do block $n; done'
	} >decode
	NUMBERS='1 0 2 3 4 5 6' bash -eu decode >decoded 2>&1
	echo "status $?"
	grep -c OK decoded
	for n in 0 1 2 3 4 5 6; do cmp raw$n expected$n; done
	for n in 7 8; do
		NUMBERS=$n bash -eu decode >decoded 2>&1 && echo "block $n is taken"
	done
)

echo "== a Windows program"
bundle_stub_exe stub.exe
bundle_authority
signed=(--stub stub.exe --key keys/key.pem --cert keys/cert.pem --authenticode program.pfx
	--passphrase-file passphrase)
chmod o= passphrase
ibbundle build m.json -o good.exe "${signed[@]}" >/dev/null
cat ca.pem keys/cert.pem >trust.pem
ibbundle inspect good.exe --print-commands --package one >commands
run commands
grep -a -e Authenticode -e CheckSum -e stub out
run commands TRUST=trust.pem
grep -a -e '^Signature verification' -e '^Succeeded' -e nothing out
run commands TRUST=both.pem
grep -a -c -e 'Signature verification: ok' -e nothing out
rm good.exe.p7s
ibbundle inspect good.exe --print-commands --package one >commands
trust=TRUST=trust.pem
pe=$(od -An -tu4 -j 60 -N 4 good.exe)
table=$(od -An -tu4 -j $((pe + 24 + 144)) -N 4 good.exe)
tampered good.exe commands 1030 'code'
tampered good.exe commands 70 'headers'
tampered good.exe commands $((pe + 24 + 64)) 'CheckSum'
tampered good.exe commands $((table + 300)) 'certificates'
tampered good.exe commands $(($(at good.exe blocks) + 20)) 'block'
run commands TRUST=trust.pem
echo "-- another program's certificates, and no CheckSum"
{
	cat stub.exe
	echo
} >small.exe
osslsigncode sign -pkcs12 program.pfx -readpass passphrase -h sha256 -time 1760000000 \
	-in small.exe -out small-signed.exe >/dev/null
small=$(od -An -tu4 -j $((pe + 24 + 144)) -N 4 small-signed.exe)
tail -c +$((small + 1)) small-signed.exe | dd of=good.exe bs=1 seek="$table" conv=notrunc status=none
printf '\0\0\0\0' | dd of=good.exe bs=1 seek=$((pe + 24 + 64)) conv=notrunc status=none
ibbundle inspect good.exe --print-commands --package one >commands
run commands TRUST=trust.pem
last

echo "== a program alone, with its bundle beside it"
ibbundle build m.json -o alone.exe "${signed[@]}" --exe-max 300000 >/dev/null
ibbundle inspect alone.exe --print-commands --package one >commands
run commands TRUST=trust.pem
grep -a -e 'offset of' -e stub -e '^Signature verification' -e nothing out
tampered alone.exe commands 1030 'its code'
tampered alone.ibb commands 20 'its bundle'
ls -A tmp
