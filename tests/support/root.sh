#!/bin/bash
# SPDX-License-Identifier: MIT
# A fresh minbase root: tests/support/root.sh RELEASE DIR
#
# The first root of a release is made by debootstrap from the mirror in this machine's apt
# configuration (half a minute) and kept in build/roots/RELEASE.tar; the next ones are copies.
set -eu -o pipefail
release=$1 dir=$2
cd "$(dirname "$0")/../.."
roots=${IBB_ROOTS:-build/roots}
cache=$roots/$release.tar
mkdir -p "$roots"

mirror() {
	# shellcheck disable=SC2016 # apt's own variables
	apt-get indextargets --format '$(REPO_URI)|$(LABEL)|$(CREATED_BY)' |
		awk -F'|' '$2 == "Debian" && $3 == "Packages" { print $1; exit }'
}

exec 9> "$roots/$release.lock"
flock 9
if [ ! -e "$cache" ]; then
	from=$(mirror)
	[ -n "$from" ] || { echo "root.sh: apt knows no Debian mirror (run apt-get update)" >&2; exit 1; }
	work=$(mktemp -d "${TMPDIR:-/tmp}/ibbundle-root-XXXXXX")
	trap 'rm -rf "$work"' EXIT
	debootstrap --variant=minbase "$release" "$work/root" "$from" > "$work/log" 2>&1 ||
		{ tail -n 20 "$work/log" >&2; exit 1; }
	rm -rf "$work"/root/var/cache/apt/archives/*.deb "$work"/root/var/lib/apt/lists/*
	tar -C "$work/root" --numeric-owner -cf "$cache.new" .
	mv "$cache.new" "$cache"
fi
mkdir -p "$dir"
tar -C "$dir" --numeric-owner -xf "$cache"
