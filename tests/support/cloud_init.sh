#!/bin/bash
# SPDX-License-Identifier: MIT
# Debian's own cloud-init, for what reads files and changes nothing: tests/support/cloud_init.sh ARGUMENT...
#
# The package is laid out in build/cloud-init and not installed: this machine is not to look for a cloud at its
# next boot.  What it imports is in .ci/packages.
set -eu -o pipefail
cache=$(cd "$(dirname "$0")/../.." && pwd)/build/cloud-init
mkdir -p "$cache"
exec 9> "$cache/lock"
flock 9
if [ ! -e "$cache/complete" ]; then
	# as root, apt tells that it can't give up being root here
	(cd "$cache" && apt-get download cloud-init > log 2>&1) || { tail -n 20 "$cache/log" >&2; exit 1; }
	dpkg-deb -x "$cache"/cloud-init_*.deb "$cache"
	touch "$cache/complete"
fi
exec 9>&-
PYTHONPATH=$cache/usr/lib/python3/dist-packages exec /usr/bin/python3 -B "$cache/usr/bin/cloud-init" "$@"
