#!/bin/bash
# SPDX-License-Identifier: MIT
# What `lock` makes of the Debian manifests is complete: with nothing but the closure's .debs, no
# network and plain dpkg, batch by batch, it installs on each release's minbase in the main suite's
# versions, and on one with all security updates.  Needs root.  amd64 only: nothing runs of arm64.
set -u
TOP=${TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
[ "$(id -u)" -eq 0 ] || exec sudo env TOP="$TOP" IBB_ROOTS="${IBB_ROOTS:-}" "$0" "$@"
export IBB_ROOTS=${IBB_ROOTS:-$TOP/build/roots}
work=$(mktemp -d "${TMPDIR:-/tmp}/ibbundle-closures-XXXXXX")
trap 'rm -rf "$work"' EXIT
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ibbundle
ibbundle=$TOP/build/ibbundle
passed=0 failed=0

in_root() { # ROOT COMMAND...
	local root=$1
	shift
	unshare -n chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C \
		DEBIAN_FRONTEND=noninteractive "$@" < /dev/null
}

versions() { dpkg-query --admindir="$1/var/lib/dpkg" -W -f '${Package} ${Version}\n' | sort; }

# patch ROOT RELEASE: all updates, with the network of this machine
patch() {
	local root=$1 release=$2 from
	for label in Debian Debian-Security; do
		# shellcheck disable=SC2016 # apt's own variables
		from=$(apt-get indextargets --format '$(LABEL)|$(REPO_URI)' 'Created-By: Packages' |
			awk -F'|' -v label=$label '$1 == label { print $2; exit }')
		case $label in
		Debian) echo "deb $from $release main" ;;
		*) echo "deb $from $release-security main" ;;
		esac
	done > "$root/etc/apt/sources.list"
	cp /etc/resolv.conf "$root/etc/resolv.conf"
	chroot "$root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C sh -c '
		apt-get -qq -o Acquire::Check-Valid-Until=false -o Acquire::Check-Date=false update &&
		apt-get -qq -y -o Dpkg::Use-Pty=0 dist-upgrade && apt-get clean' < /dev/null
}

# give ROOT ID: lay the closure's .debs of package ID out in ROOT/debs/BATCH/
give() {
	local root=$1 id=$2 batch name sha
	while read -r batch name sha; do
		mkdir -p "$root/debs/$batch"
		cp "$cache/sha256/${sha:0:2}/$sha" "$root/debs/$batch/$name" || return 1
	done < <(jq -r --arg id "$id" '.files as $f | .packages[] | select(.id == $id) | .debs[] |
		"\(.batch) \($f[.file].name) \($f[.file].sha256)"' "$work/m.lock.json")
	[ -d "$root/debs/0" ]
}

install() { # ROOT
	local root=$1 batch
	for batch in $(cd "$root/debs" && printf '%s\n' * | sort -n); do
		in_root "$root" sh -c "dpkg --force-unsafe-io --install /debs/$batch/*.deb" || return 1
	done
	[ -z "$(in_root "$root" dpkg --audit)" ]
}

not_downgraded() { # BEFORE AFTER
	local name old new
	while read -r name old new; do
		dpkg --compare-versions "$old" le "$new" || { echo "$name $old -> $new"; return 1; }
	done < <(join "$1" "$2")
}

loads() { # ROOT
	in_root "$1" ibv_devinfo -h > /dev/null 2>&1 || [ $? -eq 255 ] || [ $? -eq 1 ] || return 1
	in_root "$1" sh -c 'ldd /usr/bin/ib_write_bw /usr/bin/rping /usr/sbin/opensm' > "$work/ldd" &&
		! grep 'not found' "$work/ldd"
}

one() { # NAME ROOT PACKAGE
	local name=$1 root=$2 id=$3
	versions "$root" > "$work/before"
	if ! { give "$root" "$id" && install "$root" && versions "$root" > "$work/after" &&
		not_downgraded "$work/before" "$work/after" && loads "$root"; } > "$work/log" 2>&1; then
		echo "FAILED $id on $name"
		tail -n 30 "$work/log"
		return 1
	fi
	echo "ok     $id on $name: $(wc -l < "$work/before") packages, then $(wc -l < "$work/after")"
}

check() {
	if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

jq '.packages |= map(select(.closure.arch == "amd64"))' "$TOP/manifests/debian-rdma.json" > "$work/m.json"
"$ibbundle" lock "$work/m.json" && "$ibbundle" fetch "$work/m.json" || exit 1
for release in bookworm:12 bullseye:11 trixie:13; do
	id=debian-${release#*:}-amd64
	release=${release%:*}
	root=$work/$release
	"$TOP/tests/support/root.sh" "$release" "$root" || exit 1
	cp -a "$root" "$root.patched"
	patch "$root.patched" "$release" > "$work/log" 2>&1 || { cat "$work/log"; exit 1; }
	check one "$release" "$root" "$id"
	check one "$release with all updates" "$root.patched" "$id"
	rm -rf "$root" "$root.patched"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
