#!/bin/bash
# SPDX-License-Identifier: MIT
# A root of another release with the builder in it, compiled there: tests/support/builder_root.sh RELEASE DIR
#
# It is DIR/usr/bin/ibbundle.  The root is made of root.sh's by apt from the same mirror, when it is first asked
# for (a minute or two), with the libraries that .ci/packages names; kept in build/roots, and the next ones
# are copies.  The builder is compiled anew each time, not for speed.  Needs root.
set -eu -o pipefail
release=$1 dir=$2
cd "$(dirname "$0")/../.."
roots=${IBB_ROOTS:-build/roots}
packages=(gcc jq libc6-dev make openssl pkcs11-provider softhsm2 zstd)
mapfile -t -O 8 packages < <(sed -nE '/^lib(clang|cmocka)/d; s/^(z?lib[a-z0-9-]*-dev)( .*)?$/\1/p' .ci/packages)
key=$(echo "${packages[*]}" | sha256sum | cut -c1-16)
cache=$roots/$release-builder-$key.tar
mkdir -p "$roots" "$dir"

exec 9> "$roots/$release-builder.lock"
flock 9
if [ ! -e "$cache" ]; then
	work=$(mktemp -d "${TMPDIR:-/tmp}/ibbundle-root-XXXXXX")
	trap 'rm -rf "$work"' EXIT
	tests/support/root.sh "$release" "$work/root"
	cp /etc/resolv.conf "$work/root/etc/resolv.conf"
	eval "$(apt-config shell valid Acquire::Check-Valid-Until)"
	# with /proc, as debootstrap itself does it
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare -m sh -eu -c 'mount -t proc proc "$1/proc"
		root=$1 valid=$2
		shift 2
		in_root() { DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get -q "$@"; }
		in_root -o Acquire::Check-Valid-Until="$valid" update
		in_root -y --no-install-recommends install "$@"
		in_root clean' sh "$work/root" "${valid:-true}" "${packages[@]}" \
		> "$work/log" 2>&1 < /dev/null || { tail -n 20 "$work/log" >&2; exit 1; }
	rm -rf "$work"/root/var/lib/apt/lists/* "$work"/root/usr/share/{doc,info,locale,man}
	tar -C "$work/root" --numeric-owner -cf "$cache.new" .
	rm -f "$roots/$release-builder"-*.tar
	mv "$cache.new" "$cache"
fi
tar -C "$dir" --numeric-owner -xf "$cache"
exec 9>&-
mkdir "$dir/src"
git ls-files Makefile builder runtime/common tests/support | tar -cf - -T - | tar -C "$dir/src" -xf -
chroot "$dir" make -s -C /src -j"$(nproc)" CFLAGS=-O0 WARN=-w build/ibbundle > "$dir/log" 2>&1 < /dev/null || {
	tail -n 20 "$dir/log" >&2
	exit 1
}
mv "$dir/src/build/ibbundle" "$dir/usr/bin/"
