#!/bin/bash
# SPDX-License-Identifier: MIT
# A bundle of 20 GiB in 200,000 files and 100 packages: `make check-long`, with 45 GB of disk for a while.
set -eu
TOP=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
free=$(df --output=avail -B1 . | tail -n 1)
[ "$free" -gt 45000000000 ] || {
	echo "FAILED: needs 45 GB in $work" >&2
	exit 1
}
"$TOP/tests/support/scale" 100 2000 108000
echo "1 passed, 0 failed"
