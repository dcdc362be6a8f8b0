#!/bin/bash
# SPDX-License-Identifier: MIT
# Many nodes, one share: 200 runtimes at once plan, verify and extract from a bundle on a read-only mount, 200
# builders pull a part of it from one web server, and two installs at once on one node.  Needs root.
set -u
# shellcheck source-path=SCRIPTDIR source=../support/e2e
. "$(dirname "$0")/../support/e2e"
cd "$work" || exit 2
# shellcheck source-path=SCRIPTDIR source=../support/blob_servers
. "$TOP/tests/support/blob_servers"
trap 'end_servers; umount "$work"/*.mount 2> /dev/null; rm -rf "$work"' EXIT
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY all_proxy NO_PROXY no_proxy
PATH=$TOP/build:$PATH
hb=$TOP/manifests/facts/hb120rs_v3.json
nodes=200

"$TOP/tests/support/mini_bundle.sh" "$work/mini" || exit 1
mkdir "$work/share.mount" "$work/nodes"
mount --bind "$work/mini" "$work/share.mount" && mount -o remount,bind,ro "$work/share.mount" || exit 1
bundle=$work/share.mount/mini-1.run
export bundle hb work

# all WHAT COMMAND: on every node at once, {} being its number; else how many failed, and what the first one said
all() {
	seq "$nodes" | xargs -P "$nodes" -I{} sh -c "$2 >\"\$work/nodes/{}.out\" 2>&1 || echo {}" > "$work/failed"
	: > "$work/out"
	[ ! -s "$work/failed" ] || {
		echo "$(grep -c . "$work/failed") of $nodes failed; node $(head -n 1 "$work/failed") says:"
		cat "$work/nodes/$(head -n 1 "$work/failed").out"
	} > "$work/out"
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

echo "-- from a web server"
start_nginx || { cat nginx.log; exit 1; }
cp mini/mini-1.run www/
export url=http://127.0.0.1:$nginx/mini-1.run cert=$work/mini/key/cert.pem
ibbundle slice mini/mini-1.run -o slice.run --package mini > "$work/out" 2>&1
status=$?
check "a slice to compare with" exits 0
check "which is less than all" [ "$(stat -c %s slice.run)" -lt "$(stat -c %s mini/mini-1.run)" ]
# shellcheck disable=SC2016 # expanded by the nodes' shells
{
	all pull 'ibbundle pull "$url" -o "$work/nodes/{}.run" --package mini --trust "$cert"'
	all 'each has what slice makes' 'cmp "$work/nodes/{}.run" "$work/slice.run"'
}
check "nothing is left behind" [ -z "$(ls nodes/*.partial 2> /dev/null)" ]

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
