#!/bin/bash
# SPDX-License-Identifier: MIT
# The runtime installs into image roots, without network; is cut off, refused and undone there.
# Needs root.  The bundles are small (mini_bundle.sh), the roots are Debian's own minbase.
set -u
# shellcheck source-path=SCRIPTDIR source=../support/e2e
. "$(dirname "$0")/../support/e2e"
hb=$TOP/manifests/facts/hb120rs_v3.json

not() { ! "$@"; }

# bundle N ARGUMENT...: run it without network; its exit status goes to $status
bundle() {
	local n=$1
	shift
	# shellcheck disable=SC2086 # the launcher may be empty
	unshare -n ${STUB_LAUNCHER:-} "$work/mini/mini-$n.run" "$@" > "$work/out" 2>&1 < /dev/null
	status=$?
}
install() { bundle "$1" install --root "$root" --facts "$hb" "${@:2}"; }
has() { packages | grep -q "^$1 $2 ii"; }
tree() { (cd "$root" && find . -xdev -printf '%p %y %m %s %T@\n' | sort | sha256sum); }
no_leftovers() {
	local left
	left=$(find "$root/var/lib/ibbundle" -name 'staging-*' 2> /dev/null)
	[ -z "$left" ] || { echo "left: $left"; return 1; }
	[ ! -e "$root/usr/sbin/policy-rc.d" ] || { echo "policy-rc.d"; return 1; }
	! grep -F "$root/" /proc/self/mounts || return 1
	for p in /proc/[0-9]*; do
		[ "$(readlink "$p/root")" != "$root" ] || { echo "process $p"; return 1; }
	done
}
fresh_root() {
	root=$work/$1
	"$TOP/tests/support/root.sh" bookworm "$root"
	packages > "$work/fresh.list"
}
wait_for() { # FILE
	for _ in $(seq 200); do
		[ ! -e "$1" ] || return 0
		sleep 0.05
	done
	return 1
}
kill_parent() { # not the runner, which has entered the root
	for p in /proc/[0-9]*; do
		if [ "$(readlink "$p/root")" = / ] &&
			tr '\0' ' ' < "$p/cmdline" | grep -q "^$work/mini/mini-1.run"; then
			kill -9 "${p#/proc/}"
		fi
	done 2> /dev/null
}
host() { # what must not change on this machine
	find /etc /var/lib/dpkg /var/lib/ibbundle /var/log/azure /var/log/dpkg.log \
		-printf '%p %s %T@\n' 2> /dev/null | sort
}

"$TOP/tests/support/mini_bundle.sh" "$work/mini" || exit 1
host > "$work/host.before"

echo "-- install, again, status, uninstall"
fresh_root plain
install 1
check "install" exits 0
check "says who signed" says 'signed by "CN=mini test" (not pinned on this machine)'
check "packages are there" has ibbtest-app 1.0-1
check "the bundle has files to make again" grep -q 'compressed again' <("$TOP/build/ibbundle" inspect "$work/mini/mini-1.run")
for i in 1 2; do
	check "module $i is the vendor's" cmp "$work/mini/modules/1.0-1-$i.ko.xz" "$root/usr/share/ibbtest-tool/modules-$i.0/tool.ko.xz"
done
check "daemons are held back" grep -q 'policy says 101' "$root/var/log/azure/ib-vmext-status"
check "scripts have no input" grep -q 'no input' "$root/var/log/azure/ib-vmext-status"
check "nothing is left over" no_leftovers
before=$(date +%s%N)
install 1
check "second install" exits 0
check "second install says so" says 'already installed'
check "second install is over in two seconds" [ $((($(date +%s%N) - before) / 1000000)) -lt 2000 ]
bundle 1 status --root "$root"
check "status" exits 0
bundle 1 status --root "$root" --json
check "status as a document" jq -e '.result == "installed" and (.packages | length) == 3' "$work/out"
bundle 1 uninstall --root "$root"
check "uninstall" exits 0
check "the packages are as before" unchanged
bundle 1 status --root "$root"
check "status after it" exits 1
bundle 1 uninstall --root "$root"
check "uninstall again" exits 0
install 1 --json
check "one document" jq -e '.result == "installed" and .exit_code == 0' "$work/out"

echo "-- upgrade, and no downgrade"
install 2
check "upgrade" exits 0
check "upgraded" has ibbtest-lib 2.0-1
install 1
check "an older bundle" says 'already installed'
check "does not downgrade" has ibbtest-lib 2.0-1
bundle 2 uninstall --root "$root"
check "uninstall after an upgrade" unchanged

echo "-- an upgrade that something installed does not go with"
install 1
sed -i '/^Package: bash$/,/^$/s/^Depends: /&ibbtest-tool (= 1.0-1), /' "$root/var/lib/dpkg/status"
install 2
check "the upgrade beside it" exits 0
check "says what stays, and why" says "'ibbtest-tool' stays at 1.0-1: 'bash' does not go with 2.0-1"
check "it stays" has ibbtest-tool 1.0-1
check "the others are upgraded" has ibbtest-app 2.0-1
install 2
check "and that is all there is to do" says 'already installed'
sed -i '/^Package: bash$/,/^$/s/ibbtest-tool (= 1.0-1), //' "$root/var/lib/dpkg/status"
bundle 2 uninstall --root "$root"
check "uninstall" unchanged

echo "-- a package that something else needs stays"
install 1
sed -i '/^Package: bash$/,/^$/s/^Depends: /Depends: ibbtest-lib, /' "$root/var/lib/dpkg/status"
bundle 1 uninstall --root "$root"
check "uninstall keeps what is needed" exits 0
check "and names it" says "'ibbtest-lib' stays: 'bash' needs it"
check "it is there" has ibbtest-lib 1.0-1
check "the others are gone" not has ibbtest-tool 1.0-1
rm -rf "$root"

echo "-- a maintainer script that fails"
fresh_root fails
echo fail > "$root/etc/ibbtest-mode"
install 1
check "a failing script" exits 14
check "names the package" says 'ibbtest-app'
check "and what it said is in the log" grep -q 'ibbtest: told to fail' "$root/var/log/azure/ib-vmext-status"
check "what was added is gone" unchanged
check "nothing is left over" no_leftovers
bundle 1 status --root "$root"
check "status says failed" says 'failed: mini'
rm "$root/etc/ibbtest-mode"
install 1
check "and then it works" exits 0
echo fail > "$root/etc/ibbtest-mode"
install 2
check "a failing upgrade" exits 14
rm "$root/etc/ibbtest-mode"
install 2
check "is repaired by the next install" has ibbtest-app 2.0-1
bundle 2 uninstall --root "$root"
check "and can be uninstalled" unchanged

echo "-- a script that never ends"
echo hang > "$root/etc/ibbtest-mode"
install 1
check "a time limit" exits 14
check "says which" says 'took longer than 15 seconds'
check "all of it is ended" no_leftovers
check "what was added is gone" unchanged

echo "-- a daemon that a script leaves behind"
echo daemon > "$root/etc/ibbtest-mode"
install 1
check "install" exits 0
check "it is ended" no_leftovers
check "and that is said" says 'left running'
rm -rf "$root"

echo "-- killed in the middle of dpkg"
fresh_root killed
echo slow > "$root/etc/ibbtest-mode"
install 1 &
wait_for "$root/ibbtest-begun"
kill_parent
for p in /proc/[0-9]*; do # what runs in the root, the runner with it
	[ "$(readlink "$p/root")" != "$root" ] || kill -9 "${p#/proc/}"
done 2> /dev/null
wait
check "it was cut off" not has ibbtest-app 1.0-1
bundle 1 status --root "$root"
check "status knows" says 'was cut off'
rm "$root/etc/ibbtest-mode"
install 1
check "the next install" exits 0
check "says that it finishes" says 'cut off: finishing'
check "and does" has ibbtest-app 1.0-1
check "nothing is left over" no_leftovers
bundle 1 uninstall --root "$root"
check "uninstall knows all packages" unchanged
rm -f "$root"/ibbtest-*

echo "-- only the parent is killed: dpkg ends its work"
echo slow > "$root/etc/ibbtest-mode"
install 1 &
wait_for "$root/ibbtest-begun"
kill_parent
wait
rm "$root/etc/ibbtest-mode"
install 1
check "the next install waits for it" says 'the package manager is busy'
check "and succeeds" exits 0
check "the script had its time" [ -e "$root/ibbtest-ended" ]
bundle 1 uninstall --root "$root"
check "uninstall" unchanged
rm -f "$root"/ibbtest-*

echo "-- SIGTERM"
echo slow > "$root/etc/ibbtest-mode"
unshare -n "$work/mini/mini-1.run" install --root "$root" --facts "$hb" > "$work/out" 2>&1 &
pid=$!
wait_for "$root/ibbtest-begun"
"$work/mini/mini-1.run" status --root "$root" > "$work/status" 2>&1
kill -TERM "$pid"
wait "$pid"
status=$?
rm "$root/etc/ibbtest-mode"
check "ends as interrupted" [ "$status" -eq 14 ]
check "status meanwhile" grep -q 'is under way' "$work/status"
check "says what it waits for" says 'stopping when the step that runs is done'
check "dpkg was not cut" [ -e "$root/ibbtest-ended" ]
check "nothing is left over" no_leftovers
bundle 1 status --root "$root"
check "status" says 'interrupted: mini'
install 1
check "the next install finishes" exits 0
bundle 1 uninstall --root "$root"
check "uninstall" unchanged

echo "-- another package manager at work"
hold() { # SECONDS: hold the frontend lock
	python3 -c 'import fcntl, sys, time
f = open(sys.argv[1], "a+"); fcntl.lockf(f, fcntl.LOCK_EX); open(sys.argv[3], "w")
time.sleep(float(sys.argv[2]))' "$root/var/lib/dpkg/lock-frontend" "$1" "$work/held" &
	wait_for "$work/held"
	rm -f "$work/held"
}
hold 4
install 1 --lock-timeout 1
check "locked too long" exits 14
check "says by whom" says 'the package manager is busy (process '
check "nothing changed" unchanged
install 1 --lock-timeout 60
check "locked for a while" exits 0
wait
bundle 1 uninstall --root "$root"

echo "-- refused: the root stays as it is"
state=$(tree)
same() { [ "$(tree)" = "$state" ] || { echo "the root changed"; return 1; }; }
cp "$root/etc/os-release" "$work/os-release"
bundle 1 install --facts "$hb"
check "--facts without --root" exits 1
bundle 1 install --root "$root" --facts "$TOP/manifests/facts/b2s.json"
check "no NIC" exits 11
bundle 1 install --root "$root" --facts "$TOP/manifests/facts/d4s_v5.json"
check "an Ethernet VF only" exits 11
install 1 --require-trust
check "no anchor" exits 14
install 1 --trust "$work/mini/key/cert.pem" --require-trust --package none
check "no such package" not exits 0
cp "$work/mini/mini-1.run" "$work/mini/mini-9.run"
size=$(stat -c %s "$work/mini/mini-9.run")
printf x | dd of="$work/mini/mini-9.run" bs=1 seek=$((size - 66000)) conv=notrunc status=none
install 9
check "a damaged bundle" exits 14
truncate -s $((size - 1)) "$work/mini/mini-9.run"
install 9
check "a cut bundle" exits 14
cp "$work/mini/mini-1.run" "$work/free.run"
chmod 755 "$work" "$work/free.run"
setpriv --reuid 65534 --clear-groups "$work/free.run" install --root "$root" > "$work/out" 2>&1
status=$?
check "not root" exits 14
check "says so" says 'must be run as root'
printf '\267' | dd of="$root/usr/bin/dpkg" bs=1 seek=18 conv=notrunc status=none
state=$(tree)
install 1
check "another architecture" exits 12
check "says which" says 'aarch64'
printf '\076' | dd of="$root/usr/bin/dpkg" bs=1 seek=18 conv=notrunc status=none
sed -i 's/^VERSION_ID=.*/VERSION_ID="99"/' "$root/usr/lib/os-release"
state=$(tree)
install 1
check "another release" exits 12
sed -i 's/^VERSION_ID=.*/VERSION_ID="12"/' "$root/usr/lib/os-release"
state=$(tree)
mkdir "$work/ro.mount"
mount --bind "$root" "$work/ro.mount"
mount -o remount,bind,ro "$work/ro.mount"
bundle 1 install --root "$work/ro.mount" --facts "$hb"
check "a read-only root" exits 14
check "says so" says 'read-only'
umount "$work/ro.mount"
mkdir "$work/noexec.mount"
mount --bind "$root" "$work/noexec.mount"
mount -o remount,bind,noexec "$work/noexec.mount"
bundle 1 install --root "$work/noexec.mount" --facts "$hb"
check "a noexec root" says 'noexec'
umount "$work/noexec.mount"
check "the root is untouched after all of these" same
install 1 --trust "$work/mini/key/cert.pem" --require-trust
check "a pinned signer" says 'trusted on this machine'
bundle 1 uninstall --root "$root"

echo "-- no space"
mkdir "$work/small.mount"
mount -t tmpfs -o size=400m tmpfs "$work/small.mount"
root=$work/small.mount
"$TOP/tests/support/root.sh" bookworm "$root"
free=$(df --output=avail -k "$root" | tail -n 1)
fallocate -l $(((free - 8192) * 1024)) "$root/filler"
state=$(tree)
install 1
check "a full disk" exits 14
check "says how much is needed" says 'MB are free'
check "nothing changed" same
umount "$root"

host > "$work/host.after"
check "this machine is untouched" diff "$work/host.before" "$work/host.after"
e2e_end
