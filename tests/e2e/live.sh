#!/bin/bash
# SPDX-License-Identifier: MIT
# The runtime on "this machine": without --root, in a root that looks like an HBv3 machine of its
# own.  The process is number one of its namespace, and /sys is a recorded tree.  Needs root.
# arm64.sh is this test on another machine: $ARCH.
set -u
ARCH=${ARCH:-amd64}
# shellcheck source-path=SCRIPTDIR source=../support/e2e
. "$(dirname "$0")/../support/e2e"
starts=()
[ "$ARCH" = amd64 ] || starts=("$TOP/build/tests/$ARCH")

logged() { grep -qF -- "$1" "$root/var/log/azure/ib-vmext-status"; }
# A mount namespace too, so that /proc goes with it.
machine() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	"${starts[@]}" unshare -n -m -p -f sh -c 'mount -t proc proc "$1/proc"; shift; exec "$@"' sh "$root" \
		chroot "$root" "$@" > "$work/out" 2>&1 < /dev/null
	status=$?
}

"$TOP/tests/support/mini_bundle.sh" "$work/mini" "$ARCH" || exit 1
"$TOP/tests/support/root.sh" bookworm "$root" "$ARCH"
packages > "$work/fresh.list"
cp "$work/mini/mini-1.run" "$work/mini/key/cert.pem" "$root/root/"
bundle=/root/mini-1.run

machine $bundle
check "no NIC at all" exits 11
check "says what is missing" says 'InfiniBand'
check "the refusal is logged" logged 'failed (no-infiniband, exit code 11)'
check "nothing changed" unchanged
machine $bundle --exit-codes nonsense
check "wrong use" exits 1

nic=$root/sys/bus/pci/devices/0101:00:00.0
mkdir -p "$nic" "$root/sys/firmware"
echo 0x15b3 > "$nic/vendor"
echo 0x101c > "$nic/device"
echo 0x020700 > "$nic/class"
machine $bundle facts --json
check "facts are one document" jq -e '.nics[0].link == "infiniband" and .secure_boot == "off" and (.chroot | not)' "$work/out"
cp "$work/out" "$root/root/facts.json"
declare -A names=([amd64]=x86_64 [arm64]=aarch64)
check "of this machine" jq -e ".arch == \"${names[$ARCH]}\"" "$work/out"
machine $bundle plan
check "plan" exits 0
cp "$work/out" "$work/plan.here"
machine $bundle plan --facts /root/facts.json
check "a replayed plan is the same" diff <(grep -v ' free$' "$work/plan.here") <(grep -v ' free$' "$work/out")

machine $bundle install
check "no device shows up" exits 14
check "says so" says 'no RDMA device showed up'
check "what was added is gone" unchanged

mkdir -p "$root/sys/class/infiniband/mlx5_0"
machine $bundle
check "install" exits 0
check "the device is seen" says 'mlx5_0 is there'
check "logged" logged 'installed: mini 1.0-1'
machine $bundle
check "again" says 'already installed'
machine $bundle status
check "status" exits 0

mkdir -p "$root/etc/ibbundle/trust.d"
cp "$root/root/cert.pem" "$root/etc/ibbundle/trust.d/mine.pem"
machine $bundle verify
check "a pinned certificate" says 'trusted on this machine'
chmod 666 "$root/etc/ibbundle/trust.d/mine.pem"
machine $bundle install
check "one that anybody can write is not used" says 'is not used: only root'
check "and the signer is not pinned" says 'not pinned on this machine'
machine $bundle install --require-trust
check "which may be refused" exits 14

machine $bundle extract /root/out --package mini
check "extract" exits 0
vendor_files() {
	local sha256 name part count=0
	while read -r sha256 name; do
		for part in --ctrl-tarfile --fsys-tarfile; do
			cmp <(dpkg-deb $part "$root/root/out/debs/$name") \
				<(dpkg-deb $part "$work/mini/cache/ibbundle/sha256/${sha256:0:2}/$sha256") || return
		done
		count=$((count + 1))
	done < <(jq -r '.files[] | select(.name | endswith(".deb")) | "\(.sha256) \(.name)"' "$work/mini/mini-1.lock.json")
	[ "$count" -eq 3 ]
}
check "what is in the files is the vendor's" vendor_files
machine $bundle extract /root/out --package mini
check "never over something" exits 2
machine $bundle uninstall
check "uninstall" exits 0
check "the packages are as before" unchanged

machine $bundle install --package vendor
check "a program of the vendor" exits 0
check "asks for a reboot" says 'reboot'
# shellcheck disable=SC2016 # no shell reads it
check "gets its arguments as they are" logged '2: a b, $HOME'
machine $bundle status --json
check "the reason of that" jq -e '.reason == "reboot-required" and .reboot_required' "$work/out"
machine $bundle install --package vendor --json
check "again" jq -e '.result == "already installed"' "$work/out"
machine $bundle uninstall
check "its own removal" exits 0
check "was run" [ ! -e "$root/ibbtest-vendor" ]

e2e_end
