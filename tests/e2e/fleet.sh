#!/bin/bash
# SPDX-License-Identifier: MIT
# Many nodes, one share: 200 runtimes at once plan, verify and extract from a bundle on a read-only mount, and
# two installs at once on one node.  Needs root.
set -u
# shellcheck source-path=SCRIPTDIR source=../support/e2e
. "$(dirname "$0")/../support/e2e"
hb=$TOP/manifests/facts/hb120rs_v3.json
nodes=200

"$TOP/tests/support/mini_bundle.sh" "$work/mini" || exit 1
mkdir "$work/share.mount" "$work/nodes"
mount --bind "$work/mini" "$work/share.mount" && mount -o remount,bind,ro "$work/share.mount" || exit 1
bundle=$work/share.mount/mini-1.run
export bundle hb work

# all WHAT COMMAND: on every node at once, $0 being its number; how many of them failed
all() {
	seq "$nodes" | xargs -P "$nodes" -I{} sh -c "$2 >\"\$work/nodes/{}.out\" 2>&1 || echo {}" > "$work/failed"
	cat "$(head -n 1 "$work/failed" | sed "s,.*,$work/nodes/&.out,")" > "$work/out" 2> /dev/null
	check "$nodes at once: $1" [ ! -s "$work/failed" ]
}
# shellcheck disable=SC2016 # expanded by the nodes' shells
{
	all plan '"$bundle" plan --facts "$hb"'
	all verify '"$bundle" verify'
	all extract '"$bundle" extract "$work/nodes/{}" --package mini'
}
check "each has the same files" eval \
	'[ "$(for i in $(seq "$nodes"); do (cd "$work/nodes/$i" && find . -type f -exec sha256sum {} + | sort | sha256sum); done | sort -u | wc -l)" -eq 1 ]'

echo "-- two installs at once"
"$TOP/tests/support/root.sh" bookworm "$root"
echo slow > "$root/etc/ibbtest-mode"
unshare -n "$bundle" install --root "$root" --facts "$hb" > "$work/first.out" 2>&1 < /dev/null &
first=$!
for _ in $(seq 1200); do
	[ ! -e "$root/ibbtest-begun" ] || break
	sleep 0.05
done
unshare -n "$bundle" install --root "$root" --facts "$hb" --lock-timeout 0 --json > "$work/out" 2> /dev/null < /dev/null
status=$?
check "the second is refused" exits 14
check "and told why" jq -e '.reason == "locked"' "$work/out"
wait "$first"
status=$?
cp "$work/first.out" "$work/out"
check "the first goes on" exits 0
check "and is complete" eval 'packages | grep -q "^ibbtest-app 1.0-1 ii"'
rm "$root/etc/ibbtest-mode"
unshare -n "$bundle" install --root "$root" --facts "$hb" > "$work/out" 2>&1 < /dev/null
status=$?
check "the second, later" exits 0
check "has nothing to do" says 'already installed'

e2e_end
