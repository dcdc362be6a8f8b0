# SPDX-License-Identifier: MIT
# What a manifest covers: text, JSON, the strict check, a fleet, and wrong use.
try() {
	echo "== $1"
	shift
	ibbundle matrix "$@" 2>&1
	echo "exit $?"
}
family() { # NAME SIZES DEVICE MORE
	cat <<-END
	{ "family": "$1", "sizes": [$2], "arch": "x86_64", "mode": "sr-iov",
	  "nics": [{"device": "15b3:$3", "class": "020700", "sriov": "vf", "link": "infiniband", "count": 1}],
	  "images": [{"distro": "debian"}], "extension": ["linux"]$4, "source": "this test" }
	END
}
image() { # VERSION MORE
	cat <<-END
	{ "image": "debian-$1", "title": "Debian $1", "os": "linux", "id": "debian", "id_like": [],
	  "version_id": "$1", "kernel": {"x86_64": "6.$1"}, "package_manager": "dpkg", "source": "this test"$2 }
	END
}
echo '== ours'
for m in "$TOP"/manifests/*.json; do
	case $m in
	*.lock.json) ;;
	*) ibbundle matrix "$m" --strict >out 2>&1 || tail -n 5 out ;;
	esac
done
echo "fit to be built"
mkdir -p facts/machines
{
	echo '{ "schema": 1, "families": ['
	family HC '"S_HC1", "S_HC2"' 1018 ', "retires": "2025-09-30"'
	echo ,
	family HB '"S_HB"' 101c ', "floors": [{"driver": "d", "version": "2"}]'
	echo ']}'
} >facts/machines/sizes.json
{
	echo '{ "schema": 1, "images": ['
	image 11 ', "extension": true'
	echo ,
	image 12
	echo ']}'
} >facts/machines/images.json
package() { # ID VERSION PRIORITY MATCH MORE
	cat <<-END
	{ "id": "$1", "title": "$1", "version": "$2", "license": "MIT", "priority": $3, "driver": "d",
	  "files": [{"url": ["$1.bin"]}], "match": {$4}, "install": [{"run": ["./$1.bin"]}]$5 }
	END
}
manifest() { # PACKAGE...
	echo '{ "schema": 1, "name": "demo", "version": "1", "packages": ['
	local comma=
	for p in "$@"; do
		echo "$comma$p"
		comma=,
	done
	echo ']}'
}
manifest "$(package all 1 1 '"nic": "15b3:*", "release": "12"')" >m.json

try 'text' m.json
try 'JSON' m.json --json
try 'what the extension names, and is not retired' m.json --documented extension --on 2026-11-26
try 'nothing wrong' m.json --strict | tail -n 1
try 'a page' m.json --html page.html | head -n 1
grep -c '<td class="[cfg]' page.html

manifest "$(package a 1 1 '"nic": "15b3:*"')" "$(package b 1 1 '"release": "12"')" \
	"$(package c 1 1 '"kernel": ["> 6.5", "< 6.4"]')" "$(package d 1 1 '"os": "windows"')" \
	"$(package e 1 2 '"distro": "ubuntu"' ', "unreachable_ok": "no image of it yet"')" >bad.json
try 'strict' bad.json --strict | grep -vE '^ |^$'
try 'strict, as JSON' bad.json --strict --json | tail -n 2

facts() { # VERSION DEVICE
	sed "s/@V/$1/; s/@D/$2/" <<-'END'
	{ "schema": 1, "os": "linux", "id": "debian", "version_id": "@V", "pretty_name": "", "id_like": [],
	  "kernel": "6.1", "arch": "x86_64", "network_direct": false, "secure_boot": "off", "chroot": false,
	  "nics": [{"address": "0101:00:00.0", "vendor": "15b3", "device": "@D", "class": "020700",
	            "sriov": "vf", "link": "infiniband"}],
	  "space_staging": 1, "space_system": 1, "package_manager": "dpkg", "package_manager_locked": false,
	  "packages": [] }
	END
}
manifest "$(package eleven 1 1 '"release": "11", "nic": "15b3:*"')" \
	"$(package twelve 1 1 '"release": "12", "nic": "15b3:*"')" >two.json
mkdir fleet
facts 12 1018 >fleet/n1.json
facts 12 101c >fleet/n2.json
try 'a fleet' two.json --fleet fleet --minimal small.json
jq -c '[.name, (.packages | map(.id))]' small.json
try 'the small one covers it as well' small.json --fleet fleet --json --minimal again.json
cmp small.json again.json
facts 13 101c >fleet/n3.json
try 'one is missing' two.json --fleet fleet --minimal none.json
ls none.json

try 'no machines' m.json --machines none
mkdir elsewhere
cp m.json elsewhere
try 'none beside the manifest' elsewhere/m.json
try 'an unknown word' m.json --documented by
try 'not a day' m.json --on 2026
try 'minimal of nothing' m.json --minimal x.json
try 'too much' m.json --fleet fleet --strict
mkdir empty
try 'no facts' m.json --fleet empty
try 'no folder' m.json --fleet nowhere
try 'not facts' m.json --fleet elsewhere
echo '{ "schema": 1, "families": [] }' >facts/machines/sizes.json
try 'bad data' m.json
