# SPDX-License-Identifier: MIT
# --supply: files that nobody publishes, given by who has them; packages without theirs are left out.
run() {
	echo "\$ ibbundle ${*//$PWD/DIR}"
	ibbundle "$@" 2>&1
	echo "exit $?"
}
# build NAME ARGUMENT...: signed, without a runtime
build() {
	echo "\$ ibbundle build -o $*"
	# the root names the stubs that there are, and so the size varies
	ibbundle build m.json --no-stub --key keys/key.pem --cert keys/cert.pem -o "$@" 2>&1 |
		sed -E 's/[0-9.]+ kB for/SIZE for/'
	echo "exit ${PIPESTATUS[0]}"
}
ibbundle keygen -o keys --name Test >/dev/null
SOURCE_DATE_EPOCH=$(date +%s)
export SOURCE_DATE_EPOCH
printf 'hello\n' >public.bin
mkdir given
printf 'network direct\n' >given/nd.exe
printf 'one\n' >given/1
printf 'two\n' >given/2
cat >m.json <<'END'
{ "schema": 1, "name": "demo", "version": "1", "packages": [
  { "id": "both", "title": "Both", "version": "1", "license": "MIT", "priority": 1,
    "files": [ { "supply": true, "path": "1.msi" }, { "supply": true, "path": "2.msi" } ],
    "match": { "os": "windows", "release": "10" },
    "install": [ { "msi": "1.msi", "properties": { "B": "2", "A": "1" } } ] },
  { "id": "nd", "title": "ND", "version": "1", "license": "MIT", "priority": 1,
    "comment": "where it comes from",
    "files": [ { "supply": true, "path": "nd/setup.exe", "title": "Network Direct" } ],
    "match": { "os": "windows", "release": "11" },
    "install": [ { "run": ["./nd/setup.exe"], "cmdline": "/S", "log": "x.log",
                   "reboot": [3010, 4294967295] } ] },
  { "id": "public", "title": "P", "version": "1", "license": "MIT", "priority": 1,
    "files": [ { "url": ["public.bin"] } ],
    "match": { "os": "linux" },
    "install": [ { "run": ["./public.bin"] } ] } ] }
END

echo '--- nothing is given: the rest can be locked and built'
run lock m.json
jq -c '.left_out[], [.packages[].id], .files' m.lock.json
build a.ibb
run list a.ibb

echo '--- all is given; what is supplied counts as pinned'
sed -i "s/\[\"public.bin\"\]/[\"public.bin\"], \"sha256\": \"$(sha256sum <public.bin | cut -d' ' -f1)\"/" m.json
run lock m.json --supply nd=given/nd.exe --supply both/1.msi=given/1 --supply=both/2.msi="$PWD/given/2"
jq -c '.left_out, [.packages[].id], .files[]' m.lock.json
grep -c given m.lock.json
build b.ibb --require-pinned
ibbundle extract b.ibb -o out --package nd >/dev/null
cmp out/nd/setup.exe given/nd.exe && echo same
cp m.lock.json all.lock.json

echo '--- the cache is elsewhere: fetch takes it from who has it, and nothing else'
build c.ibb --cache other
run fetch m.json --cache other --supply nd=given/1
run fetch m.json --cache other --supply nd=given/nd.exe --supply both/1.msi=given/1
run fetch m.json --cache other --supply both/2.msi=given/2 | sed 's/after .*/after N s/'
build c.ibb --cache other --offline
for f in b c; do
	ibbundle inspect $f.ibb --json | jq -r '.table.sha256, .catalog.sha256' | tee $f.digests | wc -w
done
cmp b.digests c.digests && echo same

echo '--- without --supply it is not kept in silence'
run lock m.json --diff --supply nd=given/nd.exe
run lock m.json
cmp -s m.lock.json all.lock.json || echo changed

echo '--- what is refused'
run lock m.json --supply nd
run lock m.json --supply other=given/nd.exe
run lock m.json --supply both=given/1
run lock m.json --supply nd=absent
sed -i "s/\"title\": \"Network Direct\"/\"sha256\": \"$(printf 0%.0s {1..64})\"/" m.json
run lock m.json --supply nd=given/nd.exe
sed -i "s/0\{64\}/$(sha256sum <given/nd.exe | cut -d' ' -f1)/" m.json
run lock m.json --supply nd=given/nd.exe
jq -c '.files[] | [.name, .trust]' m.lock.json
jq 'del(.packages[0, 2])' m.json >only.json
run lock only.json
jq 'del(.packages[0, 1])' m.json >none.json
run lock none.json --supply public=public.bin
