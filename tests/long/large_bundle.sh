#!/bin/bash
# SPDX-License-Identifier: MIT
# A bundle of more than 4 GiB, and one that holds a file of more than 4 GiB: every offset and size
# on the way is of 64 bits, and memory does not grow with it.
# It takes minutes and 12 GB of disk: `make check-long`.
set -eu
TOP=$(cd "$(dirname "$0")/../.." && pwd)
SUPPORT=$TOP/tests/support STUB=$TOP/build/stub/linux-x86_64
PATH=$TOP/build:$PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export XDG_CACHE_HOME=$PWD/cache
. "$SUPPORT/bundle"
fail() {
	echo "FAILED: $*" >&2
	exit 1
}
free=$(df --output=avail -B1 . | tail -n 1)
[ "$free" -gt 12000000000 ] || fail "needs 12 GB in $work"

# 4.2 GiB of nothing, but for what stands at 2 GiB, 4 GiB and the end
size=$((4300 << 20))
truncate -s "$size" large
for at in $(((1 << 31) - 8)) $(((1 << 32) - 8)) $((size - 16)); do
	printf '%016d' "$at" | dd of=large bs=1 seek="$at" conv=notrunc status=none
done
digest=$(sha256sum <large | cut -c1-64)

# Straight into the cache, so that it stays sparse.
mkdir -p "cache/ibbundle/sha256/${digest:0:2}" files
ln large "cache/ibbundle/sha256/${digest:0:2}/$digest"
echo small >files/small
jq -n --arg digest "$digest" --argjson size "$size" --argjson small \
	"$(bundle_package small 1.0 small)" '{schema: 1, name: "large", version: "1.0",
	title: "For tests", packages: [$small, ($small | .id = "big" | .priority += 1 |
	.files = [{url: ["http://192.0.2.1/large"], sha256: $digest, size: $size, path: "large"}])]}' >m.json
ibbundle lock m.json
bundle_stub stub
[ ! -x "$STUB" ] || cp "$STUB" stub
ibbundle keygen -o keys >/dev/null

for level in 1 0; do
	/usr/bin/env time -f '%M KiB at most' -o peak ibbundle build m.json -o b.run --stub stub \
		--offline --level "$level" --key keys/key.pem --cert keys/cert.pem
	cat peak
	read -r kib _ <peak
	[ "$kib" -lt 700000 ] || fail "took $kib KiB of memory"
	ibbundle verify b.run --trust keys/cert.pem
	ibbundle extract b.run --package small -o small
	cmp small/small files/small
	rm -r small
done
[ "$(stat -c %s b.run)" -gt $((1 << 32)) ] || fail "smaller than 4 GiB"

ibbundle extract b.run --package big -o big
cmp big/large large || fail "extracted another file"
rm -r big
ibbundle inspect b.run --print-commands >commands
bash -eu commands || fail "openssl does not agree"
if [ -x "$STUB" ]; then
	./b.run verify --trust keys/cert.pem || fail "the runtime does not agree"
fi
# one bit beyond 4 GiB
at=$(((1 << 32) + 12345))
printf x | dd of=b.run bs=1 seek="$at" conv=notrunc status=none
status=0
ibbundle verify b.run || status=$?
[ "$status" -eq 4 ] || fail "a changed byte was not found"
echo "1 passed, 0 failed"
