# SPDX-License-Identifier: MIT
# Signing keys: encrypted, in a token, with intermediates; passphrases from a file and from a terminal.
. "$SUPPORT/bundle"
status() {
	"$@" 2>&1 | sed -E 's/[0-9.]+ kB/SIZE/g'
	echo "status ${PIPESTATUS[0]}"
}
good() { ibbundle verify "$1" --trust "${2:-keys/cert.pem}" 2>&1 | grep -v sha256; }
bundle_build b.run >/dev/null
ibbundle build m.json -o u.run --stub stub --unsigned >/dev/null
(
	umask 077
	echo 'correct horse' >passphrase
	echo wrong >wrong
	openssl pkcs8 -topk8 -in keys/key.pem -passout file:passphrase -out locked.pem
	openssl ec -in keys/key.pem -aes256 -passout file:passphrase -out older.pem 2>/dev/null
)

echo "== encrypted, the passphrase in a file"
for key in locked older; do
	cp u.run s.run
	status ibbundle sign s.run --key $key.pem --cert keys/cert.pem --passphrase-file passphrase
	good s.run
	cp s.run before
	status ibbundle sign s.run --key $key.pem --cert keys/cert.pem --passphrase-file wrong
	cmp s.run before
done
status ibbundle build m.json -o c.run --stub stub --key locked.pem --cert keys/cert.pem \
	--passphrase-file passphrase
status ibbundle build m.json -o d.run --stub stub --key locked.pem --cert keys/cert.pem \
	--passphrase-file wrong
status ibbundle build m.json -o d.run --stub stub --key locked.pem --cert keys/cert.pem \
	--passphrase-file none
status ibbundle sign s.run --key locked.pem --cert keys/cert.pem --passphrase-file <(echo 'correct horse')
status ibbundle sign s.run --key locked.pem --cert keys/cert.pem --passphrase-file locked.pem
status ibbundle sign s.run --key locked.pem --cert keys/cert.pem --passphrase 'correct horse'
ls d.run 2>/dev/null

status ibbundle keygen -o made --name Made --passphrase-file passphrase
head -1 made/key.pem
status ibbundle sign s.run --key made/key.pem --cert made/cert.pem --passphrase-file passphrase
status ibbundle keygen -o unmade --passphrase-file locked.pem
ls unmade 2>/dev/null

echo "== encrypted, the passphrase typed"
typing() { status "$SUPPORT/typing" "$@"; }
typing 'correct horse' ibbundle sign s.run --key locked.pem --cert keys/cert.pem
typing 'correct house' ibbundle sign s.run --key locked.pem --cert keys/cert.pem
typing '' ibbundle sign s.run --key locked.pem --cert keys/cert.pem
status setsid -w ibbundle sign s.run --key locked.pem --cert keys/cert.pem </dev/null

echo "== files that everybody can read"
chmod 644 passphrase keys/key.pem
status ibbundle sign s.run --key locked.pem --cert keys/cert.pem --passphrase-file passphrase
status ibbundle sign s.run --key keys/key.pem --cert keys/cert.pem
chmod 640 passphrase
chmod 600 keys/key.pem
status ibbundle sign s.run --key locked.pem --cert keys/cert.pem --passphrase-file passphrase

echo "== in a token"
softhsm=/usr/lib/softhsm/libsofthsm2.so
mkdir tokens
echo "directories.tokendir = $PWD/tokens" >softhsm.conf
export SOFTHSM2_CONF=$PWD/softhsm.conf
softhsm2-util --init-token --free --label 'My HSM' --pin 1234 --so-pin 5678 >/dev/null
ibbundle keygen -o rsa --name 'RSA signer' --algorithm rsa3072 >/dev/null
id=1
for key in keys rsa; do
	openssl pkcs8 -topk8 -nocrypt -in $key/key.pem -out plain.p8
	softhsm2-util --import plain.p8 --token 'My HSM' --label $key --id 0$id --pin 1234 >/dev/null
	id=$((id + 1))
done
rm plain.p8
(umask 077 && echo 1234 >pin)
token() { # COMMAND KEY CERTIFICATE OPTION...
	local address=$2 certificate=$3
	local -a command
	read -ra command <<<"$1"
	shift 3
	status "${command[@]}" --key "$address" --cert "$certificate" --pkcs11-module "$softhsm" "$@"
}
cp u.run s.run
token 'ibbundle sign s.run' 'pkcs11:token=My%20HSM;object=keys;type=private' keys/cert.pem --passphrase-file pin
good s.run
token 'ibbundle sign s.run --add' 'pkcs11:token=My%20HSM;object=rsa' rsa/cert.pem --passphrase-file pin
good s.run rsa/cert.pem
token 'ibbundle build m.json -o t.run --stub stub' 'pkcs11:token=My%20HSM;id=%02' rsa/cert.pem --passphrase-file pin
good t.run rsa/cert.pem
echo "-- the same bytes as with the file"
ibbundle build m.json -o f.run --stub stub --key rsa/key.pem --cert rsa/cert.pem >/dev/null
cmp t.run f.run && cmp t.run.p7s f.run.p7s && echo same
cp s.run before
token 'ibbundle sign s.run' 'pkcs11:token=My%20HSM;object=keys' keys/cert.pem --passphrase-file wrong
token 'ibbundle sign s.run' 'pkcs11:token=My%20HSM;object=none' keys/cert.pem --passphrase-file pin
token 'ibbundle sign s.run' 'pkcs11:token=Other;object=keys' keys/cert.pem --passphrase-file pin
token 'ibbundle sign s.run' 'pkcs11:token=My%20HSM;object=keys' rsa/cert.pem --passphrase-file pin
token 'ibbundle sign s.run' 'pkcs11:token=My%20HSM;object=keys;pin-value=1234' keys/cert.pem
token 'ibbundle sign s.run' 'pkcs11:token=My%20HSM;object=keys?pin-source=pin' keys/cert.pem
token 'setsid -w ibbundle sign s.run' 'pkcs11:token=My%20HSM;object=keys' keys/cert.pem </dev/null
status ibbundle sign s.run --key 'pkcs11:token=My%20HSM' --cert keys/cert.pem
status ibbundle sign s.run --key keys/key.pem --cert keys/cert.pem --pkcs11-module "$softhsm"
status ibbundle sign s.run --key 'pkcs11:token=My%20HSM' --cert keys/cert.pem --pkcs11-module pin --passphrase-file pin
cmp s.run before
echo "-- the PIN typed"
token "$SUPPORT/typing 1234 ibbundle sign s.run" 'pkcs11:token=My%20HSM;object=keys' keys/cert.pem
token "$SUPPORT/typing 4321 ibbundle sign s.run" 'pkcs11:token=My%20HSM;object=keys' keys/cert.pem
good s.run
