#!/bin/bash
# SPDX-License-Identifier: MIT
# Signing with the OpenSSL of Debian 13: tokens by its provider, ECDSA that is deterministic, and what its
# CMS can do that no reader accepts.  Needs root; the network only to make the root.
set -u
# shellcheck source-path=SCRIPTDIR source=../support/e2e
. "$(dirname "$0")/../support/e2e"
"$TOP/tests/support/builder_root.sh" trixie "$root" || exit

# run NAME: /NAME there, which is written below
run() {
	status=0
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare -m -n sh -eu -c 'mount -t proc proc "$1/proc"; exec chroot "$1" bash -u "/$2"' sh "$root" "$1" \
		> "$work/out" 2>&1 < /dev/null || status=$?
}

cat >"$root/prepare" <<'END'
set -e
export LC_ALL=C.UTF-8 XDG_CACHE_HOME=/cache SUPPORT=/src/tests/support
export SOFTHSM2_CONF=/try/softhsm.conf
mkdir -p /try && cd /try
. "$SUPPORT/bundle"
module=/usr/lib/softhsm/libsofthsm2.so
END
cat >"$root/build" <<'END'
. /prepare
bundle_build b.run
ibbundle keygen -o rsa --name rsa --algorithm rsa3072
mkdir tokens
echo "directories.tokendir = $PWD/tokens" >softhsm.conf
softhsm2-util --init-token --free --label T --pin 1234 --so-pin 5678
for key in keys rsa; do
	openssl pkcs8 -topk8 -nocrypt -in $key/key.pem -out p8
	softhsm2-util --import p8 --token T --label $key --id 0${#key} --pin 1234
done
(umask 077 && echo 1234 >pin && echo 4321 >wrong)
END
cat >"$root/token" <<'END'
. /prepare
for key in keys rsa; do
	ibbundle sign b.run --key "pkcs11:token=T;object=$key;type=private" --cert $key/cert.pem \
		--pkcs11-module $module --passphrase-file pin
	ibbundle verify b.run --trust $key/cert.pem --require-trust
done
cp b.run token.run
ibbundle sign b.run --key rsa/key.pem --cert rsa/cert.pem
cmp b.run token.run && echo 'the same bytes'
END
cat >"$root/wrong-pin" <<'END'
. /prepare
ibbundle sign b.run --key 'pkcs11:token=T;object=keys' --cert keys/cert.pem --pkcs11-module $module \
	--passphrase-file wrong
END
cat >"$root/no-pin" <<'END'
. /prepare
setsid -w ibbundle sign b.run --key 'pkcs11:token=T;object=keys' --cert keys/cert.pem --pkcs11-module $module
END
cat >"$root/no-key" <<'END'
. /prepare
ibbundle sign b.run --key 'pkcs11:token=T;object=none' --cert keys/cert.pem --pkcs11-module $module \
	--passphrase-file pin
END
cat >"$root/twice" <<'END'
. /prepare
ibbundle sign b.run --key keys/key.pem --cert keys/cert.pem
cp b.run first.run
cp b.run.p7s first.p7s
ibbundle sign b.run --key keys/key.pem --cert keys/cert.pem
cmp b.run first.run && cmp b.run.p7s first.p7s
END
cat >"$root/ed25519" <<'END'
. /prepare
openssl req -x509 -newkey ed25519 -nodes -subj /CN=ed -addext extendedKeyUsage=codeSigning \
	-addext keyUsage=digitalSignature -keyout ed.key -out ed.crt
ibbundle sign b.run --key ed.key --cert ed.crt
END
ends() { # STATUS NAME [TEXT]
	run "$2"
	exits "$1" && says "${3:-}"
}

check 'a bundle is built and signed there' ends 0 build
check 'keys in a token, by the provider' ends 0 token 'the same bytes'
check 'a wrong PIN' ends 5 wrong-pin 'the token gives no private key'
check 'no PIN, and nobody to ask' ends 2 no-pin 'there is no terminal to ask on'
check 'a key that is not there' ends 5 no-key 'the token gives no private key'
check 'two ECDSA signatures are the same bytes' ends 0 twice
check 'Ed25519, which no reader accepts' ends 4 ed25519 'ECDSA P-256 or P-384'
e2e_end
