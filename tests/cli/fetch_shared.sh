# SPDX-License-Identifier: MIT
# fetch: interrupted and resumed; two builders with one cache; proxies; https.
# shellcheck source=tests/support/fetch.sh
. "$SUPPORT/fetch.sh"

make_files one two
start_server

echo "--- Ctrl-C: what is there is kept, and resumed by the next"
manifest "/stall/150000/one"
set -m # else bash lets its background commands ignore SIGINT
ibbundle fetch m.json 2>interrupted &
pid=$!
set +m
wait_for 'test -n "$(find "$XDG_CACHE_HOME" -path "*partial*" -size 150000c)"'
kill -INT $pid
wait $pid 2>/dev/null
echo "exit $?"
cat interrupted
run fetch m.json
grep -c 'bytes=150000-' log
files_of_cache

echo "--- two builders, one cache: each file is fetched once"
rm log
rm -r "$XDG_CACHE_HOME"
manifest "/slow/one" "/slow/two"
ibbundle fetch m.json >a 2>&1 &
first=$!
ibbundle fetch m.json >b 2>&1 &
wait $first $!
normalise <a | sed 's/([0-9] were there)/(N were there)/'
normalise <b | sed 's/([0-9] were there)/(N were there)/'
sort log
files_of_cache

echo "--- through a proxy"
rm log
manifest "/ok/one"
sed -i "s#http://127.0.0.1:$port#http://files.example#" m.json
ibbundle lock m.json >/dev/null
http_proxy=http://127.0.0.1:$port run fetch m.json --cache proxy
cat log

echo "--- https: an unknown authority, a known one, never back to http"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem \
	-days 30 -subj /CN=test -addext subjectAltName=IP:127.0.0.1 2>openssl.log
plain=$port
start_server --tls cert.pem key.pem
sed "s#http://files.example#https://127.0.0.1:$port#" m.json >s.json
ibbundle lock s.json >/dev/null
run fetch s.json --cache https
run fetch s.json --cache https --cacert absent.pem
run fetch s.json --cache https --cacert cert.pem
sed "s#http://files.example/ok/one#https://127.0.0.1:$port/to/http%3A%2F%2F127.0.0.1%3A$plain%2Fok%2Fone#" \
	m.json >s.json
ibbundle lock s.json >/dev/null
run fetch s.json --cache down --cacert cert.pem
