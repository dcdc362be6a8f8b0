#!/bin/bash
# SPDX-License-Identifier: MIT
# Vendors' packages on Linux, as stand-ins of the same shape (vendor_packages.sh): what is looked for
# before anything is touched, MLNX_OFED by its installer, DOCA-OFED by its local repository, settings
# and modules, and all of it back.  Without network.  Needs root.
set -u
# shellcheck source-path=SCRIPTDIR source=../support/e2e
. "$(dirname "$0")/../support/e2e"
hb=$TOP/manifests/facts/hb120rs_v3.json
kernel=6.1.0-40-amd64

not() { ! "$@"; }
bundle() {
	# shellcheck disable=SC2086 # the launcher may be empty
	unshare -n ${STUB_LAUNCHER:-} "$work/vendor/vendor.run" "$@" > "$work/out" 2>&1 < /dev/null
	status=$?
}
ofed() { bundle install --root "$root" --facts "$hb" --package mlnx-ofed-5.8 "$@"; }
doca() { bundle install --root "$root" --facts "$hb" --package doca-ofed-3.2.1; }
uninstall() { bundle uninstall --root "$root"; }
tree() { (cd "$root" && find . -xdev -printf '%p %y %m %s %T@\n' | sort | sha256sum); }
has() { packages | grep -q "^$1 $2 ii"; }
logged() { grep -qF -- "$1" "$root/var/log/azure/ib-vmext-status" || { echo "not in the log: $1"; return 1; }; }
waagent() { cmp "$root/etc/waagent.conf" "$work/waagent.$1"; }
settings_gone() {
	local f
	for f in modules-load.d/ibbundle.conf security/limits.d/90-ibbundle.conf udev/rules.d/60-ibbundle-rdma-names.rules; do
		[ ! -e "$root/etc/$f" ] || { echo "$f is there"; return 1; }
	done
	waagent before
}
# What a VM has that a minbase root lacks: a kernel with headers, a compiler, the agent's settings.
dress() {
	mkdir -p "$root/lib/modules/$1/build"
	touch "$root/lib/modules/$1/build/Makefile"
	echo kernel/drivers/net/ethernet/intel/e1000/e1000.ko > "$root/lib/modules/$1/modules.builtin"
	printf '#!/bin/sh\n' | tee "$root/usr/bin/gcc" > "$root/usr/bin/make"
	chmod 755 "$root/usr/bin/gcc" "$root/usr/bin/make"
	printf '# Azure Linux Agent\nProvisioning.Enabled=y\n# OS.EnableRDMA=y\nLogs.Verbose=n\n' > "$root/etc/waagent.conf"
	chmod 640 "$root/etc/waagent.conf"
	cp "$root/etc/waagent.conf" "$work/waagent.before"
	sed 's/^# OS\.EnableRDMA=y$/OS.EnableRDMA=y/' "$work/waagent.before" > "$work/waagent.after"
}

"$TOP/tests/support/vendor_packages.sh" "$work/vendor" || exit 1
"$TOP/tests/support/root.sh" bookworm "$root"
dress $kernel
packages > "$work/fresh.list"

echo "-- before anything is touched"
state=$(tree)
same() { [ "$(tree)" = "$state" ] || { echo "the root changed"; return 1; }; }
jq '.secure_boot = "on"' "$hb" > "$work/secure.json"
bundle install --root "$root" --facts "$work/secure.json" --package mlnx-ofed-5.8
check "Secure Boot and unsigned modules" exits 14
check "says so" says 'Secure Boot is on and would refuse the modules'
check "nothing changed" same
mv "$root/lib/modules/$kernel/build" "$work/build"
mv "$root/usr/bin/gcc" "$work/gcc"
echo kernel/drivers/net/ethernet/mellanox/mlx5/core/mlx5_core.ko >> "$root/lib/modules/$kernel/modules.builtin"
state=$(tree)
bundle plan --root "$root" --facts "$hb" --package mlnx-ofed-5.8
check "a plan says what stands in the way" says "refuses  the headers of kernel $kernel are missing: apt-get install linux-headers-$kernel"
grep -A9 '^refuses' "$work/out" | sed 's/^refuses  //; s/^  *//' > "$work/lines"
ofed
check "so does install, which refuses" exits 14
check "names the program" says "program 'gcc' is missing: apt-get install gcc"
check "names the module" says "module 'mlx5_core' is built into kernel $kernel (=y)"
all_lines() { while read -r line; do says "$line" || return 1; done < "$work/lines"; }
check "every line of the plan is said" all_lines
check "nothing changed" same
ofed --json
check "its reason" says '"reason": "prerequisite-missing"'
check "and all lines in the document" jq -e '[.preflight[] | select(.refuse)] | length == 3' <(sed 1d "$work/out")
mv "$work/build" "$root/lib/modules/$kernel/build"
mv "$work/gcc" "$root/usr/bin/gcc"
sed -i '/mlx5_core/d' "$root/lib/modules/$kernel/modules.builtin"
sed -i '/^Package: bash$/,/^$/s/^Status: .*/Status: install ok half-configured/' "$root/var/lib/dpkg/status"
ofed
check "a package that is not whole" says "package 'bash' is half-configured: run 'dpkg --configure -a'"
sed -i '/^Package: bash$/,/^$/s/^Status: .*/Status: install ok installed/' "$root/var/lib/dpkg/status"

echo "-- MLNX_OFED: plan, install, again, uninstall"
bundle plan --root "$root" --facts "$hb" --package mlnx-ofed-5.8
check "the plan shows the arguments of this machine" says "-k $kernel -s /lib/modules/$kernel/build --add-kernel-support"
bundle plan --root "$root" --facts "$hb" --package mlnx-ofed-5.8 --kernel 6.1.0-39-amd64
check "and not those of another kernel" not says '--add-kernel-support'
ofed
check "install" exits 0
check "its packages are there" has mlnx-ofed-kernel-dkms 5.8
check "dkms has built" says "4 modules are built and installed for kernel $kernel"
check "modules are for a machine that runs" says 'no modules are loaded in an image root'
check "the agent's setting" waagent after
check "its mode stays" [ "$(stat -c %a "$root/etc/waagent.conf")" = 640 ]
check "modules-load" grep -qx ib_ipoib "$root/etc/modules-load.d/ibbundle.conf"
check "limits" grep -q 'hard memlock unlimited' "$root/etc/security/limits.d/90-ibbundle.conf"
check "names" grep -q NAME_KERNEL "$root/etc/udev/rules.d/60-ibbundle-rdma-names.rules"
check "its temporary directory is ours, and gone" [ -z "$(find "$root/var/lib/ibbundle" -name 'staging-*' -o -name apt.conf)" ]
ofed
check "again" says 'already installed'
bundle status --root "$root" --json
check "the state knows what was there" jq -e '[.settings[] | select(.key == "OS.EnableRDMA") | .was] == ["# OS.EnableRDMA=y"]' "$work/out"
doca
check "another stack is in the way" exits 14
check "says which" says "another driver stack is installed, 'MLNX_OFED_LINUX-5.8-1.1.2.1'"
check "it is still whole" has mlnx-ofed-kernel-dkms 5.8
uninstall
check "uninstall" exits 0
check "the packages are as before" unchanged
check "and the settings" settings_gone
check "and the agent's mode" [ "$(stat -c %a "$root/etc/waagent.conf")" = 640 ]

echo "-- its exit codes"
while read -r code words; do
	echo "$code" > "$root/etc/ofed-code"
	ofed
	check "code $code" exits 14
	check "code $code in words" says "ended with $code, $words"
	check "code $code: the packages are as before" unchanged
	check "code $code: and the settings" settings_gone
done << 'END'
1 it failed; its own log says where
2 it wanted to burn firmware
22 it does not know one of its options
28 there is not enough space in /usr
171 the hardware that it is for is not there
172 something that it needs is missing
173 its mst driver did not start
174 other packages depend on what it must remove
END
echo 0 > "$root/etc/ofed-code"
ofed
check "success without anything installed is found out" says "dkms does not know module 'mlnx-ofed-kernel'"
check "and undone" settings_gone
rm "$root/etc/ofed-code"

echo "-- a build that failed, and was hidden"
touch "$root/etc/dkms-fails"
ofed
check "is found" exits 14
check "and named" says "module 'mlnx-ofed-kernel' 25.10 was not built for kernel $kernel: see /var/lib/dkms/mlnx-ofed-kernel/25.10/build/make.log"
check "what was added is gone" unchanged
check "the settings too" settings_gone
rm "$root/etc/dkms-fails"

echo "-- the agent's setting in every form"
form() { # WHAT BEFORE AFTER
	printf '%b' "$2" > "$root/etc/waagent.conf"
	cp "$root/etc/waagent.conf" "$work/waagent.before"
	printf '%b' "$3" > "$work/waagent.after"
	ofed
	check "$1: install" exits 0
	check "$1: set" waagent after
	uninstall
	check "$1: back" settings_gone
}
form commented 'A=1\n# OS.EnableRDMA=n\nB=2\n' 'A=1\nOS.EnableRDMA=y\nB=2\n'
form 'another value' 'A=1\nOS.EnableRDMA = n\nB=2\n' 'A=1\nOS.EnableRDMA=y\nB=2\n'
form absent 'A=1\nB=2\n' 'A=1\nB=2\nOS.EnableRDMA=y\n'
form 'no newline at the end' 'A=1\nB=2' 'A=1\nB=2\nOS.EnableRDMA=y'
form CRLF 'A=1\r\n#OS.EnableRDMA=y\r\nB=2\r\n' 'A=1\r\nOS.EnableRDMA=y\r\nB=2\r\n'
form 'several times' 'OS.EnableRDMA=n\nA=1\nOS.EnableRDMA=n\n' 'OS.EnableRDMA=y\nA=1\nOS.EnableRDMA=y\n'
form 'right already' 'A=1\nOS.EnableRDMA=y\n' 'A=1\nOS.EnableRDMA=y\n'
mv "$root/etc/waagent.conf" "$work/waagent.conf"
ofed
check "no agent" says "there is no '/etc/waagent.conf'"
check "is no error" exits 0
uninstall
mv "$work/waagent.conf" "$root/etc/waagent.conf"
cp "$root/etc/waagent.conf" "$work/waagent.before"

echo "-- what an administrator changed"
mkdir -p "$root/etc/security/limits.d"
echo '* hard memlock 64' > "$root/etc/security/limits.d/90-ibbundle.conf"
ofed
check "a file of theirs in our place" exits 14
check "is not overwritten" grep -qx '\* hard memlock 64' "$root/etc/security/limits.d/90-ibbundle.conf"
check "says which" says "'/etc/security/limits.d/90-ibbundle.conf' is there with other content"
check "what was added is gone" unchanged
check "what was written before it is gone" [ ! -e "$root/etc/modules-load.d/ibbundle.conf" ]
rm "$root/etc/security/limits.d/90-ibbundle.conf"
printf 'A=1\n#OS.EnableRDMA=n\n' > "$root/etc/waagent.conf"
ofed
check "install" exits 0
echo mine >> "$root/etc/modules-load.d/ibbundle.conf"
sed -i 's/EnableRDMA=y/EnableRDMA=maybe/' "$root/etc/waagent.conf"
uninstall
check "uninstall" exits 0
check "a file that was changed stays" grep -qx mine "$root/etc/modules-load.d/ibbundle.conf"
check "and is named" says "'/etc/modules-load.d/ibbundle.conf' stays: it was changed since"
check "a setting that was changed stays" grep -qx 'OS.EnableRDMA=maybe' "$root/etc/waagent.conf"
check "and is named" says "'OS.EnableRDMA' in '/etc/waagent.conf' stays"
check "the rest is gone" [ ! -e "$root/etc/security/limits.d/90-ibbundle.conf" ]
rm "$root/etc/modules-load.d/ibbundle.conf"

echo "-- DOCA-OFED by its local repository"
cp "$work/waagent.before" "$root/etc/waagent.conf"
doca
check "install" exits 0
check "the host package" has doca-host 3.2.1-044000-25.10-debian12
check "and what its repository has" has doca-ofed 3.2.1
check "dkms has built" says "4 modules are built and installed for kernel $kernel"
check "nothing but that repository was asked" not logged 'http'
doca
check "again" says 'already installed'
uninstall
check "uninstall" exits 0
check "the packages are as before" unchanged
check "and the settings" settings_gone
touch "$root/etc/dkms-fails"
doca
check "a hidden failure" says 'was not built for kernel'
check "what was added is gone" unchanged
rm -rf "$root"

echo "-- modules of a machine that runs"
root=$work/live
"$TOP/tests/support/root.sh" bookworm "$root"
dress "$(uname -r)"
packages > "$work/fresh.list"
cp "$work/vendor/vendor.run" "$root/root/"
nic() { # ADDRESS CLASS DRIVER
	mkdir -p "$root/sys/bus/pci/devices/$1" "$root/sys/bus/pci/drivers/$3" "$root/sys/firmware"
	echo 0x15b3 > "$root/sys/bus/pci/devices/$1/vendor"
	echo 0x101c > "$root/sys/bus/pci/devices/$1/device"
	echo "$2" > "$root/sys/bus/pci/devices/$1/class"
	ln -sfn "../../../../bus/pci/drivers/$3" "$root/sys/bus/pci/devices/$1/driver"
}
machine() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare -n -m -p -f sh -c 'mount -t proc proc "$1/proc"; shift; exec "$@"' sh "$root" \
		chroot "$root" /root/vendor.run "$@" > "$work/out" 2>&1 < /dev/null
	status=$?
}
nic 0101:00:00.0 0x020700 mlx5_core
mkdir -p "$root/sys/class/infiniband/mlx5_0" "$root/sys/module/mlx5_core" "$root/sys/module/ib_core"
echo live | tee "$root/sys/module/mlx5_core/initstate" > "$root/sys/module/ib_core/initstate"
# shellcheck disable=SC2016 # expanded when it runs
printf '#!/bin/sh\n[ "$1" != ib_core ] || exit 0\necho "version:        25.10"\necho "srcversion:     NEW"\n' > "$root/usr/sbin/modinfo"
chmod 755 "$root/usr/sbin/modinfo"
loaded() { # SRCVERSION VERSION
	echo "$1" > "$root/sys/module/mlx5_core/srcversion"
	echo "$2" > "$root/sys/module/mlx5_core/version"
}
live() { machine install --package doca-ofed-3.2.1; }
undo() { machine uninstall; rm -f "$root/etc/openibd"; }
loaded NEW 25.10
live
check "what is loaded is what is installed" says 'what is loaded of 3 modules is what is installed'
check "and that is all" exits 0
undo
loaded OLD 5.0
mkdir -p "$root/etc/init.d"
printf '#!/bin/sh\n. /etc/openibd\n' > "$root/etc/init.d/openibd"
chmod 755 "$root/etc/init.d/openibd"
# shellcheck disable=SC2016 # expanded when it runs
echo 'echo "openibd $1"; echo NEW > /sys/module/mlx5_core/srcversion; echo 25.10 > /sys/module/mlx5_core/version' > "$root/etc/openibd"
live
check "an older one is loaded: restarted" says "restarted by '/etc/init.d/openibd'"
check "as it should be" grep -q 'openibd force-restart' "$root/var/log/azure/ib-vmext-status"
check "and no reboot" not says 'reboot'
undo
loaded OLD 5.0
echo 'exit 0' > "$root/etc/openibd"
live
check "a restart that changes nothing" says "the loaded module 'mlx5_core' is not the installed one after a restart either: reboot needed"
undo
echo 'exit 3' > "$root/etc/openibd"
live
check "a restart that fails" says "'/etc/init.d/openibd' ended with 3: reboot needed"
check "install itself is done" exits 0
undo
echo "-- killed while the vendor's programs run"
cut() { # until FILE is there
	live &
	for _ in $(seq 200); do [ ! -e "$root/$1" ] || break; sleep 0.05; done
	for p in /proc/[0-9]*; do
		[ "$(readlink "$p/root")" != "$root" ] || kill -9 "${p#/proc/}"
	done 2> /dev/null
	wait
	rm -f "$root/$1"
}
rm -f "$root/etc/init.d/openibd"
dpkg-query --admindir="$root/var/lib/dpkg" -W doca-host > /dev/null 2>&1 && echo "doca-host is there"
touch "$root/etc/dkms-slow"
cut dkms-begun
check "it was cut off in the middle of apt" [ -d "$root/usr/share/doca-host-3.2.1-044000-25.10-debian12" ]
rm "$root/etc/dkms-slow"
machine uninstall
check "uninstall after it" exits 0
check "knows the packages that came" unchanged
check "and the settings" settings_gone
touch "$root/etc/dkms-slow"
cut dkms-begun
rm "$root/etc/dkms-slow"
loaded NEW 25.10
live
check "install after it" exits 0
check "says that it finishes" says 'cut off: finishing'
check "all of it is there" has doca-ofed 3.2.1
undo
check "and goes again" unchanged
loaded OLD 5.0
nic 9f3c:00:02.0 0x020000 mlx5_core
echo 'touch /restarted' > "$root/etc/openibd"
live
check "the network runs on the same driver" says "9f3c:00:02.0, the network, runs on 'mlx5_core': reboot needed"
check "so nothing is restarted" [ ! -e "$root/restarted" ]
machine status
check "status says what for" says 'a reboot is needed to use the new kernel or driver'
undo
check "the packages are as before" unchanged

e2e_end
