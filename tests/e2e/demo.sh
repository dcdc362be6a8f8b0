#!/bin/bash
# SPDX-License-Identifier: MIT
# `make demo`: the whole path on real input, from a manifest to an installed RDMA stack.
#
#   lock -> fetch -> build + sign -> a fresh Debian 12 root without network -> install -> again
#
# Nothing of this machine changes but build/ and bundles/.
set -eu -o pipefail
cd "$(dirname "$0")/../.."

work=build/demo
bundle=bundles/debian-rdma.run
machine=manifests/facts/hb120rs_v3.json
mkdir -p "$work"
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
run() { printf '\033[2m$ %s\033[0m\n' "$*"; "$@"; }

say "A signing key and its certificate (kept in $work; yours belong on a token)"
[ -e "$work/key.pem" ] || run build/ibbundle keygen -o "$work" --name 'ibbundle demo'

say "Lock: resolve every package and its closure from signed repository metadata"
run build/ibbundle lock manifests/debian-rdma.json

say "Fetch: every file into the cache, checked against the lock"
run build/ibbundle fetch manifests/debian-rdma.json

say "Build: pack, sign, verify (by default at level 19, which is smaller and takes minutes)"
run build/ibbundle build manifests/debian-rdma.json --offline --level 3 \
	--key "$work/key.pem" --cert "$work/cert.pem" -o "$bundle"

say "A fresh Debian 12 root (debootstrap), its apt sources emptied"
root=$(mktemp -d "${TMPDIR:-/tmp}/ibbundle-demo-XXXXXX")
trap '"${as_root[@]}" rm -rf "$root"' EXIT
run "${as_root[@]}" tests/support/root.sh bookworm "$root"
"${as_root[@]}" sh -c ': > "$1/etc/apt/sources.list"; rm -rf "$1"/etc/apt/sources.list.d/*' sh "$root"

# From here on there is no network: a namespace with no interface but a loopback that is down.
offline() { run "${as_root[@]}" unshare -n "$@"; }

say "The machine: recorded facts of an HBv3 (NICs from $machine)"
offline "$bundle" facts --root "$root" --facts "$machine"

say "The plan, with its reason"
offline "$bundle" plan --root "$root" --facts "$machine" --trust "$work/cert.pem"

say "Install, with no network"
offline "$bundle" install --root "$root" --facts "$machine" --trust "$work/cert.pem"

say "Install again: nothing to do"
start=$(date +%s%N)
offline "$bundle" install --root "$root" --facts "$machine" --trust "$work/cert.pem"
took=$((($(date +%s%N) - start) / 1000000))
echo "second run: $took ms"
[ "$took" -lt 2000 ] || { echo "the second run took more than two seconds" >&2; exit 1; }

say "Done"
packages=$(jq '[.files[].size] | add' manifests/debian-rdma.lock.json)
size=$(stat -c %s "$bundle")
permille=$((size * 1000 / packages))
printf 'bundle:   %s\nsize:     %s bytes, %d.%d %% of the %s bytes of its packages\n' \
	"$bundle" "$size" $((permille / 10)) $((permille % 10)) "$packages"
cat <<EOF
try next:
  build/ibbundle inspect $bundle
  build/ibbundle verify $bundle --trust $work/cert.pem
  build/ibbundle inspect $bundle --print-commands    # check it with openssl alone
  $bundle plan                                       # on this very machine
  for f in manifests/facts/*.json; do build/ibbundle plan $bundle --facts \$f; done
EOF
