#!/bin/bash
# SPDX-License-Identifier: MIT
# The command lines of `ibbundle export vm-application` for Windows, in a directory as the agent makes it, under Wine's
# cmd.exe.  Wine has neither certutil nor findstr: the stand-in for the one prints what Windows would, in both
# of its ways.
set -u
# shellcheck source-path=SCRIPTDIR source=../support/windows
. "$(dirname "$0")/../support/windows"

"$TOP/tests/support/windows_bundle.sh" "$work/bundle" > "$work/out" 2>&1 || { cat "$work/out" && exit 1; }
export WINEDLLOVERRIDES='certutil.exe,findstr.exe=n'
# stand_in: the files of C:\windows are links, so these take their place
stand_in() {
	local name
	for name in certutil findstr; do
		rm -f "$c/windows/system32/$name.exe"
		cp "$tests/find_digest.exe" "$c/windows/system32/$name.exe"
	done
}
machine windows-server-2019 --pci 15b3:101c/0207 driver=mlx5
stand_in

# agent NUMBER DIRECTORY KEPT: the application arrives, its file under its name or the application's
agent() {
	local name file to
	name=$(jq -r ".applications[$1].name" "$2/applications.json")
	file=$(jq -r ".applications[$1].packageFileName" "$2/applications.json")
	here=$c/Packages/Plugins/Microsoft.CPlat.Core.VMApplicationManagerWindows/1.0/Downloads/$name/$(jq -r ".applications[$1].version" "$2/applications.json")
	to=$name
	! $3 || to=$file
	mkdir -p "$here"
	cp "$2/files/$file" "$here/$to"
}
# digest NUMBER DIRECTORY [BLANKS]: certutil's answer
digest() {
	local sha256
	sha256=$(sha256sum < "$here/$(jq -r ".applications[$1].packageFileName" "$2/applications.json")" | cut -c1-64)
	[ -z "${3:-}" ] || sha256=$(sed 's/../& /g; s/ $//' <<< "$sha256")
	printf 'SHA256 hash of a file:\r\n%s\r\nCertUtil: -hashfile command completed successfully.\r\n' "$sha256" > "$here/certutil.txt"
}
# run NUMBER DIRECTORY COMMAND [UNTIL]: that line, or what stands before UNTIL in it
run() {
	local line
	line=$(jq -r ".applications[$1].$3" "$2/applications.json")
	[ -z "${4:-}" ] || line=${line%%"$4"*}
	printf '@%s\r\n' "$line" > "$here/line.cmd"
	windows "$c/windows/system32/cmd.exe" /C line.cmd
}
export_to() {
	ibbundle export vm-application "$1" -o "$2" "${@:3}" > "$work/out" 2>&1
	status=$?
}
short_enough() { jq -e '[.applications[] | .install, .update, .remove] | all(length <= 4096)' "$1/applications.json"; }

export_to "$work/bundle/1.exe" "$work/app"
check "export" exits 0
check "at most 4,096 characters" short_enough "$work/app"
agent 0 "$work/app" false
mv "$here/azure-extension" "$here/1.exe"
digest 0 "$work/app"
mv "$here/1.exe" "$here/azure-extension"
run 0 "$work/app" install
check "install, name lost" exits 0
check "installed" says 'installed'
digest 0 "$work/app" blanks
run 0 "$work/app" install '&&'
check "the digest with blanks is taken, too" exits 0
run 0 "$work/app" update
check "update, name kept" exits 0
check "which had nothing to do" says 'already installed'
run 0 "$work/app" remove
check "remove" exits 0
printf x >> "$here/1.exe"
digest 0 "$work/app"
# Wine's cmd.exe goes on behind && whatever the program before it says, so that part is run alone
run 0 "$work/app" install '&&'
check "another file is none to run" exits 1

export_to "$work/bundle/small.exe" "$work/parts"
check "a runtime alone, and its bundle" exits 0
agent 0 "$work/parts" true
digest 0 "$work/parts"
run 0 "$work/parts" install
check "the bundle arrives" exits 0
agent 1 "$work/parts" true
digest 1 "$work/parts"
run 1 "$work/parts" install
check "and is installed" exits 0
run 1 "$work/parts" remove
check "and removed" exits 0

machine windows-server-2019 --pci 15b3:1004/0280 driver=mlx4eth63
stand_in
export_to "$work/bundle/1.exe" "$work/restart"
agent 0 "$work/restart" true
digest 0 "$work/restart"
run 0 "$work/restart" install
check "a restart that is asked for is success" exits 0
check "and told" says 'reboot'

e2e_end
