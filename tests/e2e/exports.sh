#!/bin/bash
# SPDX-License-Identifier: MIT
# What `ibbundle export` writes is run where it can be: the command lines of the VM application in a directory as
# the agent makes it, the script of the others, the role by Ansible; on machines that look like one with
# InfiniBand.  Every text is read by its own tool, or by a parser for its language.  Needs root.
#
# Not checked, since nothing that can be installed here reads it: Bicep, PowerShell, and kickstart beyond its shell part.
# packer (105 MB) is used where it is installed.
set -u
# shellcheck source-path=SCRIPTDIR source=../support/e2e
. "$(dirname "$0")/../support/e2e"

# Run something in that directory of $root: a machine with a NIC and a device, its own processes, no network.
machine() { # DIRECTORY COMMAND...
	# shellcheck disable=SC2016 # expanded by the inner shells
	unshare -n -m -p -f sh -c 'mount -t proc proc "$0/proc"; exec chroot "$0" sh -c '\''cd "$0" && exec "$@"'\'' "$@"' \
		"$root" "$@" > "$work/out" 2>&1 < /dev/null
	status=$?
}
export_to() { # KIND DIRECTORY OPTION...
	local kind=$1 dir=$2
	shift 2
	ibbundle export "$kind" "$work/mini/mini-1.run" -o "$dir" "$@" > "$work/out" 2>&1
	status=$?
}
give_nic() { # ROOT
	mkdir -p "$1/sys/bus/pci/devices/0101:00:00.0" "$1/sys/class/infiniband/mlx5_0" "$1/sys/firmware"
	echo 0x15b3 > "$1/sys/bus/pci/devices/0101:00:00.0/vendor"
	echo 0x101c > "$1/sys/bus/pci/devices/0101:00:00.0/device"
	echo 0x020700 > "$1/sys/bus/pci/devices/0101:00:00.0/class"
}
not() { ! "$@"; }

"$TOP/tests/support/mini_bundle.sh" "$work/mini" || exit 1
"$TOP/tests/support/root.sh" bookworm "$root"
give_nic "$root"
packages > "$work/fresh.list"
cert=$work/mini/key/cert.pem

echo "-- a VM application, in the directory that the agent makes"
# agent NUMBER DIRECTORY KEPT: application NUMBER arrives, its file under its name or the application's
agent() {
	local name file to
	name=$(jq -r ".applications[$1].name" "$2/applications.json")
	file=$(jq -r ".applications[$1].packageFileName" "$2/applications.json")
	folder=/var/lib/waagent/Microsoft.CPlat.Core.VMApplicationManagerLinux/$name/$(jq -r ".applications[$1].version" "$2/applications.json")
	to=$name
	! $3 || to=$file
	mkdir -p "$root$folder"
	cp "$2/files/$file" "$root$folder/$to"
	chmod 600 "$root$folder/$to"
}
command_of() { jq -r ".applications[$1].$3" "$2/applications.json"; }
short_enough() { jq -e '[.applications[] | .install, .update, .remove] | all(length <= 4096)' "$1/applications.json"; }

export_to vm-application "$work/app"
check "export" exits 0
check "at most 4,096 characters" short_enough "$work/app"
for kept in true false; do
	agent 0 "$work/app" "$kept"
	machine "$folder" sh -c "$(command_of 0 "$work/app" install)"
	check "install, name kept: $kept" exits 0
	check "is there" eval 'packages | grep -q "^ibbtest-app 1.0-1 ii"'
	machine "$folder" sh -c "$(command_of 0 "$work/app" update)"
	check "update" exits 0
	check "which had nothing to do" says 'already installed'
	machine "$folder" sh -c "$(command_of 0 "$work/app" remove)"
	check "remove" exits 0
	check "as before" unchanged
	rm -rf "${root:?}$folder"
done
agent 0 "$work/app" true
printf x >> "$root$folder/mini-1.run"
machine "$folder" sh -c "$(command_of 0 "$work/app" install)"
check "another file is not run" exits 1
check "and nothing changed" unchanged
echo fail > "$root/etc/ibbtest-mode"
agent 0 "$work/app" true
machine "$folder" sh -c "$(command_of 0 "$work/app" install)"
check "a failure is one" exits 14
rm "$root/etc/ibbtest-mode"
rm -rf "${root:?}/var/lib/waagent"

export_to vm-application "$work/parts" --max-size "$(($(stat -c %s "$work/mini/mini-1.run") - 10))"
check "one that is larger than a package" exits 0
check "is two applications" jq -e '(.applications | length) == 2 and .applications[1].name == "mini"' "$work/parts/applications.json"
check "at most 4,096 characters, too" short_enough "$work/parts"
for kept in true false; do
	for i in 0 1; do
		agent "$i" "$work/parts" "$kept"
		machine "$folder" sh -c "$(command_of "$i" "$work/parts" install)"
		check "part $i, name kept: $kept" exits 0
	done
	check "together they install" eval 'packages | grep -q "^ibbtest-app 1.0-1 ii"'
	machine "$folder" sh -c "$(command_of 1 "$work/parts" remove)"
	check "and are removed" unchanged
	rm -rf "${root:?}/var/lib/waagent"
done

echo "-- the script of the others"
mkdir "$root/root/share"
cp "$work/mini/mini-1.run" "$root/root/share/"
export_to custom-script "$work/script" --trust "$cert" --from /root/share
check "export" exits 0
cp "$work/script/install.sh" "$root/root/share/"
machine / sh -c "$(jq -r .commandToExecute "$work/script/protected-settings.json")"
check "what Custom Script runs" exits 0
check "is there" eval 'packages | grep -q "^ibbtest-app 1.0-1 ii"'
check "and its signer is trusted" says 'trusted on this machine'
machine / /root/share/mini-1.run uninstall
check "uninstall" unchanged
chmod a-x "$root/root/share/mini-1.run"
machine / sh /root/share/install.sh
check "from a share where nothing may be run" exits 0
machine / /bin/sh -c 'ls -d /var/lib/ibbundle-install.*'
check "nothing is left over" exits 2
machine / sh /root/share/install.sh /root/nowhere
check "no such directory" says "there is no '/root/nowhere/mini-1.run'"
printf x >> "$root/root/share/mini-1.run"
machine / sh /root/share/install.sh
check "another file" says 'its SHA-256 is another'
check "ends as a failure" exits 14
machine / sh /root/share/install.sh http://127.0.0.1:1/nothing
check "nothing answers" exits 14
echo "-- kickstart"
export_to kickstart "$work/ks" --from "$work/mini"
check "export" exits 0
sed -n "/^cat .*END OF/,/^END OF/{/END OF/d;p}" "$work/ks/ibbundle.ks" > "$work/ks.sh"
check "its shell part" sh -n "$work/ks.sh"

echo "-- what the others are written in"
export_to packer "$work/packer" --nic connectx-6 --trust "$cert"
export_to image-builder "$work/builder" --nic connectx-6
check "JSON" jq -e . "$work/builder/template.json"
check "no line is an expression by mistake" jq -e '[.resources[].properties.customize[].inline[] | select(test("^\\[.*\\]$"))] == []' \
	"$work/builder/template.json"
check "HCL" "$TOP/tests/support/parse_hcl.js" "$work/app/main.tf" "$work"/packer/*.hcl
for how in "" "--identity --from https://account.blob.core.windows.net/drivers" "--from /mnt/share --accept-license all"; do
	rm -rf "$work/cloud"
	# shellcheck disable=SC2086 # words
	export_to cloud-init "$work/cloud" $how
	check "cloud-init, by its own schema: $how" "$TOP/tests/support/cloud_init.sh" schema --config-file "$work/cloud/user-data"
	check "with the script" python3 -c 'import sys, yaml; d = yaml.safe_load(open(sys.argv[1])); assert d["write_files"][0]["content"].startswith("#!/bin/sh") and d["runcmd"]' \
		"$work/cloud/user-data"
done
sed -i 's/permissions:/permission:/' "$work/cloud/user-data"
check "which knows a wrong one" not "$TOP/tests/support/cloud_init.sh" schema --config-file "$work/cloud/user-data"
check "shells" sh -n "$work/packer/install.sh" "$work/script/deploy.sh" "$work/app/create.sh"
echo "-- the script by http, into an image"
first_root=$root root=$work/image
"$TOP/tests/support/root.sh" bookworm "$root"
(cd "$work" && exec python3 "$TOP/tests/support/httpd.py" "$work/mini" "$work/port" "$work/log") &
server=$!
for ((i = 0; i < 100; i++)); do
	[ ! -s "$work/port" ] || break
	sleep 0.1
done
by_http() { # MODE [QUERY]
	sh "$work/packer/install.sh" --root "$root" "http://127.0.0.1:$(cat "$work/port")/$1${2:-}" > "$work/out" 2>&1 < /dev/null
	status=$?
}
by_http status/404
check "a file that is not there" exits 14
check "is named" says "'mini-1.run' can't be had"
by_http wrong
check "another file" exits 14
check "is not run" says 'its SHA-256 is another'
by_http status/403 '?sig=secret'
check "a query that is refused" exits 14
check "is not shown" not says secret
check "nothing was installed" unchanged
by_http ok '?sig=secret'
check "installed" exits 0
check "is there" eval 'packages | grep -q "^ibbtest-app 1.0-1 ii"'
check "the query was sent" grep -q 'mini-1.run?sig=secret' "$work/log"
check "the certificate is in the image" test -s "$(find "$root/etc/ibbundle/trust.d" -type f | head -n 1)"
check "nothing is left here" eval '! ls -d /var/lib/ibbundle-install.* 2> /dev/null'
kill "$server"
rm -rf "$root"
root=$first_root
if command -v packer > /dev/null; then
	rm "$work/packer/plugins.pkr.hcl"
	check "Packer" packer validate -var "bundle_directory=$work/mini" -var resource_group=g -var image_name=i "$work/packer"
fi

echo "-- the page about Azure, and the README"
docs=("$TOP/docs/azure.md" "$TOP/README.md")
fenced() { sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/{/^\`\`\`/d;p}" "${@:2}"; }
# Their command lines: "builder COMMAND ..." and "runtime COMMAND ..."
command_lines() {
	fenced '[a-z]*' "${docs[@]}" | sed -e ':again' -e '/\\$/{N;s/ *\\\n */ /;b again' -e '}' |
		sed -nE 's/[#>|].*//; s,^ *([^ ]*/)?ibbundle ([a-z]),builder \2,p; s,^ *([^ ]*[\\/])?[^ ]*\.(run|exe)"? ([a-z]),runtime \3,p'
	grep -ohE '`([^` ]*/)?ibbundle [a-z][^`]*|`[^` ]*\.(run|exe) [a-z][^`]*|`install --[^`]*' "${docs[@]}" |
		sed -E 's,^`([^ ]*/)?ibbundle ,builder ,; s,^`[^ ]*\.(run|exe) ,runtime ,; s,^`install,runtime install,'
}
help_of() { # builder|runtime [COMMAND [KIND]]
	case $1 in
	builder) ibbundle help "${@:2}" ;;
	runtime) "$work/mini/mini-1.run" help "${@:2}" ;;
	esac
}
has() { grep -qE -- "(^|[^a-z0-9-])$1([^a-z0-9-]|\$)" <<< "$2"; }
# What its own command does not have.
wrong_lines() {
	local who command rest kind text option
	command_lines | sort -u | while read -r who command rest; do
		kind=
		[ "$command" != export ] || read -r kind rest <<< "$rest"
		# shellcheck disable=SC2086 # no kind is no word
		text=$(help_of "$who" "$command" $kind 2>&1) || echo "$who: $command $kind"
		for option in $(grep -oE -- ' --[a-z][a-z0-9-]*' <<< " $rest"); do
			has "$option" "$text" || echo "$who: $command $kind $option"
		done
	done
}
# What none has, of the options that the page names by themselves.
wrong_options() {
	local text option
	text=$(for who in builder runtime; do
		help_of "$who" | sed -n 's,^  \([a-z]*\) .*,\1,p' | while read -r c; do help_of "$who" "$c"; done
	done 2>&1
	ibbundle help export | sed -n 's,^  \([a-z-]*\) .*,\1,p' | while read -r c; do ibbundle help export "$c"; done)
	grep -oE '`--[a-z][a-z0-9-]*' "${docs[0]}" | tr -d '`' | sort -u | while read -r option; do
		has "$option" "$text" || echo "$option"
	done
}
wrong_lines > "$work/out"
check "every line is one that its command takes" [ ! -s "$work/out" ]
check "there are some" [ "$(command_lines | wc -l)" -gt 60 ]
wrong_options > "$work/out"
check "the page names no option that is none" [ ! -s "$work/out" ]
settings=$(fenced json "${docs[0]}" | jq -r '.properties.settings // empty | keys[]')
table=$(sed -n '/^| setting |/,/^$/s/^| `\([a-zA-Z]*\)`.*/\1/p' "${docs[0]}" | sort)
check "its settings are those of its table" [ -n "$settings" -a "$settings" = "$table" ]
for name in $settings; do check "a setting of the extension's: $name" has "$name" "$(help_of builder export azure-extension)"; done

echo "-- Ansible"
export ANSIBLE_LOCALHOST_WARNING=false ANSIBLE_NOCOLOR=1 ANSIBLE_RETRY_FILES_ENABLED=false
export ANSIBLE_HOME=$work/ansible-home ANSIBLE_LOCAL_TEMP=$work/ansible-tmp
export_to ansible "$work/role" --trust "$cert"
check "export" exits 0
printf '[infiniband]\nlocalhost ansible_connection=local ansible_become=false ansible_python_interpreter=/usr/bin/python3\n' > "$work/inventory"
check "syntax" ansible-playbook -i "$work/inventory" --syntax-check "$work/role/site.yml"
# This machine itself, less all that is written to it: what Ansible runs on needs Python.
play() { # DIRECTORY OPTION...
	# shellcheck disable=SC2016 # expanded by the inner shell
	timeout 120 unshare -n -m -p -f bash -e -c '
		ip link set lo up
		mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/merged"
		mount -t proc proc "$1/merged/proc"
		mount --bind /dev "$1/merged/dev"
		exec chroot "$1/merged" "${@:2}"' bash "$work/node.mount" \
		ansible-playbook -i "$work/inventory" "$work/role/site.yml" -e "ibbundle_source=$work/mini" "$@" > "$work/out" 2>&1 < /dev/null
	status=$?
}
recap() { grep -q "localhost .* $1 .* failed=0" "$work/out" || { echo "no '$1'"; return 1; }; }
if [ "$(. /etc/os-release && echo "$ID $VERSION_ID")" = "debian 12" ]; then
	mkdir "$work/node.mount"
	mount -t tmpfs tmpfs "$work/node.mount"
	mkdir "$work/node.mount/upper" "$work/node.mount/work" "$work/node.mount/merged"
	mkdir -p "$work/node.mount/upper/tmp" && chmod 1777 "$work/node.mount/upper/tmp"
	give_nic "$work/node.mount/upper"
	play --check
	check "check mode" recap 'changed=[1-9]'
	check "changes nothing" [ ! -e "$work/node.mount/upper/var/lib/ibbundle-files/mini-1.run" ]
	play
	check "a run" recap 'changed=[1-9]'
	check "installs" [ -e "$work/node.mount/upper/usr/share/ibbtest-app/version" ]
	play --check
	check "check mode after it" recap 'changed=0'
	play
	check "another run has nothing to do" recap 'changed=0'
else
	echo "the role is not run: this machine is not Debian 12"
fi

e2e_end
