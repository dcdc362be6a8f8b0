# SPDX-License-Identifier: MIT
# The lines of `inspect --print-commands` check a bundle with stock tools alone, and find what is
# wrong with it.
. "$SUPPORT/bundle"
run() { # NAME [VARIABLE=VALUE]: the printed commands about NAME
	local status=0
	ibbundle inspect good.run --print-commands | sed "s#^bundle=.*#bundle='$1'#" >commands
	env "${2:-x=}" TMPDIR="$PWD/tmp" bash -eu commands >out 2>&1 || status=$?
	echo "$1: status $status"
}
mkdir tmp
bundle_build good.run >/dev/null
ibbundle keygen -o other --name other >/dev/null
ibbundle sign good.run --key other/key.pem --cert other/cert.pem --add
run good.run
grep -v -e Fingerprint -e notAfter out | sed "s#$PWD/tmp/[^/]*#WORK#; s/ = /=/"
ls -A tmp
run good.run TRUST=other/cert.pem
grep -c 'self-signed\|verify error' out
cat other/cert.pem keys/cert.pem >both.pem
run good.run TRUST=both.pem
rm -rf tmp/*

echo "== a flipped byte in each part"
section() { ibbundle inspect good.run --json | jq ".sections.$1.offset"; }
for part in stub blocks places table catalog root locator; do
	cp good.run flipped
	cp good.run.p7s flipped.p7s
	at=$(($(section "$part") + 20))
	byte=$(od -An -tu1 -j "$at" -N 1 flipped)
	printf "\\$(printf %o $((byte ^ 1)))" | dd of=flipped bs=1 seek="$at" conv=notrunc status=none
	echo "-- $part"
	run flipped
	ibbundle verify flipped 2>&1 | "$SUPPORT/normalise" | tail -1
done
