#!/bin/bash
# SPDX-License-Identifier: MIT
# The Windows runtime installs, a second time, newer, and takes it away; fails and undoes; is ended at
# a time limit, kept waiting and cut off.  On machines under Wine, with stand-ins for the vendors'
# installers (windows_bundle.sh).
set -u
# shellcheck source-path=SCRIPTDIR source=../support/windows
. "$(dirname "$0")/../support/windows"

"$TOP/tests/support/windows_bundle.sh" "$work/b" || exit 1

bundle() { windows "$work/b/$1.exe" "${@:2}"; }
install() { bundle "$1" install "${@:2}"; }
there() { grep -qx "$2" "$c/Program Files/$1/version.txt"; }
gone() { [ ! -e "$c/Program Files/$1/version.txt" ]; }
state=ProgramData/ibbundle
logs=WindowsAzure/Logs/Plugins/Microsoft.HpcCompute.InfiniBandDriverWindows
logged() { grep -rqF -- "$1" "$c/$logs"; }
no_leftovers() {
	local left
	left=$(find "$c/$state" -iname 'staging-*')
	[ -z "$left" ] || { echo "left: $left"; return 1; }
	[ "$(running hangs.exe)" = 0 ] || { echo "hangs.exe runs"; return 1; }
	[ "$(running msiexec.exe)" = 0 ] || { echo "msiexec.exe runs"; return 1; }
}
fresh() { # what must not change: programs, drivers
	(cd "$c" && find 'Program Files' windows/inf ProgramData -type f ! -path "$state/*" | sort)
}
unchanged() { diff "$work/fresh" <(fresh); }
hb() {
	machine windows-server-2019 --pci 15b3:101c/0207 driver=mlx5
	cp "$tests/pnputil.exe" "$c/windows/system32/"
	fresh > "$work/fresh"
}
wait_for() { # FILE
	for _ in $(seq 1000); do
		[ ! -e "$1" ] || return 0
		sleep 0.05
	done
	return 1
}

echo "-- install, again, status, uninstall"
hb
bundle 1 status
check "status before" exits 1
bundle 1
check "install is the default" exits 0
check "says who signed" says 'signed by "CN=Windows test" (not pinned on this machine)'
check "says what" says 'winof2-2.22.50000'
check "it is there" there MLNX_WinOF2 2.22.50000
line='MLNX_WinOF2-2_22_50000_All_x64.exe" /S /v"/qn /norestart /l*vx msi.log MT_SKIPFWUPGRD=1"'
called() { [ "$(wc -l < "$c/ibbtest/setup.log")" -eq 1 ] && [[ $(< "$c/ibbtest/setup.log") = '"C:\'*"\\$line" ]]; }
check "the installer got its command line byte for byte" called
check "it is in the log" logged 'winof2-2.22.50000'
check "with the installer's code" logged 'ended with 0'
kept() { grep -rlqF 'Logging started' "$c/$logs"; }
check "the installer's own log is kept beside it" kept
check "nothing is left over" no_leftovers
install 1
check "second install" exits 0
check "says so" says 'already installed'
check "does not call the installer" called
echo "second install: $took ms"
check "is over in two seconds" [ "$took" -lt 2000 ]
bundle 1 status
check "status" exits 0
bundle 1 status --json
check "status as a document" document '.result == "installed" and .package == "winof2-2.22.50000"'
restart
bundle 1 status
check "status after a restart" exits 0
check "state is where it should be" [ -s "$c/$state/state.json" ]
bundle 1 uninstall
check "uninstall" exits 0
check "it is gone" gone MLNX_WinOF2
bundle 1 status
check "status after it" exits 1
bundle 1 uninstall
check "uninstall again" exits 0
install 1 --json
check "one document" document '.result == "installed" and .exit_code == 0'

echo "-- upgrade, and no downgrade"
install 2
check "upgrade" exits 0
check "upgraded" there MLNX_WinOF2 2.23.50000
install 1
check "an older bundle" says 'already installed'
check "does not downgrade" there MLNX_WinOF2 2.23.50000
bundle 2 uninstall
check "uninstall after an upgrade" gone MLNX_WinOF2

echo "-- a package that asks for a restart"
install 1 --package restarts
check "3010, whole" exits 3010
check "it is there" there 'IBB Asking' 1.0.0
check "says it" says 'reboot'
bundle 1 status --json
check "status knows" document '.reboot_required and .reason == "reboot-required"'
bundle 1 uninstall
check "uninstall" gone 'IBB Asking'
install 1 --package restarts --exit-codes vm-application
check "is 0 for a VM application" exits 0
bundle 1 uninstall --exit-codes vm-application
install 1 --exit-codes linux
check "no codes of Linux" exits 100
machine windows-server-2012r2 --pci 15b3:1004/0280
install 1
check "WinOF on 2012 R2" exits 3010
check "is there" there MLNX_VPI 5.65.51000
machine windows-10 --network-direct 14.0
install 1
check "Network Direct" exits 0
check "is there" there 'Network Direct' 1.0.0
bundle 1 uninstall
check "what the msi step brought is removed without a step for it" gone 'Network Direct'

echo "-- failures are undone"
hb
install 1 --package two-steps
check "the second MSI fails" exits 100
check "says how" says '1603'
check "and which" says 'fails.msi'
check "it is in the log" logged '1603'
check "the first is gone again" gone 'IBB Good'
check "all is as before" unchanged
check "nothing is left over" no_leftovers
bundle 1 status
check "status says failed" says 'failed'
install 1 --package wrong-quotes
check "an installer that refuses its command line" exits 100
check "says 87" says '87'
install 1 --package no-check
check "a check that fails" exits 100
check "is undone" gone 'IBB Good'
install 1
check "and then another works" exits 0
bundle 1 uninstall
check "uninstall" gone MLNX_WinOF2

echo "-- one that never ends"
mkdir -p "$c/ibbtest/hang"
install 1 --package hangs
check "840" exits 840
check "says the limit" says '4 seconds'
check "all of it is ended, its children too" no_leftovers
check "what came before is undone" gone 'IBB Good'
rmdir "$c/ibbtest/hangs"

echo "-- cut off"
launch=(--kill-at 'C:\ibbtest\hangs')
install 1 --package hangs
launch=()
rmdir "$c/ibbtest/hang" "$c/ibbtest/hangs"
check "by the end of its process" exits 1
check "what it ran ends with it" [ "$(running hangs.exe)" = 0 ]
bundle 1 status
check "status knows" says 'was cut off'
install 1
check "the next install" exits 0
check "says that it finishes" says 'cut off: finishing'
check "nothing is left over" no_leftovers
bundle 1 uninstall
check "uninstall" gone MLNX_WinOF2
check "takes away what was half there, too" gone 'IBB Good'

echo "-- the power goes"
mkdir -p "$c/ibbtest/hang"
install 1 --package hangs &
wait_for "$c/ibbtest/hangs"
restart
wait
rmdir "$c/ibbtest/hang" "$c/ibbtest/hangs"
bundle 1 status
check "status knows" says 'was cut off'
install 1
check "the next install" exits 0
bundle 1 uninstall
check "uninstall" exits 0

echo "-- another installation at work"
launch=(--hold 'Global\_MSIExecute')
install 1 --lock-timeout 1
launch=()
check "240" exits 240
check "says why" says 'another installation'
check "nothing changed" gone MLNX_WinOF2
mkdir -p "$c/ibbtest/hang"
install 1 --package hangs &
wait_for "$c/ibbtest/hangs"
cp "$work/b/2.exe" "$work/other.exe"
(windows "$work/other.exe" install --lock-timeout 1 && echo "$status" > "$work/second")
wait
rmdir "$c/ibbtest/hang" "$c/ibbtest/hangs"
check "another of our own" [ "$(cat "$work/second")" = 240 ]

echo "-- driver packages"
install 1 --package driver
check "an INF" exits 0
called_with() { tail -n 1 "$c/ibbtest/pnputil.log" | grep -qF -- "$1"; }
check "was given to pnputil" called_with 'ibbtest.inf'
check "is in the store" cmp "$work/b/files1/driver/ibbtest.inf" "$c/windows/inf/oem0.inf"
bundle 1 uninstall
check "uninstall" exits 0
check "takes it out" [ ! -e "$c/windows/inf/oem0.inf" ]
while read -r code want why; do
	echo "$code" > "$c/ibbtest/pnputil.exit"
	install 1 --package driver
	check "pnputil: $code ($why)" exits "$want"
	bundle 1 uninstall
done <<'END'
259 0 nothing to do
3010 3010 a restart is needed
1641 3010 a restart was begun
1 100 it failed
END
rm "$c/ibbtest/pnputil.exit"
: > "$c/ibbtest/pnputil.log"
install 1 --package driver-unsigned
check "a catalog that nobody signed" exits 100
check "says which" says 'ibbtest'
install 1 --package driver-bare
check "an INF without its catalog" exits 100
check "neither came to pnputil" [ ! -s "$c/ibbtest/pnputil.log" ]
check "all is as before" unchanged

echo "-- refused: nothing changes"
install 1 --facts x.json
check "--facts" exits 100
install 1 --root 'C:\image'
check "--root" exits 100
install 1 --require-trust
check "no anchor" exits 100
install 1 --trust "$(win "$work/b/other/cert.pem")"
check "another signer" exits 100
install 1 --nonsense
check "wrong use" exits 100
check "all is as before" unchanged
install 1 --trust "$(win "$work/b/key/cert.pem")" --require-trust
check "a pinned signer" says 'trusted on this machine'
bundle 1 uninstall
machine windows-server-2022 --pci 15b3:1018/0200
install 1
check "no InfiniBand" exits 100
check "is in the log" logged 'no-infiniband'

echo "-- the event log"
hb
events() { grep -aoE 'L"[^"]*(begins|succeeded|failed)[^"]*"' "$work/out"; }
export WINEDEBUG=trace+eventlog
install 1
export WINEDEBUG=-all
check "installed" exits 0
events > "$work/events"
check "the start is an event" grep -q 'install begins' "$work/events"
check "the end is an event" grep -q 'install succeeded (exit code 0)' "$work/events"
export WINEDEBUG=trace+eventlog
install 1 --package two-steps
export WINEDEBUG=-all
events > "$work/events"
check "a failure is one" grep -q 'failed' "$work/events"
e2e_end
