#!/bin/bash
# SPDX-License-Identifier: MIT
# Blocks, requests and offsets of more than 2 GiB, to and from the storage emulator.
# It takes a minute or two and 15 GB of disk: `make check-long`.  Arguments are block sizes to try.
set -eu
TOP=$(cd "$(dirname "$0")/../.." && pwd)
export TOP
SUPPORT=$TOP/tests/support
PATH=$TOP/build:$PATH
work=$(mktemp -d)
cd "$work"
export XDG_CACHE_HOME=$PWD/cache
# shellcheck source-path=SCRIPTDIR source=../support/bundle
. "$SUPPORT/bundle"
# shellcheck source-path=SCRIPTDIR source=../support/blob_servers
. "$SUPPORT/blob_servers"
trap 'end_servers; rm -rf "$work"' EXIT
fail() {
	echo "FAILED: $*" >&2
	exit 1
}
free=$(df --output=avail -B1 . | tail -n 1)
[ "$free" -gt 15000000000 ] || fail "needs 15 GB in $work"

# Straight into the cache.
mkdir -p files cache/ibbundle/sha256
bundle_noise $((2300 << 20)) 1 > large
bundle_noise 9000000 2 > files/small
digest=$(sha256sum < large | cut -c1-64)
mkdir -p "cache/ibbundle/sha256/${digest:0:2}"
jq -n --arg digest "$digest" --argjson size "$(stat -c %s large)" \
	--argjson small "$(bundle_package small 1.0 small)" '{schema: 1, name: "large", version: "1.0",
	title: "For tests", packages: [($small | .id = "big" | .priority += 1 |
	.files = [{url: ["http://192.0.2.1/large"], sha256: $digest, size: $size, path: "large"}]), $small]}' > m.json
mv large "cache/ibbundle/sha256/${digest:0:2}/$digest"
ibbundle lock m.json > /dev/null
bundle_stub stub
ibbundle keygen -o keys > /dev/null
ibbundle build m.json -o b.run --stub stub --offline --level 0 --key keys/key.pem --cert keys/cert.pem > /dev/null
rm -r cache
size=$(stat -c %s b.run)
[ "$size" -gt $((1 << 31)) ] || fail "$size bytes are too few"
ibbundle slice b.run -o small.run --package small > /dev/null

start_azurite
base=http://127.0.0.1:$azurite there=$base/devstoreaccount1/con
python3 "$SUPPORT/azurite.py" container "$base" con
python3 "$SUPPORT/azurite.py" sas con rcw 3600 > sas
chmod 600 sas
sas=(--auth sas --secret-file sas)

# at once; a block of more than 2 GiB and a small one; small ones
[ $# -gt 0 ] || set -- 4000M 2200M 32M
for how in "$@"; do
	echo "blocks of $how"
	/usr/bin/env time -f '%M KiB at most' -o peak ibbundle publish b.run "$there/b$how" "${sas[@]}" --block-size "$how"
	cat peak
	read -r kib _ < peak
	[ "$kib" -lt 200000 ] || fail "took $kib KiB of memory"
	ibbundle pull "$there/b$how" "${sas[@]}" -o got.run --package small --trust keys/cert.pem --json > got
	cmp got.run small.run || fail "another slice"
	got=$(jq .transferred got)
	[ "$got" -lt $((9000000 * 11 / 10 + 2097152)) ] || fail "took $got bytes"
	echo "$got bytes for a slice of $(stat -c %s small.run)"
	if [ "$how" = 2200M ]; then
		ibbundle pull "$there/b$how" "${sas[@]}" -o got.run > /dev/null
		cmp got.run b.run || fail "another bundle"
		rm got.run
	fi
	find azurite.data -type f -size +100M -delete
done
echo "1 passed, 0 failed"
