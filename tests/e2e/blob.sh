#!/bin/bash
# SPDX-License-Identifier: MIT
# publish and pull against the storage emulator (Azurite) and nginx, on loopback: every way to be let in or
# not, breaks in every phase, throttling, what changes meanwhile, servers that lie.
set -u
E2E_ANY_USER=1
# shellcheck source-path=SCRIPTDIR source=../support/e2e
. "$(dirname "$0")/../support/e2e"
SUPPORT=$TOP/tests/support
PATH=$TOP/build:$PATH
cd "$work" || exit 2
# shellcheck source-path=SCRIPTDIR source=../support/bundle
. "$SUPPORT/bundle"
# shellcheck source-path=SCRIPTDIR source=../support/blob_servers
. "$SUPPORT/blob_servers"
trap 'end_servers; rm -rf "$work"' EXIT
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY all_proxy NO_PROXY no_proxy
export XDG_CACHE_HOME=$work/cache
not() { ! "$@"; }
# run COMMAND...: its status and output for exits and says; all output is kept in all.out
: > all.out
run() {
	"$@" > "$work/out" 2>&1
	status=$?
	cat "$work/out" >> all.out
}
emulator() { python3 "$SUPPORT/azurite.py" "$@"; }
publish() { run ibbundle publish -v "$@"; }
pull() { run ibbundle pull -v "$@"; }
transferred() { run ibbundle pull --json "$@" && jq .transferred "$work/out"; }
size() { stat -c %s "$1"; }
file_server() { echo "http://127.0.0.1:$proxy/$1"; }

bundle_stub stub
mkdir files
bundle_noise 12000000 1 > files/one
bundle_noise 10000000 2 > files/two
bundle_noise 2000000 3 > files/shared
for v in 1 2; do
	echo "$v" > "files/v$v"
	echo "{\"schema\": 1, \"name\": \"large\", \"version\": \"$v.0\", \"title\": \"For tests\", \"packages\": [$(
		bundle_package one 1.0 one shared "v$v"), $(bundle_package two 2.0 two shared)]}" > m.json
	ibbundle lock m.json > /dev/null
	[ -e keys ] || ibbundle keygen -o keys --name 'Test key' > /dev/null
	ibbundle build m.json -o "b$v.run" --stub stub --key keys/key.pem --cert keys/cert.pem --level 1 --block-size 1 > /dev/null
done
ibbundle keygen -o thief --name Thief > /dev/null
ibbundle slice b1.run -o one.run --package one > /dev/null
ibbundle slice b1.run -o v.run --max-size 9M > /dev/null
openssl req -x509 -newkey rsa:2048 -nodes -keyout tls.key -out tls.pem -days 30 -subj '/CN=Test CA' \
	-addext 'subjectAltName=IP:127.0.0.1' 2> /dev/null
printf '%s\n' 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==' > key
chmod 600 key
key=(--auth key --secret-file key)

start_azurite && start_nginx || exit 1
cp b1.run www/
base=http://127.0.0.1:$azurite
emulator container "$base" con
emulator container "$base" open blob
direct=$base/devstoreaccount1
start_proxy "$azurite" || exit 1
there=http://127.0.0.1:$proxy/devstoreaccount1
for sas in read:r:3600 write:cw:3600 all:rcw:3600 late:rcw:-60; do
	IFS=: read -r name permissions seconds <<< "$sas"
	emulator sas con "$permissions" "$seconds" > "sas.$name"
	chmod 600 "sas.$name"
done
sed 's/sig=..../sig=AAAA/' sas.all > sas.wrong
chmod 600 sas.wrong

echo "-- publish"
publish b1.run "$direct/con/b1.run" "${key[@]}"
check "by the account's key" exits 0
emulator get "$base" con/b1.run > got
check "the same bytes" cmp got b1.run
emulator head "$base" con/b1.run > "$work/out"
check "its MD5 is there" says "$(openssl md5 -binary b1.run | base64)"
check "name" says 'x-ms-meta-ibbundle_name: large'
check "version" says 'x-ms-meta-ibbundle_version: 1.0'
ibbundle inspect b1.run --signed-bytes -o root > /dev/null
check "root" says "x-ms-meta-ibbundle_root: $(sha256sum < root | cut -c1-64)"
emulator get "$base" con/b1.run.p7s > got
check "its signature, too" cmp got b1.run.p7s
publish b1.run "$direct/con/" "${key[@]}"
check "again: nothing to do" says 'was there already'
publish b2.run "$direct/con/b1.run" "${key[@]}"
check "another is not overwritten" exits 5
check "it says what to do" says 'give --replace'
publish b2.run "$direct/con/b1.run" "${key[@]}" --replace
check "unless asked" exits 0
publish b1.run "$direct/con/b1.run" "${key[@]}" --replace --block-size 100M
check "at once, too" exits 0
publish v.run v.2.ibb v.3.ibb "$direct/con/vols/" "${key[@]}" -j 1
check "volumes" exits 0
check "the first one last" [ "$(grep -c 'vols/v' out)-$(grep 'vols/v' out | tail -n 1 | grep -c v.run)" = 3-1 ]
cp b2.run b3.run
cp b1.run.p7s b3.run.p7s
publish b3.run "$direct/con/" "${key[@]}"
check "a signature of another file" exits 4
publish b1.run "$direct/none/" "${key[@]}"
check "no such container" says ContainerNotFound

echo "-- who may"
publish b1.run "$direct/con/sas" --auth sas --secret-file sas.all
check "a SAS" exits 0
run env AZURE_STORAGE_SAS_TOKEN="$(cat sas.all)" ibbundle publish b1.run "$direct/con/env" --auth sas
check "from the environment" exits 0
publish b1.run "$direct/con/write" --auth sas --secret-file sas.write
check "one that can only write" exits 0
check "says what that costs" says 'all is sent again'
publish b2.run "$direct/con/write" --auth sas --secret-file sas.write
check "nor does it overwrite" says 'is there already'
publish b2.run "$direct/con/write" --auth sas --secret-file sas.write --replace
check "or replace what it can't see" exits 4
publish b1.run "$direct/con/wrong" --auth sas --secret-file sas.wrong
check "a wrong SAS" exits 4
publish b1.run "$direct/con/late" --auth sas --secret-file sas.late
check "an expired one" exits 4
check "it says so" says 'the SAS expired at 20'
publish b1.run "$direct/con/x?$(cat sas.all)"
check "none on the command line" exits 2
publish b1.run "$direct/con/x"
check "nor without a word" exits 2
publish b1.run http://192.0.2.1/a/con/x "${key[@]}"
check "not over plain http" says 'goes over https only'
run env http_proxy="http://127.0.0.1:$proxy" ibbundle publish b1.run "$direct/con/b1.run" "${key[@]}"
check "through no proxy on this machine" exits 0
check "it saw nothing" [ "$(requests PROXY)" = 0 ]

echo "-- breaks"
for phase in HEAD:* GET:comp=blocklist PUT:comp=block\& PUT:comp=blocklist; do
	rules "1 ${phase%:*} ${phase#*:} drop" "1 ${phase%:*} ${phase#*:} lost" "1 ${phase%:*} ${phase#*:} cut 0"
	publish v.3.ibb "$there/con/break$phase" "${key[@]}" -j 2 --retries 3 --block-size 2M
	check "$phase fails three times" exits 0
	check "it was tried again" says 'trying again'
done
rules '9 PUT comp=block&@7 drop'
publish b1.run "$there/con/resume" "${key[@]}" -j 1 --block-size 2M --retries 0
check "it breaks after seven blocks" exits 5
check "it says how to go on" says 'run it again'
rules ''
publish b1.run "$there/con/resume" "${key[@]}" -j 4 --block-size 2M
check "going on" exits 0
check "with those that were missing" says '7 of 12 blocks were there already'
check "no more" [ "$(requests '^PUT .*comp=block&')" = 5 ]
rules '99 PUT comp=block&@3 slow 300'
ibbundle publish b1.run "$there/con/signal" "${key[@]}" -j 1 --block-size 1M > out 2>&1 &
pid=$!
wait_until grep -q '^PUT' log
kill "$pid"
wait "$pid"
status=$?
check "a signal" exits 5
check "nothing is there" not emulator get "$base" con/signal
publish b1.run "$there/con/signal" "${key[@]}" --block-size 1M
check "and on" says 'blocks were there already'
rules '3 PUT comp=block& status 503 1' '1 PUT comp=blocklist status 429 1'
publish b1.run "$there/con/busy" "${key[@]}" -j 1
check "throttled" exits 0
check "as long as it was told to wait" says 'trying again in 1.0 s'
rules '99 * * status 503'
publish b1.run "$there/con/down" "${key[@]}" --retries 1
check "for good" exits 5

echo "-- what changes meanwhile"
rules '1 HEAD * status 404'
publish b2.run "$there/con/b1.run" "${key[@]}"
check "one that came while it was uploaded" says 'is there already'
rules '1 HEAD * status 404'
publish b1.run "$there/con/b1.run" "${key[@]}"
check "our own, told too late" exits 0
rules '1 HEAD * header ETag "0x1"'
publish b2.run "$there/con/b1.run" "${key[@]}" --replace
check "one that changed" says 'changed while this was uploaded'
emulator get "$base" con/b1.run > got
check "stays" cmp got b1.run

echo "-- pull"
want=$(size one.run)
pull "http://127.0.0.1:$nginx/b1.run" -o p.run --package one --trust keys/cert.pem
check "from nginx" exits 0
check "what slice makes" cmp p.run one.run
check "nothing is left behind" not test -e p.run.partial
n=$(transferred "http://127.0.0.1:$nginx/b1.run" -o p.ibb --match 'os=linux distro=one')
check "bytes: $n for $want" [ "$n" -lt $((want * 11 / 10 + 2097152)) ]
check "a runtime can open it" ibbundle verify p.ibb --trust keys/cert.pem
pull "http://127.0.0.1:$nginx/b1.run" -o q.run
check "all of it" cmp q.run b1.run
pull "http://127.0.0.1:$nginx/b1.run" -o d.run --without one.run
run ibbundle join one.run d.run -o joined.run
check "less what is here" cmp joined.run b1.run
pull "http://127.0.0.1:$nginx/b1.run" -o no.run --trust thief/cert.pem
check "another signer" exits 4
check "leaves no file" not test -e no.run
check "nor a part" not test -e no.run.partial
pull "http://127.0.0.1:$nginx/b1.run" -o no.run --package three
check "no such package" exits 2
pull "http://127.0.0.1:$nginx/none" -o no.run
check "no such file" says 'HTTP status 404'
for i in $(seq 20); do
	ibbundle pull "http://127.0.0.1:$nginx/b1.run" -o "many$i.run" --package one > /dev/null 2>> many.err &
	pids[i]=$!
done
good=0
for pid in "${pids[@]}"; do wait "$pid" && good=$((good + 1)); done
check "twenty at once" [ "$good" = 20 ]
rm -f many*.run
for auth in "sas sas.read" "sas sas.all" "key key"; do
	pull "$direct/con/b1.run" -o p.run --package one --auth "${auth% *}" --secret-file "${auth#* }"
	check "from the service by $auth" cmp p.run one.run
done
pull "$direct/con/b1.run" -o no.run
check "not by nobody" says '--auth'
pull "$direct/con/b1.run" -o no.run --auth sas --secret-file sas.late
check "nor by an expired SAS" says 'the SAS expired'
printf 'url = "%s?%s"\n' "$direct/con/b1.run" "$(cat sas.read)" |
	curl --config - --fail --silent --show-error --retry 5 --continue-at - --output by_curl
check "as the README has it, by curl" cmp by_curl b1.run
publish b1.run "$direct/open/b1.run" "${key[@]}"
pull "$direct/open/b1.run" -o p.run --package one
check "from an open container" cmp p.run one.run
pull "$direct"/con/vols/v.{run,2.ibb,3.ibb} -o p.run --package one "${key[@]}"
check "from volumes" cmp p.run one.run

echo "-- breaks, of pull"
start_proxy "$nginx" || exit 1
url=$(file_server b1.run)
for n in 0 1 2 4; do
	for how in drop 'cut 0' 'cut 3000' 'status 500' 'short 1'; do
		[ "$n:$how" != "0:short 1" ] || continue
		rules "1 GET *@$n $how"
		pull "$url" -o p.run --package one -j 2
		check "request $n: $how" cmp p.run one.run
	done
done
rules '1 GET *@3 status 503 1'
pull "$url" -o p.run --package one -j 2
check "throttled" says 'trying again in 1.0 s'
rules '99 GET *@5 drop'
pull "$url" -o r.run --package one -j 1 --retries 0
check "it breaks" exits 5
check "it says how to go on" says 'r.run.partial'
check "the part is kept" test -e r.run.partial
check "and no file" not test -e r.run
rules '99 GET *@1 drop'
pull "$url" -o r.run --package one -j 1 --retries 0
check "it breaks again, earlier" test -e r.run.partial
rules ''
n=$(transferred "$url" -o r.run --package one)
check "going on: $n bytes of $want" [ "$n" -lt $((want - 3000000)) ]
check "to the same file" cmp r.run one.run
check "the part is gone" not test -e r.run.partial
rules '99 GET *@4 slow 300'
ibbundle pull "$url" -o s.run --package one -j 1 > out 2>&1 &
pid=$!
wait_until [ -s s.run.partial ]
pull "$url" -o s.run --package one
check "two at once" says 'another pull is writing'
wait_until eval '[ "$(requests GET)" -ge 4 ]'
kill "$pid"
wait "$pid"
status=$?
check "a signal" exits 5
rules ''
pull "$url" -o s.run --package one
check "and on" cmp s.run one.run
printf x > t.run.partial
pull "$url" -o t.run --package one
check "a part that is something else" cmp t.run one.run
rm t.run
cp b2.run t.run.partial
n=$(transferred "$url" -o t.run --package one)
check "one of another version: $n bytes" cmp t.run one.run
ln -s "$work/elsewhere" l.run.partial
pull "$url" -o l.run --package one
check "a link" exits 5
check "is not followed" not test -e elsewhere

echo "-- servers that lie, of pull"
refused() { # WHAT CODE TEXT RULE...
	rules "${@:4}"
	pull "$url" -o no.run --package one --retries 1
	check "$1" exits "$2"
	check "$1: says why" says "$3"
	check "$1: no file" not test -e no.run
	rm -f no.run.partial
}
refused 'no ranges' 1 'give --whole' '9 GET * norange'
refused 'none later' 1 'no parts of files' '9 GET *@3 norange'
refused 'too few bytes, always' 5 'another range than asked' '99 GET *@3 short 1'
refused 'too many' 5 'another range than asked' '9 GET *@3 long 1'
refused 'another range' 5 'another range than asked' '9 GET *@3 range 0 9 10'
refused 'a range of nonsense' 5 'another range than asked' '9 GET *@3 range x 9 10'
refused 'a range past the end' 5 'another range than asked' '9 GET * range 0 4095 4095'
refused 'too large a file' 5 'says that it has' '9 GET * range 0 4095 99999999999999999'
refused 'another size' 5 'was replaced' "9 GET *@3 total 30000000"
refused 'another file' 5 'was replaced' '9 GET *@3 header ETag "another"'
refused 'another file, by status' 5 'was replaced' '9 GET *@3 status 412'
refused 'too many headers' 5 'bytes of headers' '9 GET *@3 headers 400000'
refused 'a redirect to a file' 5 'not allowed' '9 GET * redirect file:///etc/passwd'
refused 'to another protocol' 5 'not allowed' '9 GET *@3 redirect ftp://127.0.0.1/x'
refused 'in circles' 5 'redirects' '99 GET * redirect /b1.run'
refused 'another index' 3 'locator' '9 GET *@1 wrong'
refused 'other blocks' 4 'is damaged' '9 GET *@5 wrong'
rules '9 GET * norange'
pull "$url" -o p.run --package one --whole
check "without ranges, whole" cmp p.run one.run
rules '1 GET * norange' '1 GET * cut 9999'
pull "$url" -o p.run --package one --whole
check "cut, whole" cmp p.run one.run
rules "1 GET * redirect http://127.0.0.1:$nginx/b1.run"
pull "$url" -o p.run --package one
check "a redirect that is fine" cmp p.run one.run
rules ''
run env http_proxy="http://127.0.0.1:$proxy" ibbundle pull "http://127.0.0.1:$nginx/b1.run" -o p.run --package one
check "by a proxy" cmp p.run one.run
check "that saw it" [ "$(requests PROXY)" -gt 2 ]

echo "-- https"
end_servers
start_azurite --oauth basic --cert tls.pem --key tls.key && start_proxy "$azurite" tls.pem tls.key || exit 1
emulator token 3600 > token
emulator token -60 > token.late
chmod 600 token token.late
secure=https://127.0.0.1:$proxy/devstoreaccount1
emulator container "https://127.0.0.1:$azurite" new
tls=(--cacert tls.pem)
publish b1.run "$secure/new/b1.run" --auth token --secret-file token "${tls[@]}"
check "a bearer token" exits 0
publish b2.run "$secure/new/b2.run" --auth token --secret-file token.late "${tls[@]}"
check "an expired one" exits 4
publish b2.run "$secure/new/b2.run" --auth token --secret-file token --retries 0
check "a server that nobody vouches for" exits 4
run env IBBUNDLE_TOKEN="$(cat token)" ibbundle pull "$secure/new/b1.run" -o p.run --package one --auth token "${tls[@]}"
check "pull" cmp p.run one.run
rules "9 GET * redirect https://127.0.0.1:$azurite/devstoreaccount1/new/b1.run"
pull "$secure/new/b1.run" -o no.run --auth token --secret-file token "${tls[@]}"
check "no redirect with a secret" says 'HTTP status 302'
rules "9 GET * redirect http://127.0.0.1:1/b1.run"
pull "$secure/new/b1.run" -o no.run "${tls[@]}"
check "none from https to http" says 'not allowed'

echo "-- secrets"
grep -ho 'sig=[^&]*' sas.* | cut -c5- | sort -u > secrets
python3 -c 'import sys, urllib.parse; sys.stdout.write(urllib.parse.unquote(open("secrets").read()))' > unescaped.list
cat unescaped.list >> secrets
cat token token.late key >> secrets
check "none in any output" not grep -qF -f secrets all.out
check "of which there is some" [ "$(grep -c . all.out)" -gt 200 ]
e2e_end
