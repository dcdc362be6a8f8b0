#!/bin/bash
# SPDX-License-Identifier: MIT
# Two small real bundles to install, mini-1.run and mini-2.run: tests/support/mini_bundle.sh DIR [ARCH]
#
# They go the whole way: .deb files by dpkg-deb, a signed repository by apt-ftparchive and gpg,
# lock, fetch, build, sign.  What ibbtest-app's postinst does is told by /etc/ibbtest-mode in the
# root: fail, slow, hang, daemon; anything else is fine.
set -eu -o pipefail
dir=$1 arch=${2:-amd64}
case $arch in
amd64) machine=x86_64 head='' ;;
arm64) machine=aarch64 head=-aarch64 ;;
*) exit 2 ;;
esac
builder=$(cd "$(dirname "$0")/../.." && pwd)/build/ibbundle
mkdir -p "$dir/repo"
cd "$dir"
export XDG_CACHE_HOME=$PWD/cache GNUPGHOME=$PWD/gpg SOURCE_DATE_EPOCH=1700000000

make_deb() { # NAME VERSION FIELDS POSTINST
	local d=deb/$1_$2
	mkdir -p "$d/DEBIAN" "$d/usr/share/$1"
	echo "$2" > "$d/usr/share/$1/version"
	printf 'Package: %s\nVersion: %s\nArchitecture: %s\nMaintainer: Test <test@example.org>\n%sDescription: a test\n' \
		"$1" "$2" "$arch" "$3" > "$d/DEBIAN/control"
	if [ -n "$4" ]; then
		printf '#!/bin/sh\nset -e\n%s\n' "$4" > "$d/DEBIAN/postinst"
		chmod 755 "$d/DEBIAN/postinst"
	fi
	chmod -R u+rwX,go+rX "$d"
	dpkg-deb --root-owner-group -Zgzip -b "$d" repo/ > /dev/null
}

# shellcheck disable=SC2016 # expanded by the maintainer script
mode='[ "$1" = configure ] || exit 0
case $(cat /etc/ibbtest-mode 2> /dev/null) in
fail) echo "ibbtest: told to fail"; exit 1 ;;
slow) touch /ibbtest-begun; sleep 8; touch /ibbtest-ended ;;
hang) (setsid sh -c "trap \"\" TERM; while :; do sleep 1; done" &); sleep 300 ;;
daemon) sleep 300 & ;;
esac
if [ -x /usr/sbin/policy-rc.d ]; then /usr/sbin/policy-rc.d ibbtest start || echo "policy says $?"; fi
: > /dev/null
read line && echo "read a line" || echo "no input"'

build() { # N
	local v=$1.0-1
	rm -rf repo/*
	make_deb ibbtest-essential 1 $'Essential: yes\nPriority: required\n' ''
	make_deb apt 1 $'Priority: required\n' ''
	make_deb ibbtest-lib "$v" '' ''
	# two files that are nearly the same, compressed as kernel modules are: laid out, they are made again
	for i in 1 2; do
		mkdir -p "deb/ibbtest-tool_$v/usr/share/ibbtest-tool/modules-$i.0" modules
		{ seq 20000; echo "$v of $i"; } | xz --check=crc32 --lzma2=dict=1MiB > "modules/$v-$i.ko.xz"
		cp "modules/$v-$i.ko.xz" "deb/ibbtest-tool_$v/usr/share/ibbtest-tool/modules-$i.0/tool.ko.xz"
	done
	make_deb ibbtest-tool "$v" $'Depends: ibbtest-lib\n' ''
	make_deb ibbtest-app "$v" "Pre-Depends: ibbtest-lib (>= $v)"$'\nDepends: ibbtest-tool, libc6\n' "$mode"
	make_deb libc6 1.0 $'Essential: yes\nPriority: required\n' ''
	mkdir -p "site/dists/mini/main/binary-$arch" site/pool
	cp repo/*.deb site/pool/
	(
		cd site
		apt-ftparchive --arch "$arch" packages pool > dists/mini/main/binary-$arch/Packages
		cd dists/mini
		rm -f Release InRelease
		apt-ftparchive -o APT::FTPArchive::Release::Suite=mini -o APT::FTPArchive::Release::Codename=mini \
			-o APT::FTPArchive::Release::Components=main -o APT::FTPArchive::Release::Architectures="$arch" \
			release . > ../Release
		mv ../Release Release
		gpg --batch --yes -q --clearsign -o InRelease Release
	)
	cat > "mini-$1.json" <<END
{ "schema": 1, "name": "mini", "version": "$1",
  "repositories": { "mini": { "type": "apt", "suites": [ { "suite": "mini", "uris": ["file://$PWD/site"] } ],
      "components": ["main"], "keyring": "$PWD/keyring.gpg" } },
  "packages": [ { "id": "mini", "title": "a small one", "license": "MIT", "version": "$v", "priority": 100,
      "closure": { "repository": "mini", "arch": "$arch", "base": "minbase", "packages": ["ibbtest-app"] },
      "match": { "os": "linux", "distro": ["debian"], "release": ["12"], "arch": ["$machine"],
                 "nic": ["15b3:*"], "link": ["infiniband", "unknown"] },
      "install": [ { "deb": {}, "timeout": 15 } ],
      "check": [ { "installed": {} }, { "libraries": ["libz.so.1"] }, { "device": {}, "timeout": 5 } ] },
    { "id": "vendor", "title": "a program of its own", "license": "MIT", "version": "$v", "priority": 50,
      "files": [ { "url": ["file://$PWD/setup"], "sha256": "$(sha256sum setup | cut -d' ' -f1)", "path": "setup" } ],
      "match": { "os": "linux", "distro": ["debian"], "release": ["12"], "nic": ["15b3:*"], "link": ["infiniband", "unknown"] },
      "install": [ { "run": ["sh", "setup", "a b", "\$HOME"], "ok": [3], "reboot": [7], "timeout": 30 } ],
      "check": [ { "run": ["test", "-e", "/ibbtest-vendor"] } ],
      "uninstall": [ { "run": ["rm", "/ibbtest-vendor"] } ] } ] }
END
	"$builder" lock "mini-$1.json" > /dev/null
	"$builder" build "mini-$1.json" -o "mini-$1$head.run" --key key/key.pem --cert key/cert.pem --level 1 > /dev/null
	[ -z "$head" ] || mv "mini-$1$head.run" "mini-$1.run"
	rm -rf deb site
}

mkdir -m 700 gpg
gpg --batch -q --passphrase '' --quick-gen-key 'mini <mini@example.org>' ed25519 sign never
gpg --batch -q --export > keyring.gpg
"$builder" keygen -o key --name 'mini test' > /dev/null
# shellcheck disable=SC2016 # expanded when it runs
echo 'echo "$#: $1, $2"; touch /ibbtest-vendor; exit 7' > setup
build 1
build 2
