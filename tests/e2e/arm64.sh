#!/bin/bash
# SPDX-License-Identifier: MIT
# The runtime on "this machine" where that is an arm64 one: live.sh with the aarch64 stub, arm64 packages
# and an arm64 root, all of it under qemu (tests/support/arm64.c).
ARCH=arm64
# shellcheck source-path=SCRIPTDIR source=live.sh
. "$(dirname "$0")/live.sh"
