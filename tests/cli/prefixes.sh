# SPDX-License-Identifier: MIT
# Near-duplicates stand against each other, code as LZMA2, and slices have what they need.
. "$SUPPORT/bundle"
bundle_stub stub
bundle_files
ibbundle keygen -o keys --name 'Test key' >/dev/null

# mod-6.1.0-N: noise that differs in a few bytes; calls: an ELF header and calls to one place
for n in 1 2; do
	bundle_noise 300000 5 >files/mod-6.1.0-$n
	printf 'version %s' $n | dd of=files/mod-6.1.0-$n bs=1 seek=150000 conv=notrunc status=none
done
python3 - >files/calls <<'END'
import struct, sys
out = bytearray(b"\x7fELF\2\1\1" + bytes(9) + b"\3\0\x3e\0")
x = 1
while len(out) < 400000:
    x = (x * 1664525 + 1013904223) & 0xffffffff
    out += bytes((x >> 28, x >> 20 & 15, x >> 24 & 15, 0xE8)) + struct.pack("<i", 0x80000 - len(out))
sys.stdout.buffer.write(out)
END
echo "{\"schema\": 1, \"name\": \"small\", \"version\": \"1.0\", \"title\": \"For tests\",
	\"packages\": [$(bundle_package one 1.0 mod-6.1.0-1 calls), $(bundle_package two 1.0 mod-6.1.0-2 calls)]}" >m.json
ibbundle lock m.json >/dev/null

# codecs FILE: codec and prefix of each block
codecs() {
	local at size
	read -r at size < <(tail -c 128 "$1" | od -An -t u8 -j 48 -N 16)
	for ((i = 0; i < (size - 32) / 64; i++)); do
		od -An -t u4 -j $((at + 32 + 64 * i + 48)) -N 8 "$1"
	done
}
build() {
	ibbundle build m.json --stub stub --key keys/key.pem --cert keys/cert.pem "$@" >/dev/null
	echo "status $?"
}

for goal in balanced size speed; do
	echo "== $goal"
	build -o $goal.ibb --optimize $goal -j 3
	codecs $goal.ibb
	build -o again.ibb --optimize $goal -j 1
	cmp <(head -c 300000 $goal.ibb) <(head -c 300000 again.ibb)
done
echo "== groups"
ibbundle inspect balanced.ibb --json | jq -c '.groups[] | [.packages, .raw]' | head -n 3

echo "== a package whose prefix is another's file"
ibbundle extract balanced.ibb --package two -o two >/dev/null && cmp two/mod-6.1.0-2 files/mod-6.1.0-2
ibbundle slice balanced.ibb -o two.ibb --package two >/dev/null
ibbundle verify two.ibb --trust keys/cert.pem | "$SUPPORT/normalise" 's/[0-9a-f]{64}/SHA256/g' 's/[0-9.]+ kB/N kB/g'
ibbundle extract two.ibb --package two -o sliced >/dev/null && cmp sliced/mod-6.1.0-2 files/mod-6.1.0-2

echo "== by hand"
ibbundle inspect balanced.ibb --print-commands --package two >commands
grep -c -e --patch-from -e --x86 commands
bash commands 2>&1 | tail -n 4
