#!/bin/bash
# SPDX-License-Identifier: MIT
#
# third-party.sh DIR OUT - build what the stub is linked with, from Debian's source packages.
#
# DIR/sources is where source packages are kept; OUT gets include/, kernel/ (the kernel's headers) and
# lib/ for musl-gcc on x86_64, and OUT/versions: one line a library.  apt verifies the packages by the Release files' signatures; the archives are
# checked once more here against the index that apt verified.
#
# What is built, and how it is kept small:
#   openssl  libcrypto.a without ciphers, TLS, error texts and engines, for link-time optimisation;
#            our own provider (openssl/provider.c) stands in for the default one, so that only what
#            CMS verification needs is linked; SHA-256 in OpenSSL's assembly.
#   libzstd  the decoder only, at full speed.
#   cjson    as it is.

set -eu -o pipefail
umask 022
export LC_ALL=C TZ=UTC SOURCE_DATE_EPOCH=0

here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1/sources" "$2"
dir=$(cd "$1" && pwd)
out=$(cd "$2" && pwd)
sources=$dir/sources
jobs=$(nproc)

say() { echo "third-party: $*" >&2; }
die() { say "$*"; exit 1; }

# --- sources -------------------------------------------------------------------------------------

# The machine's own repositories, but for sources, with apt's state in a folder of our own.
setup_apt() {
	local apt=$dir/apt
	mkdir -p "$apt/parts" "$apt/lists/partial" "$apt/cache/archives/partial"
	local f
	for f in /etc/apt/sources.list.d/*.sources; do
		[ ! -e "$f" ] || sed 's/^Types:.*/Types: deb-src/' "$f" > "$apt/parts/${f##*/}"
	done
	for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ ! -e "$f" ] || sed -n 's/^deb\(-src\)\? /deb-src /p' "$f" > "$apt/parts/main-${f##*/}.list"
	done
	cat > "$apt/apt.conf" <<-CONF
		Dir::Etc::sourcelist "/dev/null";
		Dir::Etc::sourceparts "$apt/parts";
		Dir::State::lists "$apt/lists";
		Dir::Cache "$apt/cache";
		APT::Sandbox::User "";
	CONF
	export APT_CONFIG=$apt/apt.conf
	apt-get -q=2 update >&2
}

# "SHA256 SIZE NAME" of every file of source package $1 at version $2.
index_of() {
	apt-cache showsrc --only-source "$1" | awk -v want="$2" '
		/^Version:/ { on = ($2 == want) }
		/^[^ ]/ { sums = ($1 == "Checksums-Sha256:") }
		/^ / && on && sums { print $1, $2, $3 }' | sort -u
}

# Is file $3 of package $1 at version $2 here, as the index says?
verified() {
	local sum
	sum=$(index_of "$1" "$2" | awk -v name="$3" '$3 == name { print $1 }')
	[ -n "$sum" ] && [ -e "$3" ] && echo "$sum  $3" | sha256sum --check --status
}

# Unpack the newest version of source package $1 that can be had whole into $sources/$1, and note
# the version.  A mirror may have the upstream archive of the newest version but not Debian's
# part of it (a security suite that is behind); then upstream's archive is taken as it is, if $2
# says that Debian's patches are not needed.
fetch_source() {
	local package=$1 patches=$2 version name files
	cd "$sources"
	while read -r version; do
		apt-get -q=2 source --download-only --only-source "$package=$version" >&2 || true
		files=$(index_of "$package" "$version" | awk '{ print $3 }')
		local whole=true upstream=''
		for name in $files; do
			if ! verified "$package" "$version" "$name"; then
				case $name in *.asc) ;; *) whole=false ;; esac
				rm -f "$name"
			else
				case $name in *.orig.tar.*[!c]) upstream=$name ;; esac
			fi
		done
		rm -rf "$package" "$package.new"
		if $whole && [ -n "$files" ]; then
			dpkg-source -q --no-check -x "$(echo "$files" | grep '\.dsc$')" "$package.new" >&2
			echo "$version" > "$package.version"
		elif [ "$patches" = optional ] && [ -n "$upstream" ]; then
			mkdir "$package.new"
			tar -xf "$upstream" --strip-components=1 -C "$package.new"
			echo "${version%-*}" > "$package.version"
			say "$package $version: Debian's part is not on the mirror; upstream's archive is used"
		else
			say "$package $version is not on the mirror"
			continue
		fi
		mv "$package.new" "$package"
		return
	done < <(apt-cache showsrc --only-source "$package" | sed -n 's/^Version: //p' |
		sort -u | sort -rV)
	die "no version of source package '$package' can be downloaded"
}

# --- building ------------------------------------------------------------------------------------

# musl-gcc knows no kernel headers; these come from linux-libc-dev.
kernel_headers() {
	mkdir -p "$1"
	ln -sfn /usr/include/linux "$1/linux"
	ln -sfn /usr/include/asm-generic "$1/asm-generic"
	ln -sfn /usr/include/x86_64-linux-gnu/asm "$1/asm"
}

# No feature that verifying a CMS signature does not need.  Without auto-initialisation the caller
# registers the digests (crypto_openssl.c).
openssl_options=(
	no-shared no-pic no-dso no-engine no-dynamic-engine no-static-engine no-legacy no-module
	no-tests no-asm no-err no-autoload-config no-autoalginit no-autoerrinit no-sock no-dgram
	no-ui-console no-deprecated no-async no-comp no-cmp no-ct no-ocsp no-ts no-ssl no-tls no-dtls
	no-srp no-srtp no-psk no-nextprotoneg no-aria no-bf no-blake2 no-camellia no-cast no-chacha
	no-cmac no-des no-dh no-dsa no-ec2m no-gost no-idea no-md4 no-mdc2 no-multiblock no-ocb
	no-poly1305 no-rc2 no-rc4 no-rfc3779 no-rmd160 no-scrypt no-seed no-siphash no-siv no-sm2
	no-sm3 no-sm4 no-whirlpool no-afalgeng no-capieng no-padlockeng no-loadereng no-ktls
	no-filenames no-uplink no-cached-fetch no-rdrand no-secure-memory no-atexit no-pinshared
)
flags=(-Os -fno-pie -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables)
lto=(-flto -fno-fat-lto-objects)

# Compile one file of ours or of OpenSSL against its internal headers.
openssl_cc() {
	musl-gcc "${flags[@]}" "${lto[@]}" -idirafter ../kernel \
		-DNDEBUG -DOPENSSL_NO_FILENAMES -DOPENSSL_SMALL_FOOTPRINT -Iinclude \
		-I../openssl-src/include -Iproviders/common/include -I../openssl-src \
		-I../openssl-src/providers/common/include \
		-I../openssl-src/providers/implementations/include "$@"
}

build_openssl() {
	ln -sfn "$sources/openssl" openssl-src
	mkdir openssl
	cd openssl
	../openssl-src/Configure linux-x86_64 "${openssl_options[@]}" --prefix=/nonexistent \
		--openssldir=/nonexistent CC=musl-gcc AR=gcc-ar RANLIB=gcc-ranlib \
		CFLAGS="${flags[*]} ${lto[*]} -DOPENSSL_SMALL_FOOTPRINT -idirafter ../kernel" \
		> build.log 2>&1 && make -j"$jobs" build_generated >> build.log 2>&1 &&
		make -j"$jobs" libcrypto.a >> build.log 2>&1 ||
		{ tail -n 30 build.log >&2; die "openssl does not build"; }

	# Objects beside the archive win over its members.  SHA-256 in assembly:
	CC=musl-gcc perl ../openssl-src/crypto/sha/asm/sha512-x86_64.pl elf sha256-x86_64.s
	musl-gcc -c -Wa,--noexecstack -o sha256-x86_64.o sha256-x86_64.s
	openssl_cc -DSHA256_ASM -c -o sha256.o ../openssl-src/crypto/sha/sha256.c
	# OpenSSL's own files with a shorter list of key types (ameth) or with the list's own switch
	# (pmeth): the stock lists link Ed25519, Ed448 and their tables, 100 KB.
	cp ../openssl-src/crypto/asn1/ameth_lib.c "$here/openssl/standard_methods.h" .
	openssl_cc -c -o ameth_lib.o ameth_lib.c
	openssl_cc -DOPENSSL_NO_EC -c -o pmeth_lib.o ../openssl-src/crypto/evp/pmeth_lib.c
	# Our provider in place of the default one:
	local file
	for file in provider random_linux cpu_x86_64; do
		openssl_cc -std=c17 -D_GNU_SOURCE -Wall -Wextra -Werror -I"$here/openssl" \
			-ffile-prefix-map="$here=runtime" -c -o "$file.o" "$here/openssl/$file.c"
	done
	cp sha256-x86_64.o sha256.o ameth_lib.o pmeth_lib.o provider.o random_linux.o cpu_x86_64.o \
		libcrypto.a "$1/lib/"
	cp -r ../openssl-src/include/openssl "$1/include/"
	cp include/openssl/*.h "$1/include/openssl/"
	cd ..
}

build_zstd() {
	mkdir zstd
	local src=$sources/libzstd/lib file
	for file in "$src"/common/{debug,entropy_common,error_private,fse_decompress,zstd_common,xxhash}.c \
		"$src"/decompress/*.c "$src"/decompress/*.S; do
		musl-gcc -O2 -fno-pie -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables \
			-ffile-prefix-map="$src=." -Wa,--noexecstack -DNDEBUG \
			-DZSTD_LEGACY_SUPPORT=0 -DZSTD_STRIP_ERROR_STRINGS=1 -DXXH_NAMESPACE=ZSTD_ \
			-c -o "zstd/$(basename "$file").o" "$file"
	done
	gcc-ar rcs "$1/lib/libzstd.a" zstd/*.o
	cp "$src/zstd.h" "$src/zstd_errors.h" "$1/include/"
}

build_cjson() {
	local src=$sources/cjson
	mkdir -p "$1/include/cjson"
	musl-gcc "${flags[@]}" "${lto[@]}" -ffile-prefix-map="$src=." -c -o cJSON.o "$src/cJSON.c"
	gcc-ar rcs "$1/lib/libcjson.a" cJSON.o
	cp "$src/cJSON.h" "$1/include/cjson/"
}

exec 9> "$dir/lock"
flock 9
[ ! -e "$out/versions" ] || exit 0 # another make was first

say "fetching sources"
setup_apt
fetch_source openssl optional # what Debian changes there is about building on Debian
fetch_source libzstd required
fetch_source cjson required

say "building (about a minute)"
work=$(mktemp -d "$dir/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir -p new/include new/lib
kernel_headers new/kernel
ln -s new/kernel kernel
build_openssl "$work/new"
build_zstd "$work/new"
build_cjson "$work/new"
released=$(sed -n 's/^RELEASE_DATE="\(.*\)"/\1/p' "$sources/openssl/VERSION.dat")
{
	echo "openssl $(cat "$sources/openssl.version") of $released"
	echo "libzstd $(cat "$sources/libzstd.version")"
	echo "cjson $(cat "$sources/cjson.version")"
} > versions
rm -rf "${out:?}/include" "${out:?}/kernel" "${out:?}/lib"
mv new/include new/kernel new/lib "$out/"
mv versions "$out/versions" # last: it says that the rest is whole
say "built $(paste -sd, "$out/versions" | sed 's/,/, /g')"
