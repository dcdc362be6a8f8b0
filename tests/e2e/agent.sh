#!/bin/bash
# SPDX-License-Identifier: MIT
# The runtime as an extension of the real Azure guest agent (Debian's waagent), in a root that looks
# like an HBv3 machine of its own; agent.py gives the agent its goal states.  Without network.  Needs
# root.
set -u
# shellcheck source-path=SCRIPTDIR source=../support/e2e
. "$(dirname "$0")/../support/e2e"

"$TOP/tests/support/mini_bundle.sh" "$work/mini" || exit 1
"$TOP/tests/support/agent_root.sh" "$root" || exit 1
mkdir -p "$root/root/pool" "$root/sys/firmware"
cp "$work/mini/mini-1.run" "$work/mini/mini-2.run" "$work/mini/key/cert.pem" "$root/root/"
export_zip() { # VERSION BUNDLE OPTION...
	ibbundle export azure-extension "$work/mini/$2" -o "$root/root/pool/$1.zip" "${@:3}" > "$work/out" 2>&1
}
check "an extension" export_zip 1.0.0 mini-1.run
check "a newer one" export_zip 1.1.0 mini-2.run
check "one without a bundle, with a heartbeat" export_zip 1.2.0 mini-1.run --without-bundle --heartbeat
cp "$TOP/tests/e2e/agent.py" "$root/root/"
# shellcheck disable=SC2016 # expanded by the inner shell
unshare -n -m -p -f sh -c 'mount -t proc proc "$1/proc" && exec chroot "$1" python3 -B /root/agent.py' sh "$root" \
	> "$work/out" 2>&1 < /dev/null
count=$(tail -n 1 "$work/out")
grep -v '^ok ' "$work/out"
[[ $count =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]] || { echo "agent.py did not end"; exit 1; }
passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
e2e_end
