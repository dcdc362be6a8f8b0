#!/bin/bash
# SPDX-License-Identifier: MIT
# One lock and the same stubs give the same files, byte for byte up to the signatures: from two
# directories, with two umasks, locales, time zones, numbers of threads and caches; and no network is
# touched offline.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/first" "$work/second directory"
cd "$work/first"
export XDG_CACHE_HOME=$PWD/cache
. "$SUPPORT/bundle"
fail() {
	echo "FAILED: $*" >&2
	exit 1
}

# several blocks in a group, some of which compress, so that threads can get in each other's way
bundle_stub stub
bundle_stub_arm stub.arm
bundle_stub_exe stub.exe
stubs=(--stub stub --stub stub.arm --stub stub.exe)
endings=(.run -aarch64.run .exe .ibb)
bundle_files
seq 6000000 >files/one
bundle_noise 30000000 3 >files/two
bundle_package one 1.0 one shared tree.tgz >one.json
bundle_package two 2.0 two shared >two.json
jq -n --slurpfile one one.json --slurpfile two two.json '{schema: 1, name: "small",
	version: "1.0", title: "For tests", packages: ($one + $two)}' >m.json
ibbundle lock m.json
cp -a m.json m.lock.json files stub stub.arm stub.exe "$work/second directory"

ibbundle keygen -o keys >/dev/null
sign=(--key "$PWD/keys/key.pem" --cert "$PWD/keys/cert.pem")
ibbundle build m.json -o b "${stubs[@]}" --level 4 -j1 "${sign[@]}"
cd "$work/second directory"
cp "$(command -v ibbundle)" ./builder
(
	umask 077
	export TZ=Asia/Kolkata LC_ALL=C LANG=de_DE.UTF-8 XDG_CACHE_HOME=$PWD/another
	./builder build "$PWD/m.json" --output="$PWD/c" --stub ./stub.exe --stub ./stub.arm --stub ./stub \
		--level 4 -j2 "${sign[@]}"
	./builder build m.json -o d "${stubs[@]}" --level 4 -j8 --unsigned
)
first=$work/first/b
section() { ibbundle inspect "$first$1" --json | jq ".sections.$2.offset"; }
[ "$(ibbundle inspect "$first.run" --json | jq .blocks)" -gt 6 ] || fail "too few blocks to tell"
for ending in "${endings[@]}"; do
	signatures=$(section "$ending" signatures) locator=$(section "$ending" locator)
	for other in c d; do
		cmp -n "$signatures" "$first$ending" "$other$ending" || fail "$other$ending differs"
		cmp -i "$locator" "$first$ending" "$other$ending" ||
			fail "the locator of $other$ending differs"
	done
	# one root, signed once
	for section in root signatures; do
		size=$(ibbundle inspect "$first$ending" --json | jq .sections.$section.size)
		cmp -n "$size" "$first.ibb" "$first$ending" \
			"$(section .ibb $section)" "$(section "$ending" $section)" ||
			fail "the $section of b$ending is another"
	done
done
echo "same bytes"

# What is asked for over the network is in the cache: no socket but for local name services.  The lock is
# another, and so is what the bundle says of itself; all else is the same.
sed -i 's#"\(file:\)\?[^"]*files/#"http://192.0.2.1/files/#' m.lock.json
grep -q '"http://192.0.2.1/files/shared"' m.lock.json || fail "the lock has no such addresses"
export XDG_CACHE_HOME=$work/first/cache
strace -f -qq -o trace -e trace=socket,connect,sendto \
	ibbundle build m.json -o e.run "${stubs[@]}" --level 4 --offline "${sign[@]}"
signed_parts() { ibbundle inspect "$1" --json | jq -c '[.table, .catalog]'; }
[ "$(signed_parts e.run)" = "$(signed_parts "$first.run")" ] || fail "the bundle made offline differs"
! grep -q AF_INET trace || fail "the network was touched: $(grep AF_INET trace)"
echo "no network"

# Interrupted while it works, it leaves nothing.
for signal in HUP TERM; do # a shell's background jobs ignore SIGINT
	before=$(ls -A)
	ibbundle build m.json -o f "${stubs[@]}" --level 19 --offline --unsigned 2>said &
	sleep 0.7
	kill -"$signal" $!
	wait $! && fail "it did not stop on SIG$signal"
	grep -q 'interrupted by signal' said || fail "it said: $(cat said)"
	rm said
	[ "$(ls -A)" = "$before" ] || fail "left behind: $(ls -A)"
done
echo "nothing left behind"
