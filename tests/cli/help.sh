# SPDX-License-Identifier: MIT
# Every command in the table has help, the same in both spellings, as in tests/cli/help/NAME.txt.
failed=0
compare() {
	local want=$TOP/tests/cli/help/$1.txt
	[ -z "${GOLDEN:-}" ] || cp "$2" "$want"
	diff -u --label "expected: help/$1.txt" --label printed "$want" "$2"
	if awk -v name="$1" 'length > 90 { print name ": too wide: " $0; wide = 1 } END { exit !wide }' \
		"$2"; then
		failed=1
	fi
}

ibbundle help >list
compare ibbundle list
while read -r name; do
	ibbundle help "$name" >a
	compare "$name" a
	ibbundle "$name" --help >b
	cmp a b
done < <(sed -n "s,^  \([a-z]*\) .*,\1,p" list)
ibbundle help export >kinds
while read -r kind; do
	ibbundle help export "$kind" >a
	compare "export-$kind" a
	ibbundle export "$kind" --help >b
	cmp a b
done < <(sed -n "s,^  \([a-z-]*\) .*,\1,p" kinds)
ibbundle --help | cmp list
cmp <(ibbundle version) <(ibbundle --version)
echo compared
exit $failed
