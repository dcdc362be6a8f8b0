#!/bin/bash
# SPDX-License-Identifier: MIT
# A fresh minbase root: tests/support/root.sh RELEASE DIR [ARCH]
#
# The first root of a release is made by debootstrap from the mirror in this machine's apt
# configuration (half a minute) and kept in build/roots/RELEASE.tar; the next ones are copies.
# ARCH may be arm64: then its programs run under qemu (build/tests/arm64, some minutes).
set -eu -o pipefail
release=$1 dir=$2 arch=${3:-amd64}
cd "$(dirname "$0")/../.."
roots=${IBB_ROOTS:-build/roots}
name=$release
[ "$arch" = amd64 ] || name=$release-$arch
cache=$roots/$name.tar
mkdir -p "$roots"

mirror() {
	# shellcheck disable=SC2016 # apt's own variables
	apt-get indextargets --format '$(REPO_URI)|$(LABEL)|$(CREATED_BY)' |
		awk -F'|' '$2 == "Debian" && $3 == "Packages" { print $1; exit }'
}

native() { # ROOT
	debootstrap --variant=minbase "$release" "$1" "$from"
}

# The first half here, with the devices, which can't be made in a user namespace; the other one there,
# told that it is in a container and need not try.
foreign() { # ROOT
	debootstrap --variant=minbase --foreign --arch="$arch" "$release" "$1" "$from" || return
	local name minor
	while read -r name minor; do
		[ -e "$1/dev/$name" ] || mknod -m 666 "$1/dev/$name" c "${minor%:*}" "${minor#*:}"
	done <<-DEVICES
		null 1:3
		zero 1:5
		full 1:7
		random 1:8
		urandom 1:9
		tty 5:0
		console 5:1
		ptmx 5:2
	DEVICES
	# shellcheck disable=SC2016 # expanded by the inner shell
	"build/tests/$arch" unshare -m -p -f sh -e -c '
		mount -t proc proc "$1/proc"
		exec env container=lxc chroot "$1" /debootstrap/debootstrap --second-stage' sh "$1"
}

exec 9> "$roots/$name.lock"
flock 9
if [ ! -e "$cache" ]; then
	from=$(mirror)
	[ -n "$from" ] || { echo "root.sh: apt knows no Debian mirror (run apt-get update)" >&2; exit 1; }
	work=$(mktemp -d "${TMPDIR:-/tmp}/ibbundle-root-XXXXXX")
	trap 'rm -rf "$work"' EXIT
	make=foreign
	[ "$arch" != amd64 ] || make=native
	$make "$work/root" > "$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; exit 1; }
	rm -rf "$work"/root/var/cache/apt/archives/*.deb "$work"/root/var/lib/apt/lists/*
	tar -C "$work/root" --numeric-owner -cf "$cache.new" .
	mv "$cache.new" "$cache"
fi
mkdir -p "$dir"
tar -C "$dir" --numeric-owner -xf "$cache"
