#!/bin/bash
# SPDX-License-Identifier: MIT
# Images: what `install --root` puts into a root beside the package, what it takes from it, and what of
# this machine must not get there.  The first boot itself is a VM's matter (make check-vm).  Needs root.
set -u
# shellcheck source-path=SCRIPTDIR source=../support/e2e
. "$(dirname "$0")/../support/e2e"
kernel=6.1.0-99-amd64
program=usr/libexec/ibbundle-first-boot
unit=etc/systemd/system/ibbundle-first-boot.service
wants=etc/systemd/system/multi-user.target.wants/ibbundle-first-boot.service

bundle() { # ARGUMENT...: in a machine of another name
	unshare -n -u sh -c 'hostname build-host-7 && exec "$@"' sh \
		"$work/mini/mini-1.run" "$@" > "$work/out" 2>&1 < /dev/null
	status=$?
}
install() { bundle install --root "$root" "$@"; }
tree() { (cd "$root" && find . -xdev -printf '%p %y %m %s %l\n' | sort); }
same() { tree | diff "$work/tree" -; }
not() { ! "$@"; }
is_empty() { [ -e "$root/$1" ] && [ ! -s "$root/$1" ]; }
empty_dir() { [ -z "$(find "$root/$1" -mindepth 1 ! -type d 2>&1)" ]; }
# Nothing that was written since tells the name of the machine that made the image.
no_name() { ! grep -rlF build-host-7 "$root/etc" "$root/var" "$root/usr/share/ibbtest-app"; }

"$TOP/tests/support/mini_bundle.sh" "$work/mini" || exit 1
"$TOP/tests/support/root.sh" bookworm "$root"
# A kernel with all that is looked at, and a program that makes initramfs images.
mkdir -p "$root/lib/modules/$kernel" "$root/lib/modules/6.12.1-amd64"
cat > "$root/usr/sbin/update-initramfs" <<'END'
#!/bin/sh
# in the image's own place: no hardware, no name
[ "$(ls /sys | wc -l)" -eq 0 ] || exit 9
echo "$*" >> /boot/called
hostname > /boot/name 2> /dev/null || cat /proc/sys/kernel/hostname > /boot/name
[ ! -e /boot/refuse ] || { echo 'no room in /boot'; exit 3; }
echo image > "/boot/initrd.img-$4"
END
chmod 755 "$root/usr/sbin/update-initramfs"
packages > "$work/fresh.list"

echo "-- what can't be known is asked for"
tree > "$work/tree"
install
check "no NIC" exits 11
check "says how to name it" says '--nic'
for wrong in connectx-99 15b3:\* bluefield-3-pf 1414:00ba connectx-6/0604; do
	install --nic "$wrong"
	check "--nic $wrong" exits 1
done
install --nic connectx-5/0200
check "an Ethernet function" exits 11
install --nic connectx-5 --facts "$TOP/manifests/facts/hb120rs_v3.json"
check "--nic and --facts" exits 1
install --nic connectx-5 --kernel 5.4.0-1-amd64
check "a kernel that is nowhere" exits 14
check "says so" says "kernel '5.4.0-1-amd64' is not in the root"
bundle plan --nic connectx-5
check "--nic without --root" exits 2
bundle install --generalize
check "--generalize without --root" exits 1
install --nic connectx-5 --anchor "$work/mini/mini-1.json"
check "an anchor of another name" exits 1
echo nonsense > "$work/bad.pem"
install --nic connectx-5 --anchor "$work/bad.pem"
check "an anchor that is none" not exits 0
echo '{"schema":1,"nonsense":1}' > "$work/bad.json"
install --nic connectx-5 --policy "$work/bad.json"
check "a policy that is none" not exits 0
check "all of them left the root as it was" same

echo "-- what is named counts, and nothing of this machine"
bundle facts --root "$root" --nic connectx-6 --json
check "the NIC" jq -e '.nics == [{address: "named-1", vendor: "15b3", device: "101c", class: "020700",
	sriov: "vf", link: "infiniband"}]' "$work/out"
check "no product, no Secure Boot" jq -e '(has("product") | not) and .secure_boot == "unknown"' "$work/out"
bundle facts --root "$root" --nic connectx-3 --nic connectx-6-pf --nic 15b3:1018/0200 --json
check "each kind" jq -e '[.nics[] | .device + .link + .sriov] ==
	["1004unknownvf", "101binfinibandnone", "1018ethernetvf"]' "$work/out"
bundle facts --root "$root" --json
check "none is none" jq -e '.nics == [] and .kernel == "6.12.1-amd64"' "$work/out"
bundle plan --root "$root" --nic connectx-6 --kernel "$kernel" --json
check "the kernel" jq -e ".machine.kernel == \"$kernel\" and .package == \"mini\"" "$work/out"

echo "-- a step that fails is undone"
touch "$root/boot/refuse"
cp "$work/mini/key/cert.pem" "$work/vendor.pem"
install --nic connectx-6 --kernel "$kernel" --anchor "$work/vendor.pem"
check "no initramfs" exits 14
check "says why" says 'no room in /boot'
check "the packages are as before" unchanged
check "no anchor is put in" not test -e "$root/etc/ibbundle"
check "nothing waits for a boot" not test -e "$root/$program"
rm -r "${root:?}"/boot/* "$root/var/lib/ibbundle"
echo '{"schema":1,"anchors":[{"file":"other.pem","role":"vendor"}]}' > "$work/policy.json"
install --nic connectx-6 --kernel "$kernel" --anchor "$work/vendor.pem" --policy "$work/policy.json"
check "a policy that names what is not there" exits 14
check "is not put in" not test -e "$root/etc/ibbundle/policy.json"
check "nor the anchor" not test -e "$root/etc/ibbundle/trust.d/vendor.pem"
check "the packages are as before" unchanged
rm -r "${root:?}"/boot/* "$root/var/lib/ibbundle"

echo "-- baked"
echo '{"schema":1,"anchors":[{"file":"vendor.pem","role":"vendor"}],"require_trust":true}' > "$work/policy.json"
echo build-host-7 > "$root/etc/hostname"
cp /etc/resolv.conf "$root/etc/resolv.conf"
echo 0123456789abcdef0123456789abcdef > "$root/etc/machine-id"
mkdir -p "$root/var/log/journal/0123456789abcdef0123456789abcdef" "$root/var/lib/dbus" "$root/var/tmp/x/y"
echo build-host-7 | tee "$root/var/log/syslog" "$root/var/lib/apt/lists/deb.example.org_Packages" \
	"$root/var/log/journal/0123456789abcdef0123456789abcdef/system.journal" > "$root/var/tmp/x/y/z"
cp "$root/etc/machine-id" "$root/var/lib/dbus/machine-id"
mkdir -p "$work/cache" "$work/outside"
echo mine > "$work/outside/mine.lease"
ln -s "$work/outside" "$root/var/lib/dhcp"
echo mine > "$work/cache/mine.deb"
mount --bind "$work/cache" "$root/var/cache/apt/archives"
install --nic connectx-6 --kernel "$kernel" --anchor "$work/vendor.pem" --policy "$work/policy.json" --generalize
check "install" exits 0
umount "$root/var/cache/apt/archives"
check "for the named function" says 'InfiniBand function 15b3:101c'
check "initramfs of the named kernel alone" [ "$(cat "$root/boot/called")" = "-c -k $kernel" ]
check "made where there is no name" [ "$(cat "$root/boot/name")" = localhost ]
check "no service was started" not test -e "$root/usr/sbin/policy-rc.d"
check "the anchor" cmp "$work/vendor.pem" "$root/etc/ibbundle/trust.d/vendor.pem"
check "the policy" cmp "$work/policy.json" "$root/etc/ibbundle/policy.json"
bundle trust show --root "$root"
check "is in force there" says 'require'
check "no logs" empty_dir var/log
check "no journal" not test -e "$root/var/log/journal/0123456789abcdef0123456789abcdef"
check "no lists" empty_dir var/lib/apt/lists
check "nothing temporary" not test -e "$root/var/tmp/x"
check "an empty machine id" is_empty etc/machine-id
check "and no copy of it" not test -e "$root/var/lib/dbus/machine-id"
check "no name" no_name
check "no resolver of this machine" not test -s "$root/etc/resolv.conf"
check "what is mounted from here is left alone" grep -q mine "$work/cache/mine.deb"
check "what a link leads to outside is left alone" grep -q mine "$work/outside/mine.lease"
check "the unit" grep -q "^ExecStart=/$program first-boot" "$root/$unit"
check "is wanted at the boot" [ "$(readlink -f "$root/$wants")" = "$root/$unit" ]
check "its program is a slice without blocks" ibbundle verify "$root/$program" --trust "$work/vendor.pem"
check "of a megabyte or two" [ "$(stat -c %s "$root/$program")" -lt 3000000 ]
bundle status --root "$root"
check "status" exits 0
check "tells what is to come" says 'still to come'
tree > "$work/tree"
install --nic connectx-6 --kernel "$kernel"
check "again" says 'already installed'
check "changes nothing" same

echo "-- the first boot, as far as a container goes"
first_boot() { # without a NIC, and then with one
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare -n -m -p -f sh -c 'mount -t proc proc "$1/proc"; shift; exec "$@"' sh "$root" \
		chroot "$root" "/$program" first-boot > "$work/out" 2>&1 < /dev/null
	status=$?
}
first_boot
check "no InfiniBand function" exits 11
bundle status --root "$root" --json
check "waits" jq -e '.first_boot.result == "pending" and .first_boot.when > 0' "$work/out"
nic=$root/sys/bus/pci/devices/0101:00:00.0
mkdir -p "$nic" "$root/sys/firmware"
echo 0x15b3 > "$nic/vendor"
echo 0x101c > "$nic/device"
echo 0x020700 > "$nic/class"
first_boot
check "no device comes up" exits 14
bundle status --root "$root"
check "that is a no" exits 1
check "and says why" says 'no RDMA device showed up'
check "it will be tried again" test -e "$root/$unit"
mkdir -p "$root/sys/class/infiniband/mlx5_0"
first_boot
check "with the device" exits 0
check "says so" says "the image's package works here"
bundle status --root "$root" --json
check "status" jq -e '.first_boot.result == "ok" and .result == "installed"' "$work/out"
gone() { [ ! -e "$root/$program" ] && [ ! -e "$root/$unit" ] && [ ! -L "$root/$wants" ]; }
check "and it is gone" gone

echo "-- uninstall takes what has not run yet with it"
rm -rf "$root/sys/bus" "$root/sys/class" "$root/sys/firmware"
bundle uninstall --root "$root"
check "uninstall" exits 0
install --nic connectx-6 --kernel "$kernel"
check "baked again" test -x "$root/$program"
check "nothing is cleaned unasked" test -s "$root/var/log/azure/ib-vmext-status"
bundle uninstall --root "$root"
check "all of it" gone
check "the packages are as before" unchanged
e2e_end
