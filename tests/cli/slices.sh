# SPDX-License-Identifier: MIT
# Parts of bundles: slices, volumes, deltas; what a bundle is joined from; how two differ.
. "$SUPPORT/bundle"
bundle_stub stub
bundle_stub_exe stub.exe
bundle_manifest
bundle_authority
ibbundle keygen -o keys --name 'Test key' >/dev/null
stubs=(--stub stub.exe --stub stub)
signed=(--key keys/key.pem --cert keys/cert.pem)
program=(--authenticode program.pfx --passphrase-file passphrase)
status() {
	"$@" 2>&1 | "$SUPPORT/normalise" 's/[0-9.]+ [kM]?B/SIZE/g' 's/certificate sha256 .*/certificate/' \
		's/[0-9]+ bytes/SIZE/g' 's/[0-9a-f]{64}/SHA256/g' "s#'/[^']*/(stub/[^']*)#'BUILD/\1#"
	echo "status ${PIPESTATUS[0]}"
}
same() { cmp "$1" "$2" && echo "$1 is $2"; }

echo "== two bundles, one file of one package changed"
ibbundle build m.json -o old "${stubs[@]}" "${signed[@]}" >/dev/null
seq 7 >>files/two
echo "{\"schema\": 1, \"name\": \"small\", \"version\": \"1.1\", \"title\": \"For tests\",
	\"packages\": [$(bundle_package one 1.0 one shared tree.tgz), $(bundle_package two 2.1 two shared)]}" >n.json
ibbundle lock n.json >/dev/null
ibbundle build n.json -o new "${stubs[@]}" "${signed[@]}" "${program[@]}" >/dev/null
ls old* new*
status ibbundle diff old.run new.run
ibbundle diff old.run new.run --json | jq -c '[.same, [.packages[] | [.id, .kind, (.files | length)]], .new_blocks]'
status ibbundle diff new.run new.ibb

echo "== a slice"
status ibbundle slice new.run -o one.run --package one
ls one*
status ibbundle verify one.run --trust keys/cert.pem
ibbundle verify one.run --trust keys/cert.pem --json | jq -c '[.missing[] | [.package, .blocks, .blocks_needed, .bytes > 0]]'
status ibbundle extract one.run --package one -o one
status ibbundle extract one.run --package two -o two
status ibbundle slice new.run -o x.ibb --match 'os=linux distro=one'
ibbundle slice one.run -o y.ibb --package one --json | jq -c '[.packages, .blocks, (.files | map(.path))]'
same x.ibb y.ibb
status ibbundle slice one.run -o z.ibb --package two
status ibbundle slice new.ibb -o with.run --package one --stub stub
same with.run one.run
status ibbundle slice new.ibb -o with.run --package one --stub keys/key.pem
bundle_stub other
printf '\1' >>other
status ibbundle slice new.ibb -o with.run --package one --stub other

echo "== volumes"
status ibbundle slice new.run -o v.run --max-size 300K
ls v*
for f in v*; do [ "$(stat -c %s $f)" -le 307200 ] || echo "$f is too large"; done
status ibbundle join v.run v.?.ibb -o joined.run
same joined.run new.run
status ibbundle join v.?.ibb v.run -o joined.run --sha256 "$(sha256sum <new.run | cut -c1-64)"
status ibbundle join v.?.ibb v.run -o joined.run --sha256 "$(sha256sum <old.run | cut -c1-64)"
status ibbundle join v.2.ibb -o part
status ibbundle slice new.run -o w.run --max-size 9K

echo "== what is new, and the whole from it"
for e in run exe ibb; do
	status ibbundle slice new.$e -o delta.$e --without old.ibb
	[ "$(stat -c %s delta.$e)" -lt "$(($(stat -c %s new.$e) - 200000))" ] || echo "delta.$e is too large"
	status ibbundle join old.run delta.$e -o joined.$e
	same joined.$e new.$e
done
status ibbundle slice new.ibb -o d.ibb --without old.ibb --max-size 190K
status ibbundle join old.ibb d*.ibb -o joined.ibb
same joined.ibb new.ibb

echo "== refused"
status ibbundle slice new.run -o x.run --package three
status ibbundle slice new.run -o x.run --match 'distro=three'
status ibbundle slice new.run -o x.run --match 'distro'
status ibbundle slice new.run -o x.run --match 'colour=red'
status ibbundle slice new.run -o x.run --max-size 12X
status ibbundle slice new.run --package one
status ibbundle slice files/two -o x.run
cp new.ibb bad.ibb
printf '\1' | dd of=bad.ibb bs=1 seek=1000 conv=notrunc status=none
status ibbundle slice bad.ibb -o x.ibb
status ibbundle slice new.ibb -o x.ibb --without files/two
find . -newer bad.ibb -name "x.*"
