#!/bin/bash
# SPDX-License-Identifier: MIT
# RPMs, as rpmbuild makes them, in a vendor's .tgz and by themselves: stored as the files in them where
# their payload is xz, laid out as they came, by the builder and by the runtime; rpm finds their digests good.
set -u
E2E_ANY_USER=1
# shellcheck source-path=SCRIPTDIR source=../support/e2e
. "$(dirname "$0")/../support/e2e"
cd "$work" || exit 1
export XDG_CACHE_HOME=$work/cache SOURCE_DATE_EPOCH=1760000000
umask 022

run() {
	"$@" > "$work/out" 2>&1 < /dev/null
	status=$?
}
make_spec() {
	printf '%s\n' 'Name: x' "Version: 1" "Release: $1" 'Summary: x' 'License: MIT' \
		'AutoReqProv: no' '%description' x '%install' 'mkdir -p %{buildroot}/usr/x && cd %{buildroot}/usr/x' \
		"cp /bin/bash a && ln a b && cp /bin/ls c && echo $1 >> c && seq $1 9999 > d && echo small > e" \
		'ln -s a l' '%files' '/usr/x'
}
rpm_of() { # RELEASE PAYLOAD FILE
	make_spec "$1" > x.spec
	rpmbuild -bb --quiet --define "_topdir $work/top" --define "_binary_payload $2" \
		--define '__os_install_post %{nil}' --define '_build_id_links none' \
		--define 'debug_package %{nil}' x.spec > rpmbuild.log 2>&1 && mv top/RPMS/*/*.rpm "$3" ||
		cat rpmbuild.log
}
file() { # NAME [MORE]
	printf '{ "url": ["file://%s/%s"], "sha256": "%s", "path": "%s"%s }' "$work" "$1" \
		"$(sha256sum "$1" | cut -d' ' -f1)" "$1" "${2:-}"
}
build() { # OUT [OPTION...]
	local out=$1
	shift
	run ibbundle build m.json -o "$out" --stub "$STUB" --key keys/key.pem --cert keys/cert.pem "$@"
}
same_files() { (cd "$1" && sha256sum --quiet -c ../sums); }
digests_good() { rpm -K --nosignature "$1"/ofed.tgz/RPMS/[^d]*.rpm "$1"/alone-1-1.rpm; }

mkdir -p ofed/RPMS
rpm_of 1 w2.xzdio ofed/RPMS/x-1-1.rpm
rpm_of 2 w2.xzdio ofed/RPMS/x-1-2.rpm
rpm_of 3 w6T2.xzdio ofed/RPMS/x-1-3.rpm
rpm_of 4 w9.gzdio ofed/RPMS/gzip-1-4.rpm
rpm_of 5 w3.zstdio ofed/RPMS/zstd-1-5.rpm
rpm_of 6 w2.xzdio alone-1-1.rpm
cp ofed/RPMS/x-1-1.rpm ofed/RPMS/damaged-1-1.rpm
printf x >> ofed/RPMS/damaged-1-1.rpm
echo 5.8 > ofed/.mlnx
tar -C ofed --sort=name --owner=0 --group=0 --mtime="@$SOURCE_DATE_EPOCH" -cf - . | gzip -n9 > ofed.tgz
(cd ofed && find . -type f -exec sha256sum {} +) | sed 's,  ./,  ofed.tgz/,' > sums
sha256sum alone-1-1.rpm >> sums
cat > m.json <<END
{ "schema": 1, "name": "rpms", "version": "1", "packages": [
  { "id": "ofed", "title": "OFED", "version": "1", "license": "MIT", "priority": 1, "match": { "os": "linux" },
    "install": [ { "run": ["true"] } ],
    "files": [ $(file alone-1-1.rpm), $(file ofed.tgz ', "unpack": true') ] } ] }
END
ibbundle keygen -o keys --name 'Test key' > /dev/null
run ibbundle lock m.json
check "lock" exits 0

echo "-- stored as the files in them"
build b.run
check "build" exits 0
check "xz payloads are made again when laid out" says '4 of 7 .rpm packages'
check "the archive can be given back" says 'exact: 1 of 1 packages and archives'
run ibbundle build m.json -o again.run --stub "$STUB" --unsigned -v
check "why another stays" says "gzip-1-4.rpm stays as it is: no reader can make its payload again (gzip)"
check "so does one of zstd" says "zstd-1-5.rpm stays as it is: no reader can make its payload again (zstd)"
check "and one that is damaged" says "damaged-1-1.rpm stays as it is: it is not one whole .xz stream"
build raw.run --recompress-budget 0
smaller() { [ $((2 * $(stat -c %s b.run))) -lt $(($(stat -c %s b.run) + $(stat -c %s raw.run))) ]; }
check "without a budget, as they come" exits 0
check "which is larger" smaller
run ibbundle verify b.run --trust keys/cert.pem
check "all digests match" exits 0
run ibbundle verify b.run --exact
check "also those of the vendor's files" exits 0

echo "-- laid out"
run ibbundle extract b.run --package ofed -o laid
check "extract" exits 0
check "every file is the vendor's" same_files laid
check "rpm finds the digests good" digests_good laid
run ./b.run extract laid-by-runtime --package ofed --trust keys/cert.pem
check "the runtime, too" exits 0
check "every file is the vendor's" same_files laid-by-runtime
check "rpm finds the digests good" digests_good laid-by-runtime
run ibbundle extract b.run --package ofed --exact -o vendor
check "extract --exact" exits 0
check "the archive" cmp vendor/ofed.tgz ofed.tgz
check "the package by itself" cmp vendor/alone-1-1.rpm alone-1-1.rpm
e2e_end
