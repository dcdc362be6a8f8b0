# SPDX-License-Identifier: MIT
# The runtime's reading commands, on a small bundle; again with other stubs under $STUB_LAUNCHER.
. "$SUPPORT/bundle"
cp "$STUB" stub
# The name says which platform's runtime is at the head.
head=.run
[[ $STUB != *-aarch64 ]] || head=-aarch64.run
[[ $STUB != *.exe ]] || head=.exe
bundle_build "small$head" >/dev/null
[ $head = .run ] || mv "small$head" small.run
ibbundle keygen -o other --name 'Other key' >/dev/null
jq '.id = "two"' "$TOP/manifests/facts/hb120rs_v3.json" >two.json
jq '.id = "three"' "$TOP/manifests/facts/hb120rs_v3.json" >three.json

# What Windows calls otherwise.
here=Z:${PWD//\//\\\\}
words=('s#%ProgramData%\\ibbundle\\#/etc/ibbundle/#' "s#$here\\\\#$PWD/#g"
	's/File not found \(error 2\)/No such file or directory/' 's#part\\v#part/v#')
[ $head = .exe ] || words=()

# run ARGUMENT...: the runtime at the head of ./small.run, or of $bundle
run() {
	local status
	echo "\$ ${bundle:-small.run} $*"
	$STUB_LAUNCHER "./${bundle:-small.run}" "$@" >out 2>errors </dev/null
	status=$?
	cat out errors | "$SUPPORT/normalise" "${words[@]}" 's/[0-9.]+ kB/N kB/g' 's/[0-9a-f]{64}/DIGEST/g' 's/[0-9]+ bytes/N bytes/g' 's/at offset [0-9]+/at offset N/g' 's/[0-9]{4}-[0-9]{2}-[0-9]{2}/DATE/g'
	[ $status -eq 0 ] || echo "status $status"
}

echo '== help and usage'
run help
run help verify
run nonsense
run list --nonsense
$STUB_LAUNCHER ./small.run version | grep -c -e '^ibbundle runtime' -e '^OpenSSL'

echo '== reading'
run list --trust keys/cert.pem
run verify --trust keys/cert.pem
run plan --facts two.json --trust keys/cert.pem
run plan --facts three.json --trust keys/cert.pem
run extract out.d --facts two.json --trust keys/cert.pem
find out.d | sort
cmp out.d/two files/two && cmp out.d/shared files/shared && echo same
$STUB_LAUNCHER ./small.run facts --json | jq -r 'type'

echo '== parts'
mkdir part
ibbundle slice small.run -o part/v --max-size "$(($(stat -c %s stub) + 300000))" >/dev/null
mv part/v part/v.run
ls part
bundle=part/v.run run extract out.v --facts two.json --trust keys/cert.pem
cmp out.v/two files/two && cmp out.v/shared files/shared && echo same
mv part/v.2.ibb second.ibb
bundle=part/v.run run extract out.w --facts two.json --trust keys/cert.pem
bundle=part/v.run run plan --facts two.json --trust keys/cert.pem
bundle=part/v.run run extract out.w --facts two.json --trust keys/cert.pem --bundle part/v.run --bundle second.ibb
bundle=part/v.run run list --trust keys/cert.pem --bundle part/v.run --bundle other/cert.pem
SOURCE_DATE_EPOCH=1760000001 ibbundle build m.json -o part/v.2.ibb --stub stub --unsigned >/dev/null
bundle=part/v.run run extract out.x --facts two.json --trust keys/cert.pem

echo '== trust'
run list
run list --require-trust
run list --trust other/cert.pem
run list --trust keys/key.pem
run list --trust none.pem
cat other/cert.pem keys/cert.pem >both.pem
run verify --trust both.pem --require-trust

echo '== damage'
size=$(stat -c %s small.run)
stub_size=$(stat -c %s stub)
cp small.run flipped.run
printf 'x' | dd of=flipped.run bs=1 seek=$((stub_size + 5000)) conv=notrunc status=none
bundle=flipped.run run verify
head -c $((size - 1)) small.run >cut.run
chmod +x cut.run
bundle=cut.run run list
bundle=stub run list

echo '== beside'
cp small.run stub.ibb
bundle=stub run list --trust keys/cert.pem
cp flipped.run stub.ibb
bundle=stub run verify --trust keys/cert.pem
mkdir stub2.ibb && cp stub stub2
bundle=stub2 run list
echo nonsense >small.ibb
run list --trust keys/cert.pem

echo '== unsigned'
ibbundle build m.json -o "unsigned$head" --stub stub --unsigned >/dev/null
[ $head = .run ] || mv "unsigned$head" unsigned.run
bundle=unsigned.run run list
