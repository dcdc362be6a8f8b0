#!/bin/bash
# SPDX-License-Identifier: MIT
# The Windows runtime as an extension: the commands in the package's manifest, in a folder as the guest
# agent lays it out.  Under Wine, without the agent itself, which is not to be had.
set -u
# shellcheck source-path=SCRIPTDIR source=../support/windows
. "$(dirname "$0")/../support/windows"

"$TOP/tests/support/windows_bundle.sh" "$work/b" || exit 1
name=Contoso.Hpc.InfiniBandDriver
machine windows-server-2019 --pci 15b3:101c/0207 driver=mlx5
home=$c/Packages/Plugins/$name/1.0.0
logs=$c/WindowsAzure/Logs/Plugins/$name/1.0.0

export_zip() { ibbundle export azure-extension "$work/b/1.exe" -o "$work/$1.zip" "${@:2}" > "$work/out" 2>&1; }
check "export" export_zip 1
mkdir -p "$home/Status" "$home/RuntimeSettings" "$logs"
(cd "$home" && python3 -m zipfile -e "$work/1.zip" .)
base="C:\\\\Packages\\\\Plugins\\\\$name\\\\1.0.0"
cat > "$home/HandlerEnvironment.json" << END
[{ "version": 1.0, "name": "$name", "handlerEnvironment": {
  "logFolder": "C:\\\\WindowsAzure\\\\Logs\\\\Plugins\\\\$name\\\\1.0.0", "configFolder": "$base\\\\RuntimeSettings",
  "statusFolder": "$base\\\\Status", "heartbeatFile": "$base\\\\Status\\\\HeartBeat.Json",
  "deploymentid": "1", "rolename": "r", "instance": "i", "hostResolverAddress": "168.63.129.16" } }]
END
# settings N JSON
settings() {
	export ConfigSequenceNumber=$1
	printf '{"runtimeSettings":[{"handlerSettings":{"publicSettings":%s,"protectedSettings":null}}]}' "$2" \
		> "$home/RuntimeSettings/$1.settings"
}
# agent VERB: what the manifest has for it
agent() {
	local words
	read -ra words < <(jq -r ".[0].handlerManifest.$1Command" "$home/HandlerManifest.json")
	windows "$home/${words[0]}" "${words[@]:1}"
}
status_is() { cat "$home/Status/$ConfigSequenceNumber.status"; jq -e "$1" "$home/Status/$ConfigSequenceNumber.status"; }
ends() { # the status is no longer transitioning
	for _ in $(seq 600); do
		! status_is '.[0].status.status != "transitioning"' > /dev/null 2>&1 || return 0
		sleep 0.05
	done
	return 1
}

settings 0 '{}'
agent install
check "install" exits 0
agent enable
check "enable" exits 0
check "comes to an end" ends
check "the status" status_is '.[0] | .version == 1.0 and .status.status == "success" and .status.code == 0'
check "its phases" status_is '[.[0].status.substatus[].name] == ["bundle", "plan", "prepare", "install", "check", "reason"]'
check "the driver is there" grep -qx 2.22.50000 "$c/Program Files/MLNX_WinOF2/version.txt"
check "logged where the agent wants it" grep -q 'installed: winof2' "$logs/ibbundle.log"
check "the sequence number is kept" grep -qx 0 "$home/mrseq"
agent enable
check "again" exits 0
check "says so" says 'already installed'
echo "enable again: $took ms" # four starts of a program, which under Wine are most of it

settings 1 '{"requireTrust": true}'
agent enable
check "an unknown signer" exits 100
check "its status" status_is '.[0].status | .status == "error" and .code == 100 and .substatus[-1].formattedMessage.message == "not-pinned"'
settings 2 '{"reboot": "never"}'
agent enable
check "a setting that there is not" exits 100
check "its name" says 'publicSettings.reboot'

settings 3 '{"package": "restarts"}'
agent enable
check "a package that needs a restart" ends
check "with the code for that" status_is '.[0].status | .status == "success" and .code == 3010'
check "said in a phase" status_is 'any(.[0].status.substatus[]; .name == "reboot" and .status == "warning")'

settings 4 '{"package": "hangs"}'
mkdir "$c/ibbtest/hang"
(
	work=$work/enable
	mkdir "$work"
	agent enable
) &
for _ in $(seq 1000); do
	[ ! -e "$c/ibbtest/hangs" ] || break
	sleep 0.05
done
check "an install is under way" status_is '.[0].status.status == "transitioning"'
agent disable
check "disable waits for its end" exits 0
wait
# by the stop, or by the step's own limit of 4 seconds: a busy machine starts programs slowly
check "its status" status_is '.[0].status | .status == "error" and (.substatus[-1].formattedMessage.message | IN("interrupted", "timeout"))'
check "the worker is gone" [ "$(running ibbundle.exe)" = 0 ]
check "and what it ran" [ "$(running hangs.exe)" = 0 ]

agent update
check "update" exits 0
agent uninstall
check "the uninstall of an update" says 'the driver stays'
check "leaves the driver" [ -e "$c/Program Files/MLNX_WinOF2/version.txt" ]
agent uninstall
check "uninstall" exits 0
check "takes it away" [ ! -e "$c/Program Files/MLNX_WinOF2/version.txt" ]

e2e_end
