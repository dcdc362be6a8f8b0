#!/bin/bash
# SPDX-License-Identifier: MIT
# A real bundle for Windows, in two versions, of stand-ins:
#   tests/support/windows_bundle.sh [--files] DIR      --files: only what would go into it
#
# It is what manifests/azure-extension.json has for Windows, with other files behind the same rules and
# steps: each vendor installer is setup.exe (tests/support/setup_windows.c) around an MSI of the product
# and version that the manifest looks for; WinOF asks for a restart.  Beside them stand packages for
# Server 2019 with 15b3:101c, where --package chooses them: two-steps (the second fails), hangs,
# restarts, no-check (what it looks for is not there), driver, driver-unsigned and driver-bare (INFs with
# a signed catalog, one that nobody signed, none), wrong-quotes, deep (its path has 223 characters).
#
#   DIR/1.exe, DIR/2.exe     the bundle; in the second, products and packages have newer versions
#   DIR/small.exe, .ibb      a runtime alone, and the bundle that it needs beside it
#   DIR/unsigned.exe         without a signature
#   DIR/key/cert.pem, DIR/other/cert.pem   who signed, and somebody else
#   DIR/publisher.pem, .key  who signed the driver package: RSA, as Wine knows no other
#   DIR/files1/, files2/   what is in the packages of each
set -eu -o pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
builder=$top/build/ibbundle
stub=${STUB_WINDOWS:-$top/build/stub/windows-x86_64.exe}
files_only=false
[ "$1" != --files ] || { files_only=true && shift; }
mkdir -p "$1/files1"
cd "$1"
files=files1
export XDG_CACHE_HOME=$PWD/cache SOURCE_DATE_EPOCH=1700000000

guid() { md5sum <<< "$1" | sed -E 's/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*/{\1-\2-4\3-8\4-\5}/' | tr a-f A-F; }

# msi FILE PRODUCT VERSION [XML]: installs Program Files\PRODUCT\version.txt, over an older version
msi() {
	mkdir -p msi
	echo "$3" > msi/version.txt
	cat > msi/product.wxs <<END
<?xml version="1.0" encoding="utf-8"?>
<Wix xmlns="http://schemas.microsoft.com/wix/2006/wi">
  <Product Id="$(guid "$2 $3")" Name="$2" Version="$3" Manufacturer="ibbundle's tests" Language="1033"
      UpgradeCode="$(guid "$2")">
    <Package InstallerVersion="405" Compressed="yes" InstallScope="perMachine"/>
    <MajorUpgrade DowngradeErrorMessage="a newer version is installed"/>
    ${4:-}
    <Media Id="1" Cabinet="files.cab" EmbedCab="yes"/>
    <Directory Id="TARGETDIR" Name="SourceDir"><Directory Id="ProgramFiles64Folder">
      <Directory Id="INSTALLDIR" Name="$2"><Component Id="files" Guid="$(guid "$2 files")" Win64="yes">
        <File Id="version.txt" Name="version.txt" Source="msi/version.txt" KeyPath="yes"/>
      </Component></Directory></Directory></Directory>
    <Feature Id="all" Level="1"><ComponentRef Id="files"/></Feature>
  </Product>
</Wix>
END
	wixl -a x64 -o "$files/$1" msi/product.wxs
}
asks='<InstallExecuteSequence><ScheduleReboot After="InstallFinalize"/></InstallExecuteSequence>'
fails='<Condition Message="told to fail">1 = 2</Condition>'

# setup FILE MSI: as InstallShield puts an MSI into a program
setup() {
	python3 - "$top/build/tests/setup.exe" "$files/$2" "$files/$1" <<'END'
import struct, sys
program, msi = (open(name, 'rb').read() for name in sys.argv[1:3])
open(sys.argv[3], 'wb').write(program + msi + struct.pack('<Q', len(msi)) + b'IBBSETUP')
END
}

# driver DIR: an INF, its signed catalog, and the file that it is about
driver() {
	mkdir -p "$files/$1"
	printf '%s\r\n' '[Version]' 'Signature="$Windows NT$"' 'Class=System' \
		'ClassGuid={4d36e97d-e325-11ce-bfc1-08002be10318}' 'Provider=%P%' 'DriverVer=11/24/2025,1.0.0.0' \
		'CatalogFile=ibbtest.cat' '[Strings]' 'P="ibbundle tests"' > "$files/$1/ibbtest.inf"
	head -c 5000 /dev/zero > "$files/$1/ibbtest.sys"
	"$top/tests/support/windows_catalog.py" plain.cat "$files/$1/ibbtest.inf" "$files/$1/ibbtest.sys"
	osslsigncode sign -certs publisher.pem -key publisher.key -h sha256 -in plain.cat \
		-out "$files/$1/ibbtest.cat" > osslsigncode.log || { cat osslsigncode.log >&2 && return 1; }
}

# What stands in for each file of the manifest: for the products that it looks for, by its own rules.
stand_ins() { # MANIFEST
	local name product version
	jq -r '.packages[] | [(.files[0].path // (.files[0].url[0] | split("/")[-1])),
		(.check[] | select(.software) | .software.name, .software.at_least)] | @tsv' "$1" > stand-ins
	while IFS=$'\t' read -r name product version; do
		case $name in
		*.msi) msi "$name" 'Network Direct' 1.0.0 ;;
		*)
			msi inner.msi "$product" "$version" "$([[ $product != MLNX_VPI* ]] || echo "$asks")"
			setup "$name" inner.msi
			;;
		esac
	done < stand-ins
}

# The packages of our own.  The others go first.
own_packages() { # VERSION
	jq -n --arg v "$1" --arg at "$PWD/$files" --arg deep "$deep" '
	def package(id; priority; files; install; rest):
		{ id: id, title: "stand-in \(id)", version: $v, license: "MIT", priority: priority,
		  files: [ files[] | { url: ["file:\($at)/\(.)"], path: . } ],
		  match: { os: "windows", release: "2019", nic: "15b3:101c" },
		  install: install } + rest;
	[ package("two-steps"; 10; ["good.msi", "fails.msi"]; [{ msi: "good.msi" }, { msi: "fails.msi" }]; {}),
	  package("hangs"; 11; ["good.msi", "hangs.exe"];
		[{ msi: "good.msi" }, { run: ["./hangs.exe"], cmdline: "/S /v\"/qn\"", timeout: 4 }]; {}),
	  package("restarts"; 12; ["asks.msi"]; [{ msi: "asks.msi", properties: { COLOUR: "dark blue" } }];
		{ uninstall: [{ remove: "IBB Asking" }] }),
	  package("driver"; 13; ["driver/ibbtest.inf", "driver/ibbtest.cat", "driver/ibbtest.sys"];
		[{ inf: ["driver/ibbtest.inf"] }]; {}),
	  package("driver-unsigned"; 16; ["unsigned/ibbtest.inf", "unsigned/ibbtest.cat", "unsigned/ibbtest.sys"];
		[{ inf: ["unsigned/ibbtest.inf"] }]; {}),
	  package("driver-bare"; 17; ["bare/ibbtest.inf", "bare/ibbtest.sys"];
		[{ inf: ["bare/ibbtest.inf"] }]; {}),
	  package("wrong-quotes"; 14; ["hangs.exe"]; [{ run: ["./hangs.exe", "/S", "/v\"/qn /norestart\""] }]; {}),
	  package("deep"; 18; [$deep]; [{ msi: $deep }]; {}),
	  package("no-check"; 15; ["good.msi"]; [{ msi: "good.msi" }];
		{ check: [{ software: { name: "IBB Good", at_least: "99" } }] }) ]'
}

build() { # N
	jq --argjson own "$(own_packages "$1.0")" --arg at "$PWD/$files" --arg n "$1.0" '
		.version = $n | .packages[].files[] |= (if .supply then . else
			.path = (.path // (.url[0] | split("/")[-1])) | .url = ["file:\($at)/\(.path)"] | del(.sha256, .hash_source) end)
		| .packages += $own' manifest.json > "$1.json"
	"$builder" lock "$1.json" --supply network-direct-windows=$files/network-direct.msi > /dev/null
	"$builder" build "$1.json" -o "$1.exe" "${with[@]}" > /dev/null
}

jq 'del(.repositories, .terms, .packages[].terms) | .packages |= map(select(.match.os == "windows"))' "$top/manifests/azure-extension.json" \
	> manifest.json
msi good.msi 'IBB Good' 1.0.0
msi fails.msi 'IBB Failing' 1.0.0 "$fails"
msi asks.msi 'IBB Asking' 1.0.0 "$asks"
setup hangs.exe good.msi
openssl req -x509 -newkey rsa:3072 -nodes -keyout publisher.key -out publisher.pem -days 3650 \
	-subj '/CN=Driver publisher' -addext extendedKeyUsage=codeSigning 2> openssl.log || { cat openssl.log >&2 && exit 1; }
deep=$(printf 'x%.0s' {1..70})/$(printf 'y%.0s' {1..70})/$(printf 'z%.0s' {1..70})/good.msi
install -D $files/good.msi "$files/$deep"
driver driver
driver unsigned
cp plain.cat $files/unsigned/ibbtest.cat
driver bare
rm $files/bare/ibbtest.cat
stand_ins manifest.json
$files_only && exit
"$builder" keygen -o key --name 'Windows test' > /dev/null
"$builder" keygen -o other --name 'Somebody else' > /dev/null
with=(--stub "$stub" --key key/key.pem --cert key/cert.pem --level 3)
build 1
"$builder" build 1.json -o unsigned.exe --stub "$stub" --unsigned --level 3 > /dev/null
"$builder" build 1.json -o small.exe --exe-max 1 "${with[@]}" > /dev/null
# what a month later brings: 2.22 becomes 2.23, and so on
jq '(.packages[] | select(.id | startswith("winof2-2.22"))) |= (.version = "2.23.50000" | .id = "winof2-2.23.50000"
	| .check[0].software.at_least = "2.23.50000")' manifest.json > newer.json
mv newer.json manifest.json
cp -r files1 files2
files=files2
stand_ins manifest.json
build 2
