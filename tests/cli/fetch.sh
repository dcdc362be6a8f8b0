# SPDX-License-Identifier: MIT
# fetch: into the cache, from the cache, and everything that a server can do wrong.
# shellcheck source=tests/support/fetch.sh
. "$SUPPORT/fetch.sh"

make_files one two three
start_server

echo "--- three files, with a redirect, a cut and a server error on the way"
manifest "/ok/one" "/redirect/2/two" "/cut/5000/three"
run fetch m.json
files_of_cache
run fetch m.json
echo "--- nothing is asked of the network when all is there"
rm log
"$TOOLS/no_inet" ibbundle fetch m.json --offline | normalise
[ ! -e log ] || cat log

echo "--- something is missing, offline"
run fetch m.json --offline --cache empty
echo "--- the manifest changed since"
sed -i 's/One/Two/' m.json
run fetch m.json
echo "--- no lock, no manifest"
rm m.lock.json
run fetch m.json
run fetch absent.json

echo "--- wrong bytes: not in the cache"
manifest "/wrong/one"
run fetch m.json --cache wrong
find wrong -type f

echo "--- no such file, at two mirrors; the secrets in the URLs are not shown"
manifest "/status/404/one?sig=geheim,/status/410/one"
sed -i "s#http://#http://user:geheim@#g" m.json
ibbundle lock m.json >/dev/null
run fetch m.json --cache gone

echo "--- user and password of the URL are used"
manifest "/login/one"
sed -i "s#http://#http://user:secret@#g" m.json
ibbundle lock m.json >/dev/null
run fetch m.json --cache login

echo "--- a server that never stops"
manifest "/endless/one"
run fetch m.json --cache endless
find endless/sha256 -type f

echo "--- a cache that is a file"
run fetch m.json --cache m.json
