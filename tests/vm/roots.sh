#!/bin/bash
# SPDX-License-Identifier: MIT
# What check-vm keeps between runs, in build/vm/: tests/vm/roots.sh KERNEL
#
#   base.tar        Debian 12 as debootstrap leaves it, with systemd and iproute2: no kernel, no RDMA
#   KERNEL.tar      the same with that kernel (its initramfs inside)
#   KERNEL.ko       fake_nic.c, built in a third root that has headers and compiler
#
# Each is made once, by apt from the mirror in this machine's configuration; KERNEL is a version as
# `uname -r` says it.  Needs root.
set -eu -o pipefail
kernel=$1
cd "$(dirname "$0")/../.."
cache=${IBB_VM_ROOTS:-build/vm}
mkdir -p "$cache"
work=$(mktemp -d "${TMPDIR:-/tmp}/ibbundle-vm-root-XXXXXX")
trap 'rm -rf "$work"' EXIT

# With /proc and the network, which the tests themselves are without.
in_root() { # ROOT COMMAND
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare -m sh -eu -c 'mount -t proc proc "$1/proc"
		exec chroot "$1" sh -eu -c "$2"' sh "$1" "export DEBIAN_FRONTEND=noninteractive LC_ALL=C
		$2" < /dev/null > "$work/log" 2>&1 || { tail -n 30 "$work/log" >&2; return 1; }
}

install() { # ROOT PACKAGE...
	local root=$1
	shift
	in_root "$root" "apt-get -q -o Acquire::Check-Valid-Until=${valid:-true} update
		apt-get -q -y --no-install-recommends install $*
		apt-get clean
		rm -rf /var/lib/apt/lists/*"
}

keep() { # ROOT NAME
	tar -C "$1" --numeric-owner -cf "$cache/$2.new" .
	mv "$cache/$2.new" "$cache/$2"
}

take() { # NAME ROOT
	mkdir -p "$2"
	tar -C "$2" --numeric-owner -xf "$cache/$1"
}

security() {
	# shellcheck disable=SC2016 # apt's own variables
	apt-get indextargets --format '$(REPO_URI)|$(LABEL)' |
		awk -F'|' '$2 == "Debian-Security" { print $1; exit }'
}
eval "$(apt-config shell valid Acquire::Check-Valid-Until)"

if [ ! -e "$cache/base.tar" ]; then
	tests/support/root.sh bookworm "$work/base"
	echo "deb $(security) bookworm-security main" >> "$work/base/etc/apt/sources.list"
	cp /etc/resolv.conf "$work/base/etc/resolv.conf"
	install "$work/base" systemd-sysv udev kmod iproute2 zstd
	keep "$work/base" base.tar
fi

if [ ! -e "$cache/$kernel.tar" ]; then
	take base.tar "$work/live"
	install "$work/live" "linux-image-$kernel" initramfs-tools
	keep "$work/live" "$kernel.tar"
fi

source=$(cat tests/vm/fake_nic.c tests/vm/Kbuild | sha256sum | cut -c1-16)
if [ ! -e "$cache/$kernel-$source.ko" ]; then
	take base.tar "$work/make"
	install "$work/make" "linux-headers-$kernel" gcc make
	mkdir "$work/make/fake_nic"
	cp tests/vm/fake_nic.c tests/vm/Kbuild "$work/make/fake_nic/"
	in_root "$work/make" "make -C /lib/modules/$kernel/build M=/fake_nic modules"
	cp "$work/make/fake_nic/fake_nic.ko" "$cache/$kernel-$source.ko"
fi
cp "$cache/$kernel-$source.ko" "$cache/$kernel.ko"
