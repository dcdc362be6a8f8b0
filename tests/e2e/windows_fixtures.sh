#!/bin/bash
# SPDX-License-Identifier: MIT
# What stands in for Windows and for the vendors in the other tests, each by itself: an MSI says what it
# should, the installer is as particular about quotes as the original, the hanging one hangs, and a
# decoy is loaded by who looks for DLLs where one must not.
set -u
# shellcheck source-path=SCRIPTDIR source=../support/windows
. "$(dirname "$0")/../support/windows"

"$TOP/tests/support/windows_bundle.sh" --files "$work/b" || exit 1
files=$work/b/files1

# line TEXT: a command line as it is, in $work/here
mkdir -p "$work/here"
line() {
	rm -f "$work/status"
	(cd "$work/here" && "$wine" "$tests/launch.exe" "$(win "$work/status")" --limit "${limit}" --line "$1") \
		> "$work/out" 2>&1 < /dev/null
	read -r status took < "$work/status"
}
msi() { windows "$c/windows/system32/msiexec.exe" "$@" /qn /norestart; }
there() { [ -e "$c/Program Files/$1/version.txt" ]; }

echo "-- machines"
for row in 'windows-server-2012 6.2.9200' 'windows-server-2025 10.0.26100'; do
	machine ${row% *}
	windows "$c/windows/system32/cmd.exe" /c ver
	check "$row" says "${row#* }"
done

echo "-- packages of Windows Installer"
msi /i "$(win "$files/good.msi")"
check "one that is good" exits 0
check "is there" there 'IBB Good'
msi /i "$(win "$files/asks.msi")" COLOUR=blue
check "one that asks for a restart" exits 3010
msi /i "$(win "$files/fails.msi")"
check "one that fails" exits 1603
check "is not there" lacks there 'IBB Failing'
msi /x "$(win "$files/good.msi")"
check "removal" exits 0
check "is gone" lacks there 'IBB Good'

echo "-- the vendor's installer"
exe=$(win "$files/MLNX_WinOF2-2_22_50000_All_x64.exe")
line "\"$exe\" /S /v\"/qn /norestart /l*vx msi.log MT_SKIPFWUPGRD=1\""
check "quotes as InstallShield wants them" exits 0
check "installs" there MLNX_WinOF2
check "and writes the log that it was told to" [ -s "$work/here/msi.log" ]
for wrong in '"/v/qn /norestart"' '"/v\"/qn /norestart\""' '/v/qn' '/v"/qn' '/v""'; do
	line "\"$exe\" /S $wrong"
	check "not with $wrong" exits 87
done
check "it tells what it was called with" grep -qxF "\"$exe\" /S \"/v/qn /norestart\"" "$c/ibbtest/setup.log"
line "\"$(win "$files/MLNX_VPI_WinOF-5_65_51000_All_win2016_x64.exe")\" /S /v\"/qn\""
check "the one for ConnectX-3 asks for a restart" exits 3010
mkdir "$c/ibbtest/hang"
limit=1
line "\"$exe\" /S /v\"/qn\""
limit=120
check "told to hang it is ended by the time limit only" exits 1460
check "and has a child that hangs still" [ "$(running MLNX_WinOF2-2_22_50000_All_x64.exe)" = 1 ]

echo "-- pnputil"
cp "$tests/pnputil.exe" "$c/windows/system32/"
pnputil() { windows "$c/windows/system32/pnputil.exe" "$@"; }
pnputil /add-driver "$(win "$files/driver/ibbtest.inf")" /install
check "adds" exits 0
check "under a name of its own" cmp "$files/driver/ibbtest.inf" "$c/windows/inf/oem0.inf"
for code in 1 259 3010 1641; do
	echo "$code" > "$c/ibbtest/pnputil.exit"
	pnputil -a "$(win "$files/driver/ibbtest.inf")"
	check "answers as told" exits "$code"
done
check "changes nothing when it fails" [ "$(find "$c/windows/inf" -name 'oem*.inf' | wc -l)" -eq 4 ]
rm "$c/ibbtest/pnputil.exit"
pnputil -d oem0.inf
check "removes" [ ! -e "$c/windows/inf/oem0.inf" ]
pnputil /enum-drivers
check "knows nothing else" exits 87

echo "-- decoys"
# shellcheck source-path=SCRIPTDIR source=../support/windows_decoys
. "$(dirname "$0")/../support/windows_decoys"
decoys "$work/app"
cp "$tests/naive.exe" "$work/app/"
windows "$work/app/naive.exe" "${decoy_names[@]/%/.dll}"
check "one who looks beside himself gets every one of them" all_loaded "$work/app"
decoys "$work/here" "$work/path"
mkdir "$work/naive"
cp "$tests/naive.exe" "$work/naive/"
naive() { here=$work/here windows "$work/naive/naive.exe" "${decoy_absent[@]/%/.dll}"; }
naive
check "one who looks in the current folder gets those that Windows has not" loaded "$work/here" "${decoy_absent[@]}"
rm "$work"/here/*.dll
WINEPATH=$(win "$work/path")
export WINEPATH
naive
check "one who looks in PATH gets them, too" loaded "$work/path" "${decoy_absent[@]}"
e2e_end
