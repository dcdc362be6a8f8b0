# SPDX-License-Identifier: MIT
# Everything that `build` refuses: one line, the right status, nothing left behind.
. "$SUPPORT/bundle"
bundle_stub stub
bundle_manifest
ibbundle keygen -o keys >/dev/null
ibbundle keygen -o other >/dev/null
before=$(ls -A)
signed=(--key keys/key.pem --cert keys/cert.pem)

# try WHAT ARGUMENT...
try() {
	echo "== $1"
	shift
	ibbundle build "$@" 2>&1 | "$SUPPORT/normalise" 's/[0-9a-f]{64}/DIGEST/g' "s#$HOME#HOME#g" \
		's/ to 20[0-9-]+, / to DATE, /'
	echo "status ${PIPESTATUS[0]}"
	[ "$(ls -A)" = "$before" ] || { echo "LEFT BEHIND:"; ls -A; }
}

try 'no manifest' none.json -o b.run --unsigned
try 'no output' m.json --unsigned
try 'no key' m.json -o b.run
try 'a key without its certificate' m.json -o b.run --key keys/key.pem
try 'signed and unsigned' m.json -o b.run --unsigned "${signed[@]}"
try "another's key" m.json -o b.run --key other/key.pem --cert keys/cert.pem --stub stub
echo '== no runtime beside the program'
mkdir ../alone
cp "$(command -v ibbundle)" ../alone
../alone/ibbundle build m.json -o b.run --unsigned 2>&1 | sed "s#'/.*/alone#'ALONE#"
echo "status ${PIPESTATUS[0]}"
try 'a stub that is no program' m.json -o b.run --unsigned --stub m.json
try 'a stub without placeholder' m.json -o b.run --unsigned --stub /bin/true
try 'no such directory' m.json -o none/b.run --unsigned --stub stub
try 'a directory in the way' m.json -o files --unsigned --stub stub
try 'a wrong time' m.json -o b.run --unsigned --level 99
try 'no such goal' m.json -o b.run --unsigned --optimize fast
try 'blocks that are too large' m.json -o b.run --unsigned --block-size 25
try 'no blocks' m.json -o b.run --unsigned --block-size 0
SOURCE_DATE_EPOCH=yesterday try 'a wrong time' m.json -o b.run --unsigned --stub stub
SOURCE_DATE_EPOCH='' try 'no time' m.json -o b.run --unsigned --stub stub
SOURCE_DATE_EPOCH=1500000000 try 'created before the certificate' m.json -o b.run "${signed[@]}" --stub stub

# where nobody may make a file; root and others are told so in other words
try 'read-only' m.json -o /proc/sys/b.run --unsigned --stub stub | sed "s#^\(.*/b.run'\): .*#\1: REASON#"
echo "== no space"
(
	ulimit -f 100
	ibbundle build m.json -o b.run --unsigned --stub stub 2>&1
	echo "status $?"
)
[ "$(ls -A)" = "$before" ] || ls -A

echo "== a cached file that changed"
shared=$(sha256sum <files/shared | cut -c1-64)
cached=$XDG_CACHE_HOME/ibbundle/sha256/${shared:0:2}/$shared
chmod u+w "$cached"
printf x | dd of="$cached" conv=notrunc status=none
try 'while packing' m.json -o b.run --unsigned --stub stub --offline
rm "$cached"
mv files/shared aside
before=$(ls -A)
try 'not in the cache' m.json -o b.run --unsigned --stub stub --offline
mv aside files/shared
before=$(ls -A)

cp m.json m.lock.json ..
sed -i 's/"distro": \["two"\]/"distro": ["one"]/; s/"version": "2.0"/"version": "1.0"/' m.json
ibbundle lock m.json >/dev/null
try 'two packages for one machine' m.json -o b.run --unsigned --stub stub
mv ../m.json ../m.lock.json .

sed -i 's/For tests/For trials/' m.json
try 'a manifest that changed since' m.json -o b.run --unsigned --stub stub
sed -i 's/"sha256": "[0-9a-f]*",//' m.json
ibbundle lock m.json >/dev/null
try 'not pinned' m.json -o b.run --unsigned --stub stub --require-pinned
rm m.lock.json
before=$(ls -A)
try 'no lock' m.json -o b.run --unsigned --stub stub
