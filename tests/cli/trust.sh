# SPDX-License-Identifier: MIT
# A policy: edited by `trust`, asked for by `verify --policy`; a rotation and lists of revoked
# certificates in a bundle.  (What a machine does with them: e2e/trust.sh.)
. "$SUPPORT/bundle"

run() {
	local status
	echo "\$ ibbundle $*" | sed -E 's/[0-9a-f]{64}/DIGEST/'
	ibbundle "$@" >out 2>errors </dev/null
	status=$?
	cat out errors | "$SUPPORT/normalise" 's/[0-9a-f]{64}/DIGEST/g' \
		's/sha256 [0-9a-f]{16}\.\.\./sha256 DIGEST.../' 's/[0-9]{4}-[0-9]{2}-[0-9]{2}/DATE/g'
	[ $status -eq 0 ] || echo "status $status"
}
policy() { run trust "$@" --policy p/policy.json; }
verify() {
	run verify "$1" --policy p/policy.json "${@:2}" | grep -v -e '^stub' -e '^no small' -e '^  cert' -e '^whole file' -e '^no [a-z]*\.ibb\.p7s'
}

bundle_build small.ibb >/dev/null
ibbundle keygen -o site --name 'Site key' >/dev/null
ibbundle keygen -o second --name 'Second key' --algorithm p384 >/dev/null

echo '== usage'
run trust
run trust add
run trust frob
policy set
policy list --signers 2
policy add keys/cert.pem --role 'The Vendor'
policy set --role vendor
policy set --signers 17
policy set --require-trust=maybe
policy set --algorithms md5
policy set --minimum small
run trust list --policy p/policy.json --root r
run trust list
policy add m.json
[ -e p ] || echo 'nothing was made'

echo '== one certificate'
policy show
policy list
verify small.ibb
policy set --require-trust
verify small.ibb
policy add keys/cert.pem --role vendor
policy list
verify small.ibb
jq -r '.anchors[0].certificate' p/policy.json | openssl x509 -noout -subject
policy remove 'CN=Nobody'
policy remove 'CN=Test key'
verify small.ibb

echo '== countersigned'
policy add keys/cert.pem --role vendor --signers 1
policy add site/cert.pem --role site --signers 1
policy show
verify small.ibb
cp small.ibb both.ibb
ibbundle sign both.ibb --key site/key.pem --cert site/cert.pem --add >/dev/null
verify both.ibb
cp small.ibb twice.ibb
ibbundle sign twice.ibb --key second/key.pem --cert second/cert.pem --add >/dev/null
verify twice.ibb
policy set --signers 0 --role site

echo '== two of three'
policy add second/cert.pem --role vendor --signers 2
verify small.ibb
verify twice.ibb
policy set --algorithms ecdsa-p256
verify twice.ibb
policy set --algorithms any --signers 1 --role vendor
verify small.ibb

echo '== versions, age, post-quantum, lists'
policy set --minimum small=1.1
verify small.ibb
policy set --minimum small=1.0
verify small.ibb
policy set --minimum small= --maximum-age 1
verify small.ibb
verify small.ibb --ignore-clock
policy set --maximum-age 0 --post-quantum
verify small.ibb
policy set --post-quantum=no --require-crl
verify both.ibb
policy set --require-crl=no
policy distrust "$(openssl x509 -in keys/cert.pem -outform DER | sha256sum | cut -c1-64)"
verify both.ibb
ibbundle trust show --policy p/policy.json --json | jq -c 'del(.anchors[].certificate, .distrusted)'

echo '== a file that is no policy'
jq '.require_trusst = true' p/policy.json >misspelt.json
run verify small.ibb --policy misspelt.json
run verify small.ibb --policy none.json

echo '== an image'
run trust add keys/cert.pem --root image --role vendor
find image -type f -printf '%p %m\n'
ibbundle trust list --root image --json | jq -c '.certificates[] | del(.sha256, .not_after)'

echo '== rotation'
rm -r p
policy add keys/cert.pem
ibbundle keygen -o new --name 'New key' >/dev/null
old=(--key keys/key.pem --cert keys/cert.pem)
run rotate -o r1
run rotate -o r1 --bundle small --new-certificate keys/cert.pem "${old[@]}"
run rotate -o r1 --bundle small --new-certificate new/cert.pem --retire "${old[@]}"
run rotate -o r2 --bundle small --new-certificate site/cert.pem --after r1 --key new/key.pem --cert new/cert.pem
run rotate -o r3 --bundle other --new-certificate new/cert.pem "${old[@]}"
run rotate -o r4 --countersign r1 --key site/key.pem --cert site/cert.pem
build() { run build m.json -o "$1" --stub stub --key "$2/key.pem" --cert "$2/cert.pem" "${@:3}" | grep -v 'packages, '; }
build rotated.ibb new --rotation r1
verify rotated.ibb
build old.ibb keys --rotation r1
verify old.ibb
build chain.ibb site --rotation r2
verify chain.ibb
build stranger.ibb second --rotation r1
verify stranger.ibb
build other.ibb new --rotation r3
build none.ibb new --rotation m.json

echo '== revoked'
mkdir ca
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca/key.pem -out ca/cert.pem \
	-subj '/CN=Test CA' -days 3650 -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca/leaf.key -out ca/leaf.csr -subj '/CN=Leaf' 2>/dev/null
printf 'extendedKeyUsage=codeSigning\nkeyUsage=digitalSignature\n' >ca/extensions
faketime=$(date -d @1750000000 +%Y%m%d%H%M%SZ)
printf '[ca]\ndefault_ca=d\n[d]\ndatabase=ca/index\nnew_certs_dir=ca\nserial=ca/serial\ndefault_md=sha256\npolicy=p\ncrlnumber=ca/number\ndefault_crl_days=30\nunique_subject=no\n[p]\ncommonName=supplied\n' >ca/config
: >ca/index
echo 10 >ca/serial
echo 01 >ca/number
ca() { openssl ca -batch -config ca/config -cert ca/cert.pem -keyfile ca/key.pem "$@" 2>/dev/null; }
ca -in ca/leaf.csr -out ca/leaf.pem -startdate "$faketime" -days 3650 -extfile ca/extensions -notext
ca -gencrl -out ca/empty.crl
ca -revoke ca/leaf.pem
ca -gencrl -out ca/revoked.crl
rm -r p
export SOURCE_DATE_EPOCH
SOURCE_DATE_EPOCH=$(date +%s)
policy add ca/cert.pem
run build m.json -o leaf.ibb --stub stub --key ca/leaf.key --cert ca/leaf.pem | grep -v 'packages, '
verify leaf.ibb
run build m.json -o good.ibb --stub stub --key ca/leaf.key --cert ca/leaf.pem --crl ca/empty.crl | grep -v 'packages, '
verify good.ibb
policy set --require-crl
verify leaf.ibb
verify good.ibb
run build m.json -o bad.ibb --stub stub --key ca/leaf.key --cert ca/leaf.pem --crl ca/revoked.crl | grep -v 'packages, '
verify bad.ibb
mkdir p/trust.d
cp ca/revoked.crl p/trust.d/
policy list
verify good.ibb
run build m.json -o none.ibb --stub stub "${old[@]}" --crl ca/cert.pem
