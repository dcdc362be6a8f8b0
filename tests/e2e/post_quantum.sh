#!/bin/bash
# SPDX-License-Identifier: MIT
# A second signature, by ML-DSA: made by a builder on Debian 13, whose OpenSSL has it; checked there and by
# the runtimes, whose OpenSSL has it too; and not by the builder on Debian 12, which says so.  Needs root.
set -u
# shellcheck source-path=SCRIPTDIR source=../support/e2e
. "$(dirname "$0")/../support/e2e"
# shellcheck source-path=SCRIPTDIR source=../support/bundle
. "$TOP/tests/support/bundle"
b=$root/bundle # /bundle in the root
openssl version | grep -q '^OpenSSL 3\.0\.' || {
	echo "this machine's OpenSSL is not Debian 12's, which this test is about"
	exit 1
}
unchecked='the signature by ML-DSA was not checked: this program'\''s OpenSSL (3.0.'

run() { # into $work/out; its standard output alone into $work/answer
	"$@" > "$work/answer" 2> "$work/err" < /dev/null
	status=$?
	cat "$work/answer" "$work/err" > "$work/out"
}
on_13() { run chroot "$root" env -C /bundle SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH" "$@"; }
builder_12() { run env -C "$b" ibbundle "$@"; }
runtime() { run env -C "$b" "${launcher[@]}" "$stub" "$@"; }
answers() { jq -e "$1" "$work/answer"; }
good() { [ "$status" -eq 0 ]; }

# Flips a bit of the last byte of signature $2 in bundle $1: the end of the signature's value.
spoil() {
	local at size i
	at=$(tail -c 128 "$1" | od -An -t u8 -j 96 -N 8)
	at=$((at + 4))
	for ((i = 1; i <= $2; i++)); do
		size=$(od -An -t u4 -j "$at" -N 4 "$1")
		at=$((at + 4 + size))
	done
	# shellcheck disable=SC2059 # an octal escape
	printf "\\$(printf %o $(($(od -An -t u1 -j $((at - 1)) -N 1 "$1") ^ 1)))" |
		dd of="$1" bs=1 seek=$((at - 1)) conv=notrunc status=none
}

check "a builder on Debian 13" "$TOP/tests/support/builder_root.sh" trixie "$root"
[ "$failed" -eq 0 ] || { e2e_end; exit 1; }
mkdir "$b" && cd "$b" || exit 1
cp "$TOP/build/stub/linux-x86_64" .
bundle_manifest
sed -i "s#file:$b/#file:/bundle/#" m.json

for type in p256 ml-dsa-44 ml-dsa-65 ml-dsa-87; do
	on_13 ibbundle keygen -o "$type" --name "$type" --algorithm "$type"
	check "keygen $type" good
done
key() { echo --key "$1/key.pem" --cert "$1/cert.pem"; }
# shellcheck disable=SC2046 # several words
{
	on_13 ibbundle lock m.json
	on_13 ibbundle build m.json -o both.run --stub linux-x86_64 $(key p256)
	check "build, signed by P-256" good
	cp both.run classical.run
	on_13 ibbundle sign both.run --add $(key ml-dsa-65)
	check "sign by ML-DSA-65, too" good
	check "says who signed" says "signed by 'CN=ml-dsa-65'"
	cp both.run three.run
	on_13 ibbundle sign three.run --add $(key ml-dsa-87)
	check "a third, by ML-DSA-87" good
	cp classical.run only.run
	on_13 ibbundle sign only.run $(key ml-dsa-44)
	check "ML-DSA-44 alone" good
	cp only.run order.run
	on_13 ibbundle sign order.run --add $(key p256)
	check "P-256 beside it: the last to sign signs the file" good
	on_13 openssl cms -verify -binary -inform DER -in both.run.p7s -content both.run -CAfile ml-dsa-65/cert.pem \
		-partial_chain -purpose any -out /dev/null
	check "openssl takes the signature over the file" good
}
cp both.run spoiled.run
spoil spoiled.run 2
cp both.run spoiled-classical.run
spoil spoiled-classical.run 1

# where the library has ML-DSA
try_verifier() { # NAME COMMAND...
	local name=$1
	shift
	"$@" verify both.run --json --trust ml-dsa-65/cert.pem --trust p256/cert.pem
	check "$name: both are good" good
	check "$name: and told apart" answers '[.signers[] | .post_quantum] == [false, true]'
	check "$name: none was left unchecked" answers '.signatures_not_checked == 0'
	"$@" verify both.run --json --trust ml-dsa-65/cert.pem
	check "$name: the ML-DSA certificate pinned alone" answers '[.signers[] | .post_quantum] == [true]'
	"$@" verify three.run --json
	check "$name: three" answers '.signers | length == 3'
	"$@" verify only.run
	check "$name: ML-DSA-44 alone" good
	"$@" verify spoiled.run
	check "$name: a spoiled one is refused" exits 4
	check "$name: and named" says 'signature 2 of 2: the signature does not match'
	"$@" verify spoiled-classical.run
	check "$name: so is a spoiled classical one" says 'signature 1 of 2: the signature does not match'
	"$@" verify both.run --trust ml-dsa-87/cert.pem
	check "$name: nobody's anchor" exits 4
}
on_13_ibbundle() { on_13 ibbundle "$@"; }
runtime_verify() { # verify BUNDLE ...
	local bundle=$2
	shift 2
	runtime verify --bundle "$bundle" "$@"
}
try_verifier "Debian 13" on_13_ibbundle
launcher=() stub=./linux-x86_64
try_verifier "runtime for x86_64" runtime_verify
launcher=(qemu-aarch64-static) stub=$TOP/build/stub/linux-aarch64
try_verifier "runtime for arm64" runtime_verify
run env -C "$b" ./both.run plan --facts "$TOP/manifests/facts/hb120rs_v3.json"
check "plan tells of both" says 'signed by "CN=ml-dsa-65"'

# a chain of ML-DSA, by stock tools
on_13 sh -euc '
	openssl req -x509 -newkey ml-dsa-87 -nodes -keyout ca.key -out ca.pem -subj /CN=CA -days 3650 \
		-not_before 20200101000000Z -not_after 20400101000000Z -addext basicConstraints=critical,CA:TRUE
	openssl req -newkey ml-dsa-44 -nodes -keyout leaf.key -out leaf.csr -subj /CN=leaf
	printf "extendedKeyUsage=codeSigning\nkeyUsage=digitalSignature\n" > leaf.ext
	openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -extfile leaf.ext -out leaf.pem \
		-not_before 20200101000000Z -not_after 20400101000000Z
	cp both.run chain.run
	ibbundle sign chain.run --key leaf.key --cert leaf.pem --chain ca.pem'
check "a chain of ML-DSA" good
launcher=() stub=./linux-x86_64
runtime verify --bundle chain.run --trust ca.pem --require-trust
check "leads from its CA to the signer" good
runtime verify --bundle chain.run --trust ml-dsa-87/cert.pem
check "and from no other" exits 4

# signatures that RFC 9882 does not allow, or we do not
try_digest() { # KEY DIGEST STATUS
	on_13 openssl cms -sign -binary -outform DER -signer "$1/cert.pem" -inkey "$1/key.pem" -md "$2" -in m.json -out cms
	run "$TOP/build/tests/linux-x86_64/cms_check" verify cms m.json
	check "$1 with $2" exits "$3"
}
try_digest ml-dsa-44 sha256 0
try_digest ml-dsa-65 sha384 0
try_digest ml-dsa-65 sha256 1
try_digest ml-dsa-87 sha512 0
try_digest ml-dsa-87 sha384 1
try_digest ml-dsa-87 sha3-512 1

# where it has none
builder_12 verify both.run --json --trust p256/cert.pem
check "Debian 12: the classical one is good" answers '[.signers[].subject] == ["CN=p256"]'
check "Debian 12: the other was not checked" answers '.signatures_not_checked == 1 and .whole_file_not_checked'
builder_12 verify both.run
check "Debian 12: says so" says "$unchecked"
check "Debian 12: of the whole file, too" says 'both.run.p7s was not checked'
builder_12 inspect both.run
check "Debian 12: so does inspect" says "$unchecked"
builder_12 plan both.run --facts "$TOP/manifests/facts/hb120rs_v3.json"
check "Debian 12: and plan" says "$unchecked"
builder_12 inspect both.run --print-commands
cp "$work/answer" "$b/both.sh"
run env -C "$b" sh both.sh
check "Debian 12: the printed lines check the classical one" good
check "Debian 12: and say of the other" says 'signature 2, by ML-DSA, was not checked'
builder_12 verify order.run
check "Debian 12: a file signed by P-256 last" says "whole file signed by 'CN=p256'"
builder_12 verify three.run
check "Debian 12: two of them" says '2 signatures by ML-DSA were not checked'
builder_12 verify both.run --trust ml-dsa-65/cert.pem
check "Debian 12: what is not checked is not trusted" exits 4
builder_12 verify only.run
check "Debian 12: ML-DSA alone is refused" exits 4
check "Debian 12: for its own reason" says "$unchecked"
builder_12 verify spoiled-classical.run
check "Debian 12: it does not make up for a spoiled one" exits 4
builder_12 keygen -o new --algorithm ml-dsa-65
check "Debian 12: keygen names the OpenSSL it takes" says 'OpenSSL 3.5 or newer'
builder_12 sign classical.run --key ml-dsa-65/key.pem --cert ml-dsa-65/cert.pem
check "Debian 12: so does sign" says 'ML-DSA-65 takes OpenSSL 3.5 or newer'
e2e_end
