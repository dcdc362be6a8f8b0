# SPDX-License-Identifier: MIT
# A bundle cut anywhere, and one with a byte changed anywhere, is refused with one line and never
# with a crash; nothing is extracted from it.
. "$SUPPORT/bundle"
bundle_build b.run >/dev/null
rm b.run.p7s
size=$(stat -c %s b.run)
signatures=$(ibbundle inspect b.run --json | jq .sections.signatures.offset)
kinds() { sort | uniq -c | sed 's/^ *[0-9]* //'; }
refused() { # FILE
	local status=0
	ibbundle verify "$1" >out 2>&1 || status=$?
	[ "$(wc -l <out)" = 1 ] || echo "NOT ONE LINE: $(cat out)"
	sed "s/[0-9][0-9]*/N/g; s/'two'/'one'/" out
	case $status in 3 | 4) ;; *) echo "STATUS $status" ;; esac
	ibbundle extract "$1" --all -o extracted >/dev/null 2>&1 && [ "$1" != stub ] &&
		ibbundle verify "$1" >/dev/null 2>&1 && echo "EXTRACTED"
	rm -rf extracted
}

echo "== cut"
for ((i = 1; i < 60; i++)); do
	cp b.run cut
	truncate -s $((size * i / 60)) cut
	refused cut
done | kinds
for length in 0 1 127 128 $((size - 1)) $((size + 1)); do
	cp b.run cut
	truncate -s "$length" cut
	refused cut
done | kinds

echo "== a byte changed"
for ((i = 0; i < 60; i++)); do
	at=$((signatures * i / 60 + i))
	cp b.run changed
	byte=$(od -An -tu1 -j "$at" -N 1 changed)
	# shellcheck disable=SC2059 # the format is the byte
	printf "\\$(printf %o $((byte ^ 32)))" | dd of=changed bs=1 seek="$at" conv=notrunc status=none
	refused changed
done | kinds

echo "== another one's parts"
cp b.run other
sed -i 's/small/SMALL/' m.json
ibbundle lock m.json >/dev/null 2>&1 || sed -i 's/SMALL/large/' m.json
ibbundle lock m.json >/dev/null
bundle_build c.run >/dev/null
dd if=c.run of=other bs=1 skip="$(ibbundle inspect c.run --json | jq .sections.signatures.offset)" seek="$signatures" count=2000 conv=notrunc status=none
refused other

echo "== not a bundle"
for file in /dev/null /etc/passwd . none /dev/zero; do
	ibbundle verify "$file" 2>&1 | sed 's/offset [0-9]*/offset N/'
	echo "status ${PIPESTATUS[0]}"
done
find . -mindepth 1 -maxdepth 1 -name '.*' # nothing left behind
