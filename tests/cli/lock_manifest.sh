# SPDX-License-Identifier: MIT
# Wrong use and bad manifests: one line each that says where, the right status, and nothing written.
try() {
	echo "== $1"
	shift
	ibbundle lock "$@" 2>&1
	echo "exit $?"
}
good='{ "schema": 1, "name": "demo", "version": "1", "packages": [
  { "id": "a", "title": "A", "version": "1", "license": "MIT", "priority": 1,
    "files": [ { "url": ["file.bin"] } ],
    "match": { "os": "linux" },
    "install": [ { "run": ["./file.bin"] } ] } ] }'
edit() { # NAME SED-EXPRESSION
	sed -E "$2" <<<"$good" >m.json
	try "$1" m.json
}
printf 'hello\n' >file.bin

try 'no manifest'
try 'two' a b
try 'not there' none.json
try 'a directory' .
echo 'hello' >m.json
try 'not JSON' m.json
edit 'an unknown key' 's/"license"/"licence"/'
edit 'a key twice' 's/"version": "1", "license"/"version": "1", "version": "2", "license"/'
edit 'a wrong type' 's/"priority": 1/"priority": "1"/'
edit 'a missing key' 's/"title": "A", //'
edit 'another schema' 's/"schema": 1/"schema": 2/'
edit 'a bad rule' 's/"os": "linux"/"os": "linux", "kernel": ["5.4"]/'
edit 'a bad step' 's/"run": \["/"run": "/; s/file.bin"\] \} \] \} \]/file.bin" } ] } ]/'
edit 'a path that leaves' 's/\["file.bin"\]/["file.bin"], "path": "..\/x"/'
edit 'a repository that is not there' 's/"files".*/"closure": { "repository": "r", "arch": "amd64", "base": "minbase", "packages": ["x"] },/'
edit 'kernels without a closure' 's/"match"/"kernels": { "series": "k", "newest": 2 }, "match"/'
edit 'not a digest' 's/\["file.bin"\]/["file.bin"], "sha256": "abc"/'
edit 'another size' 's/\["file.bin"\]/["file.bin"], "size": 5/'
edit 'another digest' "s/\[\"file.bin\"\]/[\"file.bin\"], \"sha256\": \"$(printf 0%.0s {1..64})\"/"
ls ./*.lock.json 2>/dev/null

edit 'as it should be: seen first now' ''
jq -c '.files[], .packages[].files' m.lock.json
sha=$(sha256sum <file.bin | cut -d' ' -f1)
edit 'pinned' "s/\[\"file.bin\"\]/[\"file.bin\"], \"sha256\": \"$sha\", \"unpack\": true, \"path\": \"x\/y.bin\"/"
jq -c '.files[], .packages[].files' m.lock.json
printf 'other\n' >file.bin
edit 'a change at its source is told' ''
cp m.lock.json old
printf 'again\n' >file.bin
ibbundle lock m.json --diff
cmp old m.lock.json
