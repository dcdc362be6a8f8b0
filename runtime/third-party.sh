#!/bin/bash
# SPDX-License-Identifier: MIT
#
# third-party.sh PLATFORM DIR OUT - build what PLATFORM's stub is linked with, from Debian's sources.
#
# DIR/sources is where source packages are kept, for every platform; OUT gets include/, lib/ and
# OUT/versions: one line a library that is in the stub, those of the compiler's too.  apt verifies the
# packages by the Release files' signatures; the archives are checked once more here against the index
# that apt verified.
#
# What is built, and how it is kept small:
#   openssl  libcrypto.a without ciphers, TLS, error texts and engines, for link-time optimisation;
#            our own provider (openssl/provider.c) stands in for the default one, so that only what
#            CMS verification needs is linked; SHA-256 in OpenSSL's assembly.
#   libzstd  the decoder only, at full speed.
#   liblzma  LZMA2 with the x86 and ARM64 filters: decoder and encoder, of which the linker drops what
#            the stub does not use.
#   cjson    as it is.
# and where the machine has none for the platform:
#   musl     OUT/musl, with OUT/bin/aarch64-linux-musl-gcc, which compiles and links against it.
#   cmocka   for the unit tests only.
# On Linux OUT/kernel has the kernel's headers, which a musl compiler does not look for by itself.

set -eu -o pipefail
umask 022
export LC_ALL=C TZ=UTC SOURCE_DATE_EPOCH=0

here=$(cd "$(dirname "$0")" && pwd)
platform=$1
mkdir -p "$2/sources" "$3"
dir=$(cd "$2" && pwd)
out=$(cd "$3" && pwd)
sources=$dir/sources
jobs=$(nproc)

say() { echo "third-party: $platform: $*" >&2; }
die() { say "$*"; exit 1; }

# --- platforms -----------------------------------------------------------------------------------

# flags: as the stub is compiled; sha256: the generator in openssl/crypto/sha/asm and its flavour;
# ours: the files of openssl/ beside this script that stand in for OpenSSL's; own: built here, not
# taken from the machine.
flags=(-Os -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fno-unwind-tables)
ours=(provider seed)
includes=() # flags for OpenSSL
case $platform in
linux-x86_64)
	cc=musl-gcc tools='' target=linux-x86_64 own=()
	sha256=(sha512-x86_64.pl elf)
	flags+=(-fno-pie)
	ours+=(random_linux cpu_x86_64)
	kernel=(/usr/include/linux /usr/include/asm-generic /usr/include/x86_64-linux-gnu/asm)
	;;
linux-aarch64)
	cc=aarch64-linux-musl-gcc tools=aarch64-linux-gnu- target=linux-aarch64 own=(musl cmocka)
	sha256=(sha512-armv8.pl linux64)
	flags+=(-fno-pie)
	ours+=(random_linux cpu_aarch64)
	kernel=(/usr/aarch64-linux-gnu/include/{linux,asm-generic,asm})
	;;
windows-x86_64)
	cc=x86_64-w64-mingw32-gcc tools=x86_64-w64-mingw32- target=mingw64 own=(cmocka)
	sha256=(sha512-x86_64.pl mingw64)
	flags+=(-D_WIN32_WINNT=0x0602 -D__USE_MINGW_ANSI_STDIO=1)
	ours+=(random_windows cryptlib_windows cpu_x86_64)
	kernel=()
	includes=(-include ../windows_types.h)
	;;
*)
	echo "third-party: '$platform' is no platform of the runtime" >&2
	exit 2
	;;
esac
builds() { [[ " ${own[*]} " = *" $1 "* ]]; }

# --- sources -------------------------------------------------------------------------------------

# Where what must be newer than the machine's is taken from: the stable release whose OpenSSL, 3.5, has
# ML-DSA, and whose liblzma, 5.8, takes a quarter less time to decode.
newer_suite=trixie
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# Let apt keep a state of its own in folder $1, whose parts/ says where the sources are.
use_apt() {
	mkdir -p "$1/lists/partial" "$1/cache/archives/partial"
	cat > "$1/apt.conf" <<-CONF
		Dir::Etc::sourcelist "/dev/null";
		Dir::Etc::sourceparts "$1/parts";
		Dir::State::lists "$1/lists";
		Dir::Cache "$1/cache";
		APT::Sandbox::User "";
	CONF
	export APT_CONFIG=$1/apt.conf
	apt-get -q=2 update >&2
}

# The machine's own repositories, but for sources.
use_apt_of_machine() {
	local apt=$dir/apt
	mkdir -p "$apt/parts"
	local f
	for f in /etc/apt/sources.list.d/*.sources; do
		[ ! -e "$f" ] || sed 's/^Types:.*/Types: deb-src/' "$f" > "$apt/parts/${f##*/}"
	done
	for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ ! -e "$f" ] || sed -n 's/^deb\(-src\)\? /deb-src /p' "$f" > "$apt/parts/main-${f##*/}.list"
	done
	use_apt "$apt"
}

# Suite $1 and its security updates, on the Debian mirrors that the machine uses.
use_apt_of_suite() {
	local apt=$dir/apt-$1 list
	mkdir -p "$apt/parts"
	# shellcheck disable=SC2016 # apt's own variables
	list=$(apt-get indextargets --format '$(REPO_URI) $(LABEL) $(CREATED_BY)' | sort -u |
		awk -v suite="$1" -v keyring="$keyring" '
			BEGIN { name["Debian"] = suite; name["Debian-Security"] = suite "-security" }
			$3 == "Sources" && $2 in name {
				print "deb-src [signed-by=" keyring "] " $1 " " name[$2] " main"
			}')
	[ -n "$list" ] || die "apt knows no Debian mirror with sources"
	echo "$list" > "$apt/parts/$1.list"
	use_apt "$apt"
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

# Unpack version $2 of source package $1 by its .dsc file $3; or where $3 is upstream's archive, that.
unpack_source() {
	rm -rf "$1" "$1.new"
	case $3 in
	*.dsc)
		dpkg-source -q --no-check -x "$3" "$1.new" >&2
		echo "$2" > "$1.version"
		;;
	*)
		mkdir "$1.new"
		tar -xf "$3" --strip-components=1 -C "$1.new"
		echo "${2%-*}" > "$1.version"
		say "$1 $2: Debian's part is not on the mirror; upstream's archive is used"
		;;
	esac
	mv "$1.new" "$1"
}

# Unpack the newest version of source package $1 that can be had whole into $sources/$1, and note
# the version.  A mirror may have the upstream archive of the newest version but not Debian's
# part of it (a security suite that is behind); then upstream's archive is taken as it is, if $2
# says that Debian's patches are not needed, and unless it can be had with patches of an older
# version, which may mend what upstream mended later.
fetch_source() {
	local package=$1 patches=$2 version name files bare='' bare_version=''
	cd "$sources"
	while read -r version; do
		[ -z "$bare" ] || [ "${bare_version%-*}" = "${version%-*}" ] || break
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
		if $whole && [ -n "$files" ]; then
			unpack_source "$package" "$version" "$(echo "$files" | grep '\.dsc$')"
			return
		fi
		say "$package $version is not on the mirror as a whole"
		if [ "$patches" = optional ] && [ -n "$upstream" ] && [ -z "$bare" ]; then
			bare=$upstream bare_version=$version
		fi
	done < <(apt-cache showsrc --only-source "$package" | sed -n 's/^Version: //p' |
		sort -u | sort -rV)
	[ -n "$bare" ] || die "no version of source package '$package' can be downloaded"
	unpack_source "$package" "$bare_version" "$bare"
}

# --- building ------------------------------------------------------------------------------------

lto=(-flto -fno-fat-lto-objects)

kernel_headers() {
	mkdir -p "$1/kernel"
	ln -s "${kernel[@]}" "$1/kernel/"
	ln -s "$1/kernel" kernel
	includes=(-idirafter ../kernel)
}

# The cross compiler knows glibc's places only.  Its specs file tells it musl's, relative to where it
# lies; no shared library, no position-independent program.
build_musl() {
	mkdir musl "$1/bin"
	cd musl
	"$sources/musl/configure" --target=aarch64-linux-gnu --prefix=/musl --disable-shared \
		--disable-wrapper CFLAGS="-mno-outline-atomics -ffile-prefix-map=$sources/musl=." \
		> build.log 2>&1 && make -j"$jobs" >> build.log 2>&1 &&
		make DESTDIR="$1" install >> build.log 2>&1 ||
		{ tail -n 30 build.log >&2; die "musl does not build"; }
	cd ..
	cat > "$1/musl/gcc.specs" <<-'SPECS'
		%rename cpp_options old_cpp_options

		*cpp_options:
		-nostdinc -isystem %:getenv(IBB_MUSL /include) -isystem include%s %(old_cpp_options)

		*cc1:
		-nostdinc -isystem %:getenv(IBB_MUSL /include) -isystem include%s -mno-outline-atomics

		*link_libgcc:
		-L%:getenv(IBB_MUSL /lib) -L .%s

		*libgcc:
		libgcc.a%s %:if-exists(libgcc_eh.a%s)

		*startfile:
		%:getenv(IBB_MUSL /lib/crt1.o) %:getenv(IBB_MUSL /lib/crti.o) crtbeginT.o%s

		*endfile:
		crtend.o%s %:getenv(IBB_MUSL /lib/crtn.o)

		*link:
		-nostdlib -static -EL -maarch64linux

	SPECS
	cat > "$1/bin/$cc" <<-'WRAPPER'
		#!/bin/sh
		IBB_MUSL=$(cd "$(dirname "$0")/../musl" && pwd) || exit
		export IBB_MUSL
		exec aarch64-linux-gnu-gcc -specs "$IBB_MUSL/gcc.specs" "$@"
	WRAPPER
	chmod +x "$1/bin/$cc"
}

# No feature that verifying a CMS signature does not need.  Without auto-initialisation the caller
# registers the digests (crypto_openssl.c).
openssl_options=(
	no-shared no-pic no-dso no-engine no-dynamic-engine no-static-engine no-legacy no-module
	no-tests no-apps no-docs no-asm no-err no-autoload-config no-autoalginit no-autoerrinit no-sock
	no-dgram no-http no-ui-console no-deprecated no-async no-comp no-cmp no-ct no-ocsp no-ts no-ssl
	no-tls no-dtls no-quic no-srp no-srtp no-psk no-nextprotoneg no-aria no-bf no-blake2
	no-camellia no-cast no-chacha no-cmac no-des no-dh no-dsa no-ec2m no-ecx no-gost no-idea no-md4
	no-mdc2 no-ml-kem no-multiblock no-ocb no-poly1305 no-rc2 no-rc4 no-rfc3779 no-rmd160 no-scrypt
	no-seed no-siphash no-siv no-slh-dsa no-sm2 no-sm3 no-sm4 no-whirlpool no-afalgeng no-capieng
	no-padlockeng no-loadereng no-ktls no-filenames no-uplink no-cached-fetch no-rdrand
	no-secure-memory no-atexit no-pinshared no-thread-pool no-default-thread-pool
)

# Compile one file of ours or of OpenSSL against its internal headers.
openssl_cc() {
	$cc "${flags[@]}" "${lto[@]}" "${includes[@]}" \
		-DNDEBUG -DOPENSSL_NO_FILENAMES -DOPENSSL_SMALL_FOOTPRINT -Iinclude \
		-I../openssl-src/include -Iproviders/common/include -I../openssl-src \
		-I../openssl-src/providers/common/include \
		-I../openssl-src/providers/implementations/include "$@"
}

build_openssl() {
	ln -sfn "$sources/openssl" openssl-src
	mkdir openssl
	cd openssl
	../openssl-src/Configure "$target" "${openssl_options[@]}" --prefix=/nonexistent \
		--openssldir=/nonexistent CC="$cc" AR="${tools}gcc-ar" RANLIB="${tools}gcc-ranlib" \
		CFLAGS="${flags[*]} ${lto[*]} -DOPENSSL_SMALL_FOOTPRINT ${includes[*]}" \
		> build.log 2>&1 && make -j"$jobs" build_generated >> build.log 2>&1 &&
		make -j"$jobs" libcrypto.a >> build.log 2>&1 ||
		{ tail -n 30 build.log >&2; die "openssl does not build"; }

	# Objects beside the archive win over its members.  SHA-256 in assembly:
	CC=$cc perl "../openssl-src/crypto/sha/asm/${sha256[0]}" "${sha256[1]}" sha256-asm.S
	$cc -c "${assembler[@]}" -I../openssl-src/crypto -o sha256-asm.o sha256-asm.S
	openssl_cc -DSHA256_ASM -c -o sha256.o ../openssl-src/crypto/sha/sha256.c
	# Our provider in place of the default one, and what it needs:
	local file
	for file in "${ours[@]}"; do
		openssl_cc -std=c17 -D_GNU_SOURCE -Wall -Wextra -Werror -I"$here/openssl" \
			-ffile-prefix-map="$here=runtime" -c -o "$file.o" "$here/openssl/$file.c"
	done
	cp sha256-asm.o sha256.o "${ours[@]/%/.o}" libcrypto.a "$1/lib/"
	cp -r ../openssl-src/include/openssl "$1/include/"
	cp include/openssl/*.h "$1/include/openssl/"
	cd ..
}

build_zstd() {
	mkdir zstd
	local src=$sources/libzstd/lib file
	for file in "$src"/common/{debug,entropy_common,error_private,fse_decompress,zstd_common,xxhash}.c \
		"$src"/decompress/*.c "$src"/decompress/*.S; do
		$cc "${flags[@]}" -O2 -ffile-prefix-map="$src=." "${assembler[@]}" -DNDEBUG \
			-DZSTD_LEGACY_SUPPORT=0 -DZSTD_STRIP_ERROR_STRINGS=1 -DXXH_NAMESPACE=ZSTD_ \
			-c -o "zstd/$(basename "$file").o" "$file"
	done
	"${tools}gcc-ar" rcs "$1/lib/libzstd.a" zstd/*.o
	cp "$src/zstd.h" "$src/zstd_errors.h" "$1/include/"
}

# Decoders and encoders of raw LZMA2 with two branch filters, and the multi-threaded .xz encoder.
lzma_config=(
	-D{HAVE_STDBOOL_H,HAVE_STDINT_H,HAVE_INTTYPES_H,HAVE_STRING_H,HAVE_LIMITS_H,NDEBUG}
	-DSIZEOF_SIZE_T=8 -DASSUME_RAM=128 -DTUKLIB_SYMBOL_PREFIX=lzma_
	-DPACKAGE_NAME='"XZ Utils"' -DPACKAGE_BUGREPORT='""' -DPACKAGE_URL='""'
	-DHAVE_DECODERS -DHAVE_DECODER_{LZMA1,LZMA2,X86,ARM64}
	-DHAVE_ENCODERS -DHAVE_ENCODER_{LZMA1,LZMA2,X86,ARM64} -DHAVE_MF_{HC3,HC4,BT2,BT3,BT4}
	-DHAVE_CHECK_{CRC32,CRC64} -DHAVE_VISIBILITY=0 -DTUKLIB_FAST_UNALIGNED_ACCESS
)
lzma_sources=(
	common/{common,filter_common,filter_decoder,filter_encoder,filter_buffer_decoder}.c
	common/{filter_buffer_encoder,filter_flags_encoder,easy_preset,block_util,vli_encoder,vli_size}.c
	common/{block_header_encoder,block_encoder,block_buffer_encoder,index,index_encoder}.c
	common/{stream_flags_common,stream_flags_encoder,stream_encoder,stream_encoder_mt,outqueue}.c
	check/{check,crc32_fast,crc64_fast}.c
	lz/{lz_decoder,lz_encoder,lz_encoder_mf}.c
	lzma/{lzma_decoder,lzma2_decoder,lzma_encoder,lzma2_encoder,lzma_encoder_presets}.c
	lzma/{lzma_encoder_optimum_fast,lzma_encoder_optimum_normal,fastpos_table}.c
	rangecoder/price_table.c
	simple/{simple_coder,simple_decoder,simple_encoder,x86,arm64}.c
)

build_lzma() {
	mkdir lzma
	local src=$sources/xz-utils/src file include=() of_platform=(-DMYTHREAD_POSIX)
	[[ $platform != windows-* ]] || of_platform=(-DMYTHREAD_VISTA)
	[[ $platform != *-x86_64 ]] || of_platform+=(-DHAVE_{IMMINTRIN_H,_MM_MOVEMASK_EPI8})
	for file in liblzma/{api,common,check,lz,lzma,rangecoder,simple,delta} common; do
		include+=(-I"$src/$file")
	done
	for file in "${lzma_sources[@]}"; do
		$cc "${flags[@]}" -O2 -std=gnu99 -ffile-prefix-map="$src=." "${lzma_config[@]}" \
			"${of_platform[@]}" "${include[@]}" -c -o "lzma/$(basename "$file").o" "$src/liblzma/$file"
	done
	"${tools}gcc-ar" rcs "$1/lib/liblzma.a" lzma/*.o
	cp -r "$src/liblzma/api/lzma.h" "$src/liblzma/api/lzma" "$1/include/"
}

build_cjson() {
	local src=$sources/cjson
	mkdir -p "$1/include/cjson"
	$cc "${flags[@]}" "${lto[@]}" -ffile-prefix-map="$src=." -c -o cJSON.o "$src/cJSON.c"
	"${tools}gcc-ar" rcs "$1/lib/libcjson.a" cJSON.o
	cp "$src/cJSON.h" "$1/include/cjson/"
}

# A failed assertion leaves a test by longjmp, for which Windows wants unwind tables.
build_cmocka() {
	local src=$sources/cmocka
	local has=(-DHAVE_INTTYPES_H -DHAVE_MALLOC_H -DHAVE_STRINGS_H -DHAVE_SIGNAL_H)
	[[ $platform = windows-* ]] || has+=(-DHAVE_STRSIGNAL -DHAVE_SIGLONGJMP -D_UINTPTR_T_DEFINED)
	$cc -O1 -w -fasynchronous-unwind-tables "${has[@]}" -D_GNU_SOURCE -I"$src/include" \
		-ffile-prefix-map="$src=." -c -o cmocka.o "$src/src/cmocka.c"
	"${tools}gcc-ar" rcs "$1/lib/libcmocka.a" cmocka.o
	cp "$src/include/cmocka.h" "$1/include/"
}

exec 9> "$dir/lock"
flock 9
[ ! -e "$out/versions" ] || exit 0 # another make was first

say "fetching sources"
use_apt_of_machine
fetch_source libzstd required
fetch_source cjson required
for package in "${own[@]}"; do
	fetch_source "$package" required
done
use_apt_of_suite "$newer_suite"
fetch_source xz-utils required
fetch_source openssl optional # upstream's archive builds here as well

say "building (a minute or two)"
work=$(mktemp -d "$dir/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
cp "$here/openssl/windows_types.h" .
mkdir -p new/include new/lib
export PATH=$work/new/bin:$PATH
assembler=()
if [[ $platform = linux-* ]]; then
	assembler=('-Wa,--noexecstack')
	kernel_headers "$work/new"
fi
! builds musl || build_musl "$work/new"
build_openssl "$work/new"
build_zstd "$work/new"
build_lzma "$work/new"
build_cjson "$work/new"
! builds cmocka || build_cmocka "$work/new"
released=$(sed -n 's/^RELEASE_DATE="\(.*\)"/\1/p' "$sources/openssl/VERSION.dat")
{
	echo "openssl $(cat "$sources/openssl.version") of $released"
	echo "libzstd $(cat "$sources/libzstd.version")"
	echo "liblzma $(cat "$sources/xz-utils.version")"
	echo "cjson $(cat "$sources/cjson.version")"
	if builds musl; then
		echo "musl $(cat "$sources/musl.version")"
	elif [[ $platform = linux-* ]]; then
		echo "musl $(dpkg-query -W -f '${Version}' musl-dev)"
	else
		echo "mingw-w64 $(dpkg-query -W -f '${Version}' mingw-w64-x86-64-dev)"
	fi
	echo "libgcc $($cc -dumpfullversion)"
} > versions
find "${out:?}" -mindepth 1 -delete
mv new/* "$out/"
mv versions "$out/versions" # last: it says that the rest is whole
say "built $(paste -sd, "$out/versions" | sed 's/,/, /g')"
