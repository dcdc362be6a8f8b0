#!/bin/bash
# SPDX-License-Identifier: MIT
# The Windows runtime's reading commands on its own bundle: whole, cut, changed at every section, signed
# as a Windows program and not, with its bundle beside it, at places with long and foreign names, and
# with a few hundred megabytes.
set -u
# shellcheck source-path=SCRIPTDIR source=../support/windows
. "$(dirname "$0")/../support/windows"

"$TOP/tests/support/windows_bundle.sh" "$work/b" || exit 1
builder=$TOP/build/ibbundle
exe=$work/b/1.exe
pinned=(--trust "$(win "$work/b/key/cert.pem")")
machine windows-server-2019 --pci 15b3:101c/0207 driver=mlx5

echo "-- commands"
windows "$exe" help
check "help" exits 0
check "names the commands" says 'install the package that fits this machine'
windows "$exe" help verify
check "help of one says where it looks for certificates" says '%ProgramData%\ibbundle\trust.d'
windows "$exe" nonsense
check "an unknown command" exits 2
windows "$exe" version
check "version" says 'OpenSSL'
windows "$exe" list "${pinned[@]}"
check "list" exits 0
check "who signed" says 'signed by "CN=Windows test" (trusted on this machine)'
check "says what there is" says 'winof-5.65.51000-win2012r2'
windows "$exe" list --json
count=$(jq '.packages | length' "$work/b/1.json")
check "as one document" document ".packages | length == $count"
windows "$exe" verify "${pinned[@]}"
check "verify" exits 0
check "says how much" says 'azure-extension 1.0 is intact: '"$count packages"
windows "$stub" list
check "a program without a bundle" exits 2
check "asks for one" says '--bundle FILE'

echo "-- extract"
same_files() { # DIR ID: the package's files are in DIR, and no other
	jq -r --arg id "$2" '.packages[] | select(.id == $id) | .files[].path' "$work/b/1.json" > "$work/files"
	while read -r file; do
		cmp "$1/$file" "$work/b/files1/$file" || return 1
	done < "$work/files"
	[ "$(find "$1" -type f | wc -l)" -eq "$(wc -l < "$work/files")" ]
}
windows "$exe" extract 'C:\out'
check "the one that fits" exits 0
check "its files are the vendor's" same_files "$c/out" winof2-2.22.50000
windows "$exe" extract 'C:\out'
check "never over something" exits 2
windows "$exe" extract 'C:\one/two\three' --package driver
check "another, into new folders" same_files "$c/one/two/three" driver
for dir in "$work/x" "$c/from"; do # the current folder on Z:, and on C:
	mkdir "$dir"
	here=$dir windows "$exe" extract here/there --package restarts
	check "relative to $(basename "$dir")" same_files "$dir/here/there" restarts
done
windows "$exe" extract 'C:\windows\system32\drivers\etc\hosts\x'
check "not below a file" exits 5

echo "-- places"
long=$work/$(printf 'a%.0s' {1..100})/$(printf 'b%.0s' {1..100})/$(printf 'c%.0s' {1..100})
foreign=$work/'Grüße ελ 日本 🙂 & (1)'
for dir in "$long" "$foreign"; do
	mkdir -p "$dir"
	cp "$exe" "$dir/ein Bündel.exe"
	cp "$work/b/key/cert.pem" "$dir/日本.pem"
	windows "$exe" verify --bundle "$(win "$dir/ein Bündel.exe")" --trust "$(win "$dir/日本.pem")" --require-trust
	check "verify one from there" exits 0
	windows "$exe" list --trust "$(win "$dir/keins.pem")"
	check "a file that is not there" exits 5
	check "is named as it was given" says "$(win "$dir/keins.pem")"
done
# Wine itself can't tell where a directory with a longer name is.
deep=$foreign/$(printf 'd%.0s' {1..100})
windows "$exe" extract "$(win "$deep")" --package deep
check "extract, with foreign names and 300 characters" same_files "$deep" deep
check "they are so many" [ "$(find "$deep" -type f | wc -m)" -gt 300 ]
windows "$foreign/ein Bündel.exe" verify --trust "$(win "$foreign/日本.pem")" --require-trust
check "one that lies there itself" exits 0
cp "$exe" "$c/a.exe"
here=$c windows "$c/a.exe" verify
check "from C:" exits 0
for odd in 'C:\x:stream' '\\.\PhysicalDrive0' 'nul'; do
	windows "$exe" list --bundle "$odd"
	check "no bundle: $odd" lacks exits 0
done

echo "-- trust"
windows "$exe" list --require-trust
check "no certificate" exits 4
windows "$exe" list --trust "$(win "$work/b/other/cert.pem")"
check "another signer" exits 4
windows "$work/b/unsigned.exe" list --json
check "not signed" exits 4
check "says so" document '.reason == "unsigned"'
here=$work/b/key windows "$exe" verify --require-trust
check "a certificate in the current folder is not trusted" exits 4
mkdir -p "$work/data/ibbundle/trust.d"
cp "$work/b/key/cert.pem" "$work/data/ibbundle/trust.d/"
launch=(--set "ProgramData=$(win "$work/data")" --set "ALLUSERSPROFILE=$(win "$work/data")" --set SystemDrive=Z:)
windows "$exe" verify --require-trust
launch=()
check "nor one where the environment points to" exits 4

echo "-- cut and changed"
at() { "$builder" inspect "$exe" --json | jq ".sections.$1.offset"; }
size=$(stat -c %s "$exe")
for cut in 1 127 128 70000 $((size - $(at blocks))); do
	head -c $((size - cut)) "$exe" > "$work/cut.exe"
	windows "$work/cut.exe" list --json
	check "$cut bytes less" exits 3
	check "$cut bytes less: said" document '.reason == "format"'
done
head -c 4096 "$exe" > "$work/cut.exe"
windows "$work/cut.exe" list
check "too little to start" lacks exits 0
{ cat "$exe" && echo; } > "$work/longer.exe"
windows "$work/longer.exe" list --json
check "a byte more" exits 3
while read -r section offset code reason; do
	cp "$exe" "$work/flip.exe"
	spot=$(($(at "$section") + offset))
	byte=$(od -An -tu1 -j $spot -N 1 "$exe")
	# shellcheck disable=SC2059 # the byte as an escape
	printf "\\$(printf %03o $((byte ^ 1)))" | dd of="$work/flip.exe" bs=1 seek=$spot conv=notrunc status=none
	windows "$work/flip.exe" verify --json
	check "$section+$offset" exits "$code"
	check "$section+$offset: $reason" document ".reason == \"$reason\""
done <<'END'
blocks 5000 4 digest-mismatch
places 9 3 format
table 0 4 digest-mismatch
table 40 4 digest-mismatch
catalog 30 4 digest-mismatch
root 30 4 signature-invalid
signatures 200 4 signature-invalid
locator 0 3 format
locator 20 3 format
END
cp "$exe" "$work/flip.exe"
printf '\1' | dd of="$work/flip.exe" bs=1 seek=5001 conv=notrunc status=none
windows "$exe" verify --bundle "$(win "$work/flip.exe")" --json
check "another's stub" exits 4
check "another's stub: said" document '.reason == "digest-mismatch"'

echo "-- with its bundle beside it"
windows "$exe" verify --bundle "$(win "$work/b/2.exe")"
check "another one, by --bundle" says 'azure-extension 2.0 is intact'
windows "$work/b/small.exe" list
check "the .ibb beside it" says 'azure-extension 1.0'
mkdir "$work/apart"
cp "$work/b/small.exe" "$work/apart/"
windows "$work/apart/small.exe" list
check "none" exits 2
windows "$work/apart/small.exe" list --bundle "$(win "$work/b/small.ibb")"
check "by --bundle" exits 0
here=$work/b windows "$work/apart/small.exe" list
check "not from the current folder" exits 2

echo "-- signed as a Windows program"
openssl req -x509 -newkey rsa:3072 -nodes -keyout "$work/code.key" -out "$work/code.pem" -days 365 \
	-subj '/CN=Code' -addext extendedKeyUsage=codeSigning 2> "$work/openssl.log"
mkdir "$work/n"
# the documents' length can't be foreseen: build until all eight were there
rests=' '
for ((n = 1; n < 200 && ${#rests} < 17; n++)); do
	head -c $((1000 + n)) /dev/urandom > "$work/n/f"
	jq -n --arg f "$work/n/f" '{ schema: 1, name: "n", version: "1", packages: [{ id: "n", title: "n", version: "1",
		license: "MIT", priority: 1, match: {}, install: [{ run: ["./f"] }], files: [{ url: ["file:\($f)"] }] }] }' \
		> "$work/n/n.json"
	"$builder" lock "$work/n/n.json" > /dev/null
	SOURCE_DATE_EPOCH=1700000000 XDG_CACHE_HOME=$work/cache "$builder" build "$work/n/n.json" -o "$work/n/$n.exe" \
		--stub "$stub" --key "$work/b/key/key.pem" --cert "$work/b/key/cert.pem" --level 0 > /dev/null
	rest=$(($(stat -c %s "$work/n/$n.exe") % 8))
	[[ $rests != *" $rest "* ]] || continue
	rests+="$rest "
	osslsigncode sign -certs "$work/code.pem" -key "$work/code.key" -h sha256 -in "$work/n/$n.exe" \
		-out "$work/n/signed-$n.exe" > "$work/osslsigncode.log"
	windows "$work/n/signed-$n.exe" verify "${pinned[@]}"
	check "$rest bytes past a multiple of 8" exits 0
	windows "$exe" verify --bundle "$(win "$work/n/signed-$n.exe")" "${pinned[@]}"
	check "$rest, read by another" exits 0
done
check "every rest was there" [ "${#rests}" -eq 17 ]
cp "$work/n/signed-1.exe" "$work/signed.exe"
printf 'x' | dd of="$work/signed.exe" bs=1 seek=$(($(stat -c %s "$work/n/1.exe") - 70000)) conv=notrunc status=none
windows "$work/signed.exe" verify
check "a byte changed behind the signature" exits 4
{ cat "$work/n/signed-1.exe" && head -c 8 /dev/zero; } > "$work/signed.exe"
windows "$work/signed.exe" verify
check "bytes behind the certificates" exits 3

echo "-- DLLs"
# shellcheck source-path=SCRIPTDIR source=../support/windows_decoys
. "$(dirname "$0")/../support/windows_decoys"
decoys "$work/app" "$work/here" "$work/path"
cp "$exe" "$tests/naive.exe" "$work/app/"
WINEPATH=$(win "$work/path")
export WINEPATH
for command in facts plan verify install uninstall; do
	here=$work/here windows "$work/app/1.exe" $command
	check "$command" exits 0
	check "$command loads none" none_loaded "$work/app" "$work/here" "$work/path"
done
windows "$work/app/naive.exe" "${decoy_names[@]/%/.dll}"
check "who looks beside himself gets them" all_loaded "$work/app"
unset WINEPATH WINEDLLOVERRIDES

echo "-- a few hundred megabytes"
mkdir "$work/big"
openssl enc -aes-128-ctr -nosalt -K 00000000000000000000000000000001 -iv 0 -in /dev/zero 2> /dev/null |
	head -c 300000000 > "$work/big/noise"
for ((i = 0; i < 2000; i++)); do
	echo "$i" > "$work/big/$i"
done
tar -C "$work/big" --exclude noise -cf "$work/many.tar" .
jq -n --arg w "$work" '{ schema: 1, name: "big", version: "1", packages: [{ id: "big", title: "big", version: "1",
	license: "MIT", priority: 1, match: {}, install: [{ run: ["./noise"] }],
	files: [{ url: ["file:\($w)/big/noise"] }, { url: ["file:\($w)/many.tar"], unpack: true }] }] }' > "$work/big.json"
"$builder" lock "$work/big.json" > /dev/null
SOURCE_DATE_EPOCH=1700000000 XDG_CACHE_HOME=$work/cache "$builder" build "$work/big.json" -o "$work/big.exe" \
	--stub "$stub" --key "$work/b/key/key.pem" --cert "$work/b/key/cert.pem" --level 1 > /dev/null
rm -rf "$work/cache"
windows "$work/big.exe" verify
check "verify" exits 0
echo "verify: $took ms for $(($(stat -c %s "$work/big.exe") / 1000000)) MB"
extract() {
	rm -rf "$work/big.out"
	windows "$work/big.exe" extract "$(win "$work/big.out")"
}
extract
check "extract" exits 0
check "a large file" cmp "$work/big/noise" "$work/big.out/noise"
check "many small ones" diff -r "$work/big" "$work/big.out/many.tar" --exclude noise
echo "extract: $(median extract) ms"
echo "plan: $(median windows "$work/big.exe" plan) ms"
e2e_end
