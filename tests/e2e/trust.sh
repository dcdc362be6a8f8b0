#!/bin/bash
# SPDX-License-Identifier: MIT
# What a machine asks of a bundle, and what it remembers: policy, rollback, clock, revocation, rotation.
# In a root that is a machine of its own, without network.  Needs root.
set -u
# shellcheck source-path=SCRIPTDIR source=../support/e2e
. "$(dirname "$0")/../support/e2e"
builder=$TOP/build/ibbundle
mini=$work/mini
seen=$root/var/lib/ibbundle/seen.json
policy=$root/etc/ibbundle/policy.json

machine() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare -n -m -p -f sh -c 'mount -t proc proc "$1/proc"; shift; exec "$@"' sh "$root" \
		chroot "$root" "$@" > "$work/out" 2> "$work/errors" < /dev/null
	status=$?
	cp "$work/out" "$work/stdout"
	cat "$work/errors" >> "$work/out"
}
install() { machine "/root/$1.run" install --package vendor "${@:2}"; }
reason() { machine "$@" --json; jq -r .reason "$work/stdout" > "$work/out"; }
not() { ! "$@"; }
# bundle NAME N KEY OPTION...: /root/NAME.run of the machine, from mini-N.json, signed by keys/KEY
bundle() {
	XDG_CACHE_HOME=$mini/cache SOURCE_DATE_EPOCH=${made:-1700000000} "$builder" build "$mini/mini-$2.json" \
		-o "$root/root/$1.run" --offline --level 1 --key "$work/keys/$3/key.pem" --cert "$work/keys/$3/cert.pem" \
		"${@:4}" > "$work/out" 2>&1 || { cat "$work/out"; exit 1; }
}

"$TOP/tests/support/mini_bundle.sh" "$mini" || exit 1
"$TOP/tests/support/root.sh" bookworm "$root"
nic=$root/sys/bus/pci/devices/0101:00:00.0
mkdir -p "$nic" "$root/sys/firmware" "$root/sys/class/infiniband/mlx5_0" "$work/keys"
echo 0x15b3 > "$nic/vendor"
echo 0x101c > "$nic/device"
echo 0x020700 > "$nic/class"
for key in vendor site new thief; do
	"$builder" keygen -o "$work/keys/$key" --name "$key key" > /dev/null
	cp "$work/keys/$key/cert.pem" "$root/root/$key.pem"
done
bundle one 1 vendor
bundle two 2 vendor
bundle two-thief 2 thief
b=/root/two.run
cp "$root/root/two.run" "$root/all.run" # where others can run it
chmod 755 "$root/all.run"

echo "-- nobody is trusted"
install two-thief
check "an intact bundle is used" exits 0
check "nothing is remembered of one that nobody vouches for" not test -e "$seen"
install one
check "so an older one may follow" exits 0

echo "-- trust on the machine"
machine $b trust list
check "nobody yet" says 'no certificate is trusted'
machine $b trust add /root/vendor.pem --role vendor --signers 1
check "add" exits 0
check "the file is root's alone" [ "$(stat -c '%u %a' "$policy")" = "0 644" ]
machine $b trust list
check "list" says 'CN=vendor key'
machine $b trust show
check "show" says 'signers: 1 that a trusted certificate of role vendor leads to'
machine chroot --userspec=65534:65534 / /all.run trust list
check "others may look" exits 0
machine chroot --userspec=65534:65534 / /all.run trust set --require-trust=no
check "and not change it" exits 5
check "it says why" says 'must be run as root'
install two-thief
check "another signer" exits 14
reason /root/two-thief.run verify
check "its reason" says signers-missing
chmod 664 "$policy"
install two
check "a policy that others may write" exits 14
check "says what to do" says 'chmod go-w'
reason /root/two.run plan
check "its reason" says policy-unusable
chmod 644 "$policy"
chown 65534 "$root/etc/ibbundle"
machine $b verify
check "its directory is somebody's" exits 4
mv "$policy" "$policy.away"
machine $b verify
check "who may have removed it" exits 4
mv "$policy.away" "$policy"
chown 0 "$root/etc/ibbundle"
echo '{"schema":1,"require_trusst":true}' > "$policy.bad"
mv "$policy" "$policy.away"
mv "$policy.bad" "$policy"
machine $b verify
check "a key that nobody knows" says 'require_trusst'
check "goes no further" exits 4
mv "$policy.away" "$policy"

echo "-- two signers"
machine $b trust add /root/site.pem --role site --signers 1
install two
check "the site's is missing" exits 14
check "says so" says "1 signer of role 'site'"
cp "$root/root/two.run" "$root/root/both.run"
"$builder" sign "$root/root/both.run" --add --key "$work/keys/site/key.pem" --cert "$work/keys/site/cert.pem" > /dev/null
machine /root/both.run verify
check "with both" exits 0
machine $b trust set --signers 0 --role site
machine $b trust remove 'CN=site key'
check "gone" exits 0

echo "-- rollback"
install two
check "version 2" exits 0
check "is remembered" jq -e '.versions == [{"bundle":"mini","version":"2"}]' "$seen"
check "by root's own file" [ "$(stat -c '%u %a' "$seen")" = "0 644" ]
install one
check "version 1 is refused" exits 14
check "says why" says '2 was installed here before: give --allow-downgrade'
reason /root/one.run install --package vendor
check "its reason" says downgrade
machine /root/one.run verify
check "verify says what install would" says 'install would refuse: it is mini 1'
check "and is no refusal" exits 0
machine /root/one.run plan
check "so does plan" says 'refuses  it is mini 1'
install one --allow-downgrade
check "overruled" exits 0
check "the newest is still known" jq -e '.versions[0].version == "2"' "$seen"
machine $b trust set --minimum mini=2
install one --allow-downgrade
check "a minimum is not" exits 14
reason /root/one.run verify
check "its reason" says version-below-minimum
machine $b trust set --minimum mini=
chmod 666 "$seen"
machine $b verify
check "a memory that others may write" exits 4
chmod 644 "$seen"

echo "-- clock"
later=$(($(date +%s) + 86400 * 30))
made=
machine $b trust set --maximum-age 30
install two
check "too old" exits 14
reason $b verify
check "its reason" says bundle-too-old
install two --ignore-clock
check "by no clock" exits 0
check "says what is not checked" says 'the clock is ignored: it was not checked'
machine $b trust set --maximum-age 0
jq ".latest = $later" "$seen" > "$seen.new"
mv "$seen.new" "$seen"
reason $b verify
check "a clock that was set back" says clock-wrong
install two
check "is no clock" exits 14
check "says so" says 'set the clock'
install two --ignore-clock
check "overruled" exits 0
jq '.latest = 1700000000' "$seen" > "$seen.new"
mv "$seen.new" "$seen"

echo "-- rotation"
export SOURCE_DATE_EPOCH=1700000000
"$builder" rotate -o "$work/rotation" --bundle mini --new-certificate "$work/keys/new/cert.pem" --retire \
	--key "$work/keys/vendor/key.pem" --cert "$work/keys/vendor/cert.pem" > /dev/null
unset SOURCE_DATE_EPOCH
bundle new 2 new
bundle rotated 2 new --rotation "$work/rotation"
install new
check "a signer nobody knows" exits 14
machine /root/rotated.run verify
check "whom the old one names" says 'a trusted signer names another'
check "is trusted" exits 0
install new
check "verify remembers nothing" exits 14
install rotated
check "install does" exits 0
install new
check "the next one need not carry it" exits 0
install two
check "the old one is retired" exits 14
machine $b trust list
check "list says where it is from" says 'from the rotation in mini 2'
check "and who gave way" says "no longer for bundles 'mini'"
machine $b trust remove 'CN=new key'
check "it can be dropped" exits 0
install new
check "and is" exits 14

echo "-- revocation"
ca=$work/ca
mkdir "$ca"
(
	cd "$ca" || exit
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -subj '/CN=CA' \
		-days 3650 -addext keyUsage=critical,keyCertSign,cRLSign
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout leaf.key -out leaf.csr -subj /CN=Leaf
	printf 'extendedKeyUsage=codeSigning\nkeyUsage=digitalSignature\n' > extensions
	printf '[ca]\ndefault_ca=d\n[d]\ndatabase=index\nnew_certs_dir=.\nserial=serial\ndefault_md=sha256\npolicy=p\ncrlnumber=number\ndefault_crl_days=30\n[p]\ncommonName=supplied\n' > config
	: > index
	echo 10 > serial
	echo 01 > number
	ca() { openssl ca -batch -config config -cert cert.pem -keyfile key.pem "$@"; }
	ca -in leaf.csr -out leaf.pem -days 3650 -extfile extensions -notext
	ca -gencrl -out empty.crl
	ca -revoke leaf.pem
	ca -gencrl -out revoked.crl
	mkdir -p "$work/keys/leaf"
	cp leaf.key "$work/keys/leaf/key.pem"
	cp leaf.pem "$work/keys/leaf/cert.pem"
	cp cert.pem "$root/root/ca.pem"
) > "$work/out" 2>&1 || cat "$work/out"
made=$(date +%s)
bundle leaf 2 leaf --crl "$ca/empty.crl"
bundle revoking 2 new --crl "$ca/revoked.crl"
made=
machine $b trust add /root/ca.pem --role vendor
machine $b trust add /root/new.pem --role vendor
install leaf
check "a signer below a CA" exits 0
install revoking
check "a bundle that says he is revoked" exits 0
check "is remembered" jq -e '.crls | length == 1' "$seen"
install leaf
check "refused, whatever his bundle carries" exits 14
reason /root/leaf.run verify
check "its reason" says signer-revoked
e2e_end
