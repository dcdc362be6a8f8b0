# SPDX-License-Identifier: MIT
# What a local user can do to who builds, verifies and extracts: pipes, descriptors, masks,
# environments, planted links, and a bundle that is written to meanwhile.  Linux only.
. "$SUPPORT/bundle"
cp "$STUB" stub
bundle_build b.run >/dev/null
cp b.run good.run
jq '.id = "two"' "$TOP/manifests/facts/hb120rs_v3.json" >two.json
status() {
	"$@" 2>&1
	echo "status $?"
}
same() { cmp -s "$1" "$2" && echo "same" || echo "$1 CHANGED"; }
# refused STATUS COMMAND...: ends with that, soon, whatever it says
refused() {
	local want=$1 status=0
	shift
	timeout 60 "$@" >out 2>&1 || status=$?
	[ $status -eq "$want" ] && tail -n 1 out || echo "STATUS $status: $(cat out)"
}

echo "== a pipe, a directory or a device for a bundle"
mkfifo pipe
for file in pipe . /dev/zero /dev/null; do
	refused 5 ibbundle verify $file
	refused 3 ./b.run verify --bundle $file
done
refused 5 ibbundle verify /dev/stdin < <(cat b.run)
refused 3 ./b.run verify --bundle /dev/stdin < <(cat b.run)
refused 2 ibbundle sign pipe --key keys/key.pem --cert keys/cert.pem
refused 0 ./b.run verify --bundle /dev/stdin <good.run | sed 's/:.*//'
cp b.run c.run
mkfifo c.run.p7s
refused 3 ibbundle verify c.run
rm c.run.p7s

echo "== closed descriptors"
# What has nowhere to say so may fail, but never writes into what it opened instead.
whole_or_nothing() {
	[ ! -e extracted ] || diff -r extracted files | grep -v '^Only in files'
	rm -rf extracted
}
for closed in '<&-' '>&-' '2>&-' '<&- >&-' '>&- 2>&-' '<&- >&- 2>&-'; do
	rm -rf built.run
	eval "ibbundle verify b.run >out1 2>out2 $closed" || true
	eval "ibbundle extract b.run --package two -o extracted >out1 2>out2 $closed" || true
	whole_or_nothing
	eval "./b.run extract extracted --facts two.json >out1 2>out2 $closed" || true
	whole_or_nothing
	eval "ibbundle build m.json -o built.run --stub stub --unsigned >out1 2>out2 $closed" || true
	[ ! -e built.run ] || refused 4 ibbundle verify built.run
done
same b.run good.run
same stub "$STUB"
# While it waits for somebody to write the certificate: what has their numbers?
mkfifo certificate
ibbundle verify b.run --trust certificate <&- >&- 2>&- &
reader=$!
filled=no
for ((i = 0; i < 200; i++)); do
	[ "$(readlink /proc/$reader/fd/{0,1,2} | sort | uniq -c | sed 's/^ *//')" != '3 /dev/null' ] || { filled=yes && break; }
	sleep 0.05
done
echo "filled: $filled"
timeout 20 dd if=keys/cert.pem of=certificate status=none
wait $reader || true

echo "== masks"
for mask in 0 077; do
	rm -rf extracted other
	(
		umask $mask
		./b.run extract extracted --package one >/dev/null
		ibbundle keygen -o other >/dev/null
	)
	stat -c '%a %n' extracted extracted/* other/key.pem
done

echo "== an environment, a directory and a path of somebody else's"
mkdir hostile
ibbundle keygen -o evil --name 'Evil' >/dev/null
ibbundle build m.json -o evil.run --stub stub --key evil/key.pem --cert evil/cert.pem >/dev/null
cp evil.run hostile/evil.run
cat >hostile/openssl.cnf <<'END'
openssl_conf = init
[init]
alg_section = algorithms
providers = providers
[algorithms]
default_properties = fips=yes
[providers]
null = null
[null]
activate = 1
END
for program in openssl gpgv gpg dpkg apt-config osslsigncode sh uname; do
	printf '#!/bin/sh\necho "%s was run" >>%s/was-run\n' $program "$PWD" >hostile/$program
	chmod +x hostile/$program
done
mkdir -p hostile/etc/ibbundle/trust.d hostile/trust.d hostile/sha256
cp evil/cert.pem hostile/etc/ibbundle/trust.d
cp evil/cert.pem hostile/trust.d
echo '{}' >hostile/policy.json
printf 'void __attribute__((constructor)) f(void) { __builtin_trap(); }\n' | gcc -shared -fPIC -x c - -o hostile/lib.so 2>/dev/null
hostile() { # COMMAND...: as somebody else would have it
	local here=$PWD
	(
		cd hostile || exit
		env -i "${loader[@]}" OPENSSL_CONF="$here/hostile/openssl.cnf" OPENSSL_MODULES=. OPENSSL_ENGINES=. \
			SSL_CERT_FILE="$here/evil/cert.pem" SSL_CERT_DIR="$here/hostile/trust.d" \
			IBB_TRUST="$here/evil/cert.pem" TRUST="$here/evil/cert.pem" TMPDIR=/nonexistent \
			PATH=".:$here/hostile" HOME="$here/hostile" LC_ALL=xx_XX.UTF-16 TZ=:/dev/zero \
			MALLOC_PERTURB_=165 SOURCE_DATE_EPOCH=junk IFS=/ PROGRAMDATA="$here/hostile" \
			XDG_CONFIG_HOME="$here/hostile" "$@" 2>&1
	)
}
plain() { "$@" 2>&1; }
# what steers a loader: a static program has none
loader=(LD_PRELOAD="$PWD/hostile/lib.so" LD_AUDIT="$PWD/hostile/lib.so" LD_LIBRARY_PATH=.)
i=0
compare() { # COMMAND...: the same, whoever says so
	i=$((i + 1))
	plain "$@" >plain.$i
	local status=$?
	hostile "$@" >hostile.$i
	[ $? = $status ] || echo "ANOTHER STATUS"
	diff plain.$i hostile.$i && echo "same, status $status"
}
compare "$PWD/b.run" verify
compare "$PWD/b.run" list --require-trust
compare "$PWD/evil.run" verify --trust "$PWD/keys/cert.pem"
compare "$PWD/b.run" plan --facts "$PWD/two.json"
compare "$PWD/b.run" facts
builder=$(command -v ibbundle) loader=()
compare "$builder" verify "$PWD/b.run" --trust "$PWD/keys/cert.pem" --require-trust
compare "$builder" verify "$PWD/evil.run" --trust "$PWD/keys/cert.pem"
compare "$builder" inspect "$PWD/b.run"
cat was-run 2>/dev/null

echo "== a name that steers a terminal"
mkdir named && touch "named/$(printf 'a\033[2J\302\2332Jb')"
tar -C named -czf files/evil.tgz .
echo "{\"schema\": 1, \"name\": \"evil\", \"version\": \"1\", \"title\": \"For tests\",
	\"packages\": [$(bundle_package evil 1.0 evil.tgz)]}" >evil.json
ibbundle lock evil.json >/dev/null
refused 3 ibbundle build evil.json -o e.run --stub stub --unsigned | cat -v
rm files/evil.tgz

echo "== planted where something is written"
echo kept >victim
for command in "ibbundle extract b.run --package two -o" "./b.run extract --facts two.json"; do
	for plant in 'ln -s .' 'ln -s none' 'mkfifo' 'mkdir -p planted/x; true' 'ln victim'; do
		rm -rf planted
		eval "$plant planted"
		refused 2 $command planted
	done
done
rm -rf planted
ln -s victim out.run
ln -s victim out.run.p7s
ibbundle build m.json -o out.run --stub stub --key keys/key.pem --cert keys/cert.pem >/dev/null
ibbundle verify out.run | head -n 1
cat victim
ln -sf victim b.run.p7s
ibbundle sign b.run --key keys/key.pem --cert keys/cert.pem >/dev/null
cat victim
cp good.run b.run
ibbundle keygen -o planted >/dev/null
rm planted/key.pem && ln -s ../victim planted/key.pem
refused 2 ibbundle keygen -o planted
cat victim

echo "== written to while it is read"
# A writer swaps parts of the file all the time; whatever a reader sees, it takes what was signed or
# says no.  That every single read is verified is test_bundle's business.
cp good.run shared.run
size=$(stat -c %s good.run)
(
	trap 'exit 0' TERM
	while :; do
		dd if=/dev/urandom of=shared.run bs=64k seek=$((RANDOM % (size / 65536))) count=1 conv=notrunc
		truncate -s $((size / 2)) shared.run
		cat good.run >shared.run
	done
) 2>/dev/null &
writer=$!
for ((i = 0; i < 60; i++)); do
	if ((i % 2)); then
		ibbundle extract shared.run --package two -o extracted.$i >out 2>&1
	else
		./good.run extract extracted.$i --package two --bundle shared.run >out 2>&1
	fi
	case $? in
	0) cmp -s extracted.$i/two files/two && cmp -s extracted.$i/shared files/shared || echo "WRONG CONTENT" ;;
	3 | 4) [ ! -e extracted.$i ] || echo "LEFT BEHIND" ;;
	*) echo "UNEXPECTED: $(cat out)" ;;
	esac
	rm -rf extracted.$i
done
kill $writer
wait $writer
echo "done"
