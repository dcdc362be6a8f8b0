#!/bin/bash
# SPDX-License-Identifier: MIT
# A hundred packages of many files in one bundle: what reading a little of it takes.  The same with 20 GiB is
# tests/long/scale.sh.
set -u
E2E_ANY_USER=1
# shellcheck source-path=SCRIPTDIR source=../support/e2e
. "$(dirname "$0")/../support/e2e"
mkdir "$work/scale" && cd "$work/scale" || exit 1
check 'a hundred packages' "$TOP/tests/support/scale" 100 20 12000
cat "$work/check.out"
e2e_end
