#!/bin/bash
# SPDX-License-Identifier: MIT
# The manifests of Debian's RDMA stack on Debian's own roots: each release as debootstrap leaves it,
# and fully patched from security; then a kernel package on top.  Without network.  Needs root.
#
# RELEASES='bullseye:11 bookworm:12 trixie:13' is for all of them (make check-long); without it, one.
set -u
# shellcheck source-path=SCRIPTDIR source=../support/e2e
. "$(dirname "$0")/../support/e2e"
ibbundle=$TOP/build/ibbundle
facts=$TOP/manifests/facts/hb120rs_v3.json

offline() { unshare -n "$@" > "$work/out" 2>&1 < /dev/null; }
names() { packages | cut -d ' ' -f 1,3-; } # an upgraded package stays upgraded
same_names() { names | diff "$work/names" -; }
all_configured() { ! packages | grep -v ' ii $' && [ -z "$(chroot "$root" dpkg --audit)" ]; }
not_downgraded() {
	local name old new
	while read -r name old new; do
		dpkg --compare-versions "$old" le "$new" || { echo "$name $old -> $new"; return 1; }
	done < <(join <(cut -d ' ' -f 1,2 "$work/fresh.list") <(packages | cut -d ' ' -f 1,2))
}
programs_load() {
	chroot "$root" ldd /usr/bin/ib_write_bw /usr/bin/rping /usr/sbin/opensm > "$work/ldd" &&
		! grep 'not found' "$work/ldd"
}

# All that security has, through the mirror in this machine's apt configuration.
patch_root() { # RELEASE
	local uri=''
	# shellcheck disable=SC2016 # apt's own variables
	uri=$(apt-get indextargets --format '$(REPO_URI)|$(LABEL)' |
		awk -F'|' '$2 == "Debian-Security" { print $1; exit }')
	eval "$(apt-config shell valid Acquire::Check-Valid-Until)"
	echo "deb $uri $1-security main" >> "$root/etc/apt/sources.list"
	cp /etc/resolv.conf "$root/etc/resolv.conf"
	# with /proc, as debootstrap itself does it
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare -m sh -eu -c 'mount -t proc proc "$1/proc"
		exec chroot "$1" sh -eu -c "export DEBIAN_FRONTEND=noninteractive
			apt-get -q -o Acquire::Check-Valid-Until=$2 update
			apt-get -q -y dist-upgrade
			apt-get clean"' sh "$root" "${valid:-true}" < /dev/null
}

try_root() { # RELEASE NUMBER STATE
	"$TOP/tests/support/root.sh" "$1" "$root"
	[ "$3" = main ] || check "$1: patched from security" patch_root "$1"
	: > "$root/etc/apt/sources.list"
	packages > "$work/fresh.list"
	names > "$work/names"
	check "$1, $3: install" offline "$work/plain.run" install --root "$root" --facts "$facts"
	check "$1, $3: the right package" grep -q "\"package\": \"debian-$2-amd64\"" "$root/var/lib/ibbundle/state.json"
	check "$1, $3: nothing is left half installed" all_configured
	check "$1, $3: nothing is downgraded" not_downgraded
	check "$1, $3: the programs find their libraries" programs_load
	check "$1, $3: again" offline "$work/plain.run" install --root "$root" --facts "$facts"
	check "$1, $3: uninstall" offline "$work/plain.run" uninstall --root "$root"
	check "$1, $3: the packages are as before" same_names
	rm -rf "$root"
}

try_kernel() {
	local id kernel
	"$TOP/tests/support/root.sh" bookworm "$root"
	: > "$root/etc/apt/sources.list"
	names > "$work/names"
	kernel=$(jq -r '[.packages[] | select(.kernel) | select(.id | startswith("debian-12-amd64"))][-1].kernel' \
		"$work/kernels.lock.json")
	id=debian-12-amd64-$kernel
	check "without --kernel the plain stack wins" sh -c \
		"'$ibbundle' plan '$work/kernels.run' --facts '$facts' | grep -q '^package  debian-12-amd64,'"
	check "with it the kernel comes along" offline "$work/kernels.run" install --root "$root" \
		--facts "$facts" --kernel "$kernel"
	check "by its own package" grep -q "\"package\": \"$id\"" "$root/var/lib/ibbundle/state.json"
	check "the kernel is there" test -s "$root/boot/vmlinuz-$kernel"
	check "so are its InfiniBand modules" test -s \
		"$(find "$root/lib/modules/$kernel" -name 'mlx5_ib.ko*' | head -n 1)"
	check "uninstall" offline "$work/kernels.run" uninstall --root "$root"
	check "the packages are as before" same_names
	rm -rf "$root"
}

"$ibbundle" keygen -o "$work" --name 'roots test' > /dev/null || exit 1
releases=${RELEASES:-bookworm:12}
wanted=$(printf ' %s' $releases | sed -E 's/ [a-z]+:/|/g; s/^.//')
build() { # NAME MANIFEST OPTION...: what it has for these releases on amd64
	jq --arg ids "^debian-($wanted)-amd64" '.packages |= map(select(.id | test($ids)))' "$TOP/manifests/$2" > "$work/$2"
	"$ibbundle" lock "$work/$2" --lock "$work/$1.lock.json" &&
		"$ibbundle" build "$work/$2" --lock "$work/$1.lock.json" \
			--key "$work/key.pem" --cert "$work/cert.pem" -o "$work/$1.run" --level 1 "${@:3}"
}
build plain debian-rdma.json && build kernels debian-rdma-kernels.json --packed || exit 1
for release in $releases; do
	try_root "${release%:*}" "${release#*:}" main
	try_root "${release%:*}" "${release#*:}" patched
done
try_kernel
e2e_end
