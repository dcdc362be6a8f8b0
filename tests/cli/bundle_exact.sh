# SPDX-License-Identifier: MIT
# Archives that are installed as trees, and what gives the vendor's file back.
. "$SUPPORT/bundle"
bundle_stub stub
size() { sed 's/[0-9.]* kB for/SIZE for/'; }
mkdir -p tree/sub files
seq 20000 >tree/numbers
seq 30000 >tree/sub/more
echo small >tree/sub/small
ln -s ../numbers tree/sub/link
find tree -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
tar -C tree --sort=name --owner=0 --group=0 -cf files/plain.tar .
gzip -9c files/plain.tar >files/gnu.tgz
python3 -c 'import gzip; open("files/zlib.tgz", "wb").write(gzip.compress(open("files/plain.tar", "rb").read(), 6, mtime=0))'
xz -9c files/plain.tar >files/x.tar.xz
zstd -q -19 -c files/plain.tar >files/z.tar.zst
zstd -q -18 -c files/plain.tar >files/kept.tar.zst
(cd tree && python3 -c 'import zipfile
z = zipfile.ZipFile("../files/w.zip", "w", zipfile.ZIP_DEFLATED)
z.writestr(zipfile.ZipInfo("numbers"), open("numbers").read())')
echo 'as it is' >files/readme

file() { # NAME [MORE]
	printf '{ "url": ["file://%s/files/%s"], "sha256": "%s", "path": "%s"%s }' "$PWD" "$1" \
		"$(sha256sum "files/$1" | cut -d' ' -f1)" "$1" "${2:-}"
}
cat >m.json <<END
{ "schema": 1, "name": "exact", "version": "1", "packages": [
  { "id": "one", "title": "One", "version": "1", "license": "MIT", "priority": 1, "match": { "os": "linux" },
    "install": [ { "run": ["true"] } ],
    "files": [ $(file readme), $(for f in plain.tar gnu.tgz zlib.tgz x.tar.xz z.tar.zst w.zip; do
	file $f ', "unpack": true'; echo ,; done)
      $(file kept.tar.zst ', "unpack": true, "keep": "exact"') ] } ] }
END
ibbundle lock m.json
jq -c '.packages[].files[] | [.path, .unpack, .keep_exact]' m.lock.json
ibbundle build m.json -o b.run --stub stub --unsigned --level 3 | size
ibbundle build m.json -o again.run --stub stub --unsigned --level 3 | size # with the proofs of before
ibbundle build m.json -o prove.run --stub stub --unsigned --level 3 --prove -j1 | size
cmp b.run again.run && cmp b.run prove.run && echo "the same bytes"
ibbundle keygen -o keys --name 'Test key' >/dev/null
ibbundle sign b.run --key keys/key.pem --cert keys/cert.pem >/dev/null
ibbundle list b.run --json | jq -c '.packages[] | [.vendor_bytes > 0, .inexact_files]'
ibbundle inspect b.run | grep 'given back'
ibbundle inspect b.run --json | jq -c '[.inexact[] | [.id, .files]]'

echo "== laid out"
ibbundle extract b.run --package one -o laid | cut -d, -f1
for d in plain.tar gnu.tgz zlib.tgz x.tar.xz z.tar.zst kept.tar.zst; do
	diff -r --no-dereference tree "laid/$d" && echo "$d is the tree"
done

echo "== as the vendor made them"
ibbundle -v extract b.run --package one --exact -o vendor 2>&1 | grep -v ' in [0-9.]* s$' |
	sed 's/files, .*/files/; s/of [0-9.]* kB/of SIZE/'
echo "status ${PIPESTATUS[0]}"
stat -c %a vendor/* | sort -u
for f in vendor/*; do
	cmp "$f" "files/$(basename "$f")" && echo "$f is the vendor's"
done
ibbundle verify b.run --exact | tail -n 2 | sed 's/files, [0-9.]* [kM]B/files, SIZE/'

echo "== a proof in the cache that is not true"
for proof in "$XDG_CACHE_HOME"/ibbundle/recipes-1/*/*; do
	printf '1 -\n' >"$proof"
done
ibbundle build m.json -o lie.run --stub stub --unsigned --level 3 | size
ibbundle sign lie.run --key keys/key.pem --cert keys/cert.pem >/dev/null
ibbundle verify lie.run --trust keys/cert.pem >/dev/null && echo "all digests match"
ibbundle extract lie.run --package one -o lie >/dev/null && diff -r laid lie && echo "what is installed is the same"
ibbundle verify lie.run --exact 2>&1 >/dev/null | sed "s/'[a-z.]*' is/'FILE' is/"
echo "status ${PIPESTATUS[0]}"
ibbundle build m.json -o lie.run --stub stub --unsigned --level 3 --prove | size
cmp prove.run lie.run && echo "--prove is not taken in"

echo "== what is refused"
sed 's/"keep": "exact"/"keep": "raw"/' m.json >bad.json
ibbundle lock bad.json
sed 's/, "unpack": true, "keep": "exact"/, "keep": "exact"/' m.json >bad.json
ibbundle lock bad.json
find . -name "*ibbundle-unpack*"
true
