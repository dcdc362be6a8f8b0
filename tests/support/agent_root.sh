#!/bin/bash
# SPDX-License-Identifier: MIT
# A fresh minbase root with Debian's own Azure guest agent in it, and the Python that it is written in:
# tests/support/agent_root.sh DIR
#
# The packages are laid out and not installed: no service, no user, and dpkg knows nothing of them.
# They come from the mirror in this machine's apt configuration, and are kept in build/agent/.
set -eu -o pipefail
cd "$(dirname "$0")/../.."
packages=(waagent python3-distro python3-pkg-resources python3-minimal python3.11-minimal
	libpython3.11-minimal libpython3.11-stdlib libexpat1 libssl3 libffi8)
cache=build/agent
mkdir -p "$cache"
exec 9> "$cache/lock"
flock 9
if [ ! -e "$cache/complete" ]; then
	# as root, apt tells that it can't give up being root here
	(cd "$cache" && apt-get download "${packages[@]}" > log 2>&1) || { tail -n 20 "$cache/log" >&2; exit 1; }
	touch "$cache/complete"
fi
flock -u 9
tests/support/root.sh bookworm "$1"
for deb in "$cache"/*.deb; do
	dpkg-deb --fsys-tarfile "$deb" | tar -C "$1" --keep-directory-symlink --no-same-owner -xf -
done
