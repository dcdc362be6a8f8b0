#!/bin/bash
# SPDX-License-Identifier: MIT
# The InfiniBand modules of the two newest kernels of Debian 13, as their .deb files have them: built twice
# to the same bytes, stored against each other, and laid out and given back as they were.
set -u
# shellcheck source-path=SCRIPTDIR source=../support/e2e
. "$(dirname "$0")/../support/e2e"
ibbundle=$TOP/build/ibbundle
export SOURCE_DATE_EPOCH=1760000000
mkdir "$work/files" && cd "$work" || exit 1

# The lock of the two packages that bring a kernel; of these the kernels.
jq '.packages |= map(select(.id == "debian-13-amd64-${abi}"))' "$TOP/manifests/debian-rdma-kernels.json" > all.json
"$ibbundle" lock all.json > out 2>&1 || { cat out; exit 1; }
jq -r '.packages as $p | .files | to_entries[] | select(.value.name | startswith("linux-image-6"))
	| .key as $k | select(any($p[].debs[]; .file == $k)) | .value | [.name, .sha256, .urls[0]] | @tsv' all.lock.json > kernels
check "there are two" test "$(wc -l < kernels)" -eq 2
n=0
while IFS=$'\t' read -r name sha256 url; do
	n=$((n + 1))
	curl -fsS -o "$name" "$url" && echo "$sha256  $name" | sha256sum -c --quiet || exit 1
	dpkg-deb --fsys-tarfile "$name" | tar -x --wildcards "./usr/lib/modules/*/kernel/drivers/infiniband" \
		"./usr/lib/modules/*/kernel/drivers/net/ethernet/mellanox" || exit 1
	find usr -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
	tar --sort=name --owner=0 --group=0 --mtime="@$SOURCE_DATE_EPOCH" -cf "files/modules-$n.tar" usr
	find usr -name '*.ko.xz' -printf '%s\n' >> sizes
	rm -rf usr "$name"
done < kernels
package() { # N
	echo "{ \"id\": \"kernel-$1\", \"title\": \"Kernel $1\", \"version\": \"$1\", \"license\": \"GPL-2.0\", \"priority\": $1,
		\"match\": { \"os\": \"linux\" }, \"install\": [ { \"run\": [ \"true\" ] } ],
		\"files\": [ { \"url\": [\"file://$work/files/modules-$1.tar\"], \"path\": \"modules\", \"unpack\": true,
			\"sha256\": \"$(sha256sum < "files/modules-$1.tar" | cut -c1-64)\" } ] }"
}
echo "{ \"schema\": 1, \"name\": \"modules\", \"version\": \"1\", \"packages\": [ $(package 1), $(package 2) ] }" > m.json
"$ibbundle" lock m.json > out 2>&1 || { cat out; exit 1; }
"$ibbundle" keygen -o keys > /dev/null || exit 1
build() { # OUT [OPTION...]
	"$ibbundle" build m.json --key keys/key.pem --cert keys/cert.pem --no-stub --level 9 -o "$@" > out 2>&1
}
check "built" build first.ibb
check "built again, one block after the other" build second.ibb -j 1
signatures=$("$ibbundle" inspect first.ibb --json | jq .sections.signatures.offset)
check "the same bytes up to the signatures" cmp -n "$signatures" first.ibb second.ibb
packed=$(awk '{ s += $1 } END { print s }' sizes)
echo "$(wc -l < sizes) modules, $packed bytes as .ko.xz; the bundle has $(stat -c %s first.ibb) bytes"
check "smaller than two thirds of them" test $(($(stat -c %s first.ibb) * 3)) -lt $((packed * 2))
check "nearly all of them are made again" test "$("$ibbundle" inspect first.ibb --json | jq '[.remake[].files] | add')" -ge 50
for i in 1 2; do
	mkdir "tree-$i" && tar -C "tree-$i" -xf "files/modules-$i.tar"
	check "kernel $i is laid out" "$ibbundle" extract first.ibb --package "kernel-$i" -o "out-$i"
	check "as it was" diff -r "tree-$i" "out-$i/modules"
	check "and given back" "$ibbundle" extract first.ibb --package "kernel-$i" --exact -o "exact-$i"
	check "byte for byte" cmp "files/modules-$i.tar" "exact-$i/modules"
done
e2e_end
