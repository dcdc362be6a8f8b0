# SPDX-License-Identifier: MIT
# Signatures made, added, replaced and refused; unsigned bundles are not even looked into.
. "$SUPPORT/bundle"
signers() { ibbundle inspect "$1" --json | jq -r '.signers[].subject'; }
status() {
	"$@" 2>&1
	echo "status $?"
}
for name in ops security late; do
	ibbundle keygen -o "$name" --name "$name" --algorithm p384 >/dev/null
done
stat -c '%a %n' ops/key.pem ops/cert.pem
status ibbundle keygen -o ops
status ibbundle keygen -o other --algorithm ed25519

bundle_stub stub
bundle_manifest
ibbundle build m.json -o b.run --stub stub --unsigned
ls b.run*
echo "== every command refuses what is not signed"
for command in verify inspect list 'extract --all -o out' 'plan --facts none'; do
	# shellcheck disable=SC2086
	status ibbundle $command b.run
done

echo "== sign, add, replace"
cp b.run unsigned
ibbundle sign b.run --key ops/key.pem --cert ops/cert.pem
cmp unsigned b.run | sed 's/.*differ/differ/; s/, line.*//' # in the signature section only
stat -c '%a %n' b.run b.run.p7s
signers b.run
ibbundle sign b.run --key security/key.pem --cert security/cert.pem --add
signers b.run
ibbundle verify b.run --trust ops/cert.pem | grep -v sha256
status ibbundle verify b.run --trust ops/cert.pem --require-trust
ibbundle inspect b.run --trust security/cert.pem | grep signed
cp b.run two-signatures
status ibbundle sign b.run --key ops/key.pem --cert ops/cert.pem --add
cmp b.run two-signatures
ibbundle sign b.run --key late/key.pem --cert late/cert.pem
signers b.run
find . -mindepth 1 -maxdepth 1 | sort | xargs

echo "== not the one that is trusted"
status ibbundle verify b.run --trust ops/cert.pem
status ibbundle verify b.run --require-trust
status ibbundle list b.run --trust m.json
echo "== a whole-file signature of another bundle"
cp two-signatures other.run
cp b.run.p7s other.run.p7s
status ibbundle verify other.run
echo junk >other.run.p7s
status ibbundle verify other.run

echo "== nobody signs what is damaged"
cp b.run damaged
printf '\377' | dd of=damaged bs=1 seek=100000 conv=notrunc status=none
cp damaged before
status ibbundle sign damaged --key ops/key.pem --cert ops/cert.pem
cmp damaged before
find . -name '*damaged*'
status ibbundle sign m.json --key ops/key.pem --cert ops/cert.pem | sed 's/offset [0-9]*/offset N/'
status ibbundle sign none --key ops/key.pem --cert ops/cert.pem
status ibbundle sign b.run --key ops/cert.pem --cert ops/cert.pem

echo "== no room"
before=$(find . | sort)
(
	ulimit -f 100
	status ibbundle sign b.run --key ops/key.pem --cert ops/cert.pem
	status ibbundle extract b.run --all -o out
)
[ "$(find . | sort)" = "$before" ] || find . | sort
cmp -s b.run two-signatures || ibbundle verify b.run | head -1
