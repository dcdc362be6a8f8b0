# SPDX-License-Identifier: MIT
# The commands in FORMAT.md, By hand, do what they say.
. "$SUPPORT/bundle"
bundle_build b.run >/dev/null
sed -n '/^## By hand/,/^## Version history/p' "$TOP/runtime/common/FORMAT.md" |
	sed -n '/^```sh$/,/^```$/p' | sed '/^```/d' >by_hand
[ -s by_hand ] || echo "no commands in FORMAT.md"
mkdir hand
cd hand || exit
f=../b.run cert=../keys/cert.pem bash -eu ../by_hand
echo "status $?"
echo "== what was verified"
cmp root verified
jq -r '.name, .version' root
