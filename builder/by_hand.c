/* SPDX-License-Identifier: MIT */
/*
 * by_hand.c - see by_hand.h.
 *
 * They are for bash with -eu: the first line that fails ends the run.  FORMAT.md has the layouts that
 * the numbers in them come from.
 */
#include "by_hand.h"

#include <string.h>
#include <sys/stat.h>

#include "file.h"
#include "pe.h"
#include "seal.h"
#include "stub.h"

#define ROOT_WORK "\"$work/root\""

static const char preamble[] =
	"# Run with 'bash -eu'.  TRUST names a PEM file of certificates that you have from\n"
	"# elsewhere; without it only integrity is checked, against the bundle's own.\n"
	"# Needed: bash, coreutils, awk, jq, openssl; zstd and xz for a package; osslsigncode for "
	"NAME.exe.\n";

static const char functions[] =
	"work=$(mktemp -d)\n"
	"trap 'rm -r \"$work\"' EXIT\n"
	"# FILE OFFSET SIZE: that part of it.  SIZE OFFSET FILE: a number.  OFFSET FILE: a "
	"digest.\n"
	"part() { dd if=\"$1\" iflag=skip_bytes,count_bytes bs=64K skip=\"$2\" count=\"$3\" "
	"status=none; }\n"
	"number() { od -An -v --endian=little -t \"u$1\" -j \"$2\" -N \"$1\" \"$3\" | tr -d ' '; "
	"}\n"
	"digest() { od -An -v -t x1 -w32 -j \"$1\" -N 32 \"$2\" | tr -d ' '; }\n"
	"# DIGEST FILE.  WHAT IS SHALL-BE\n"
	"check() { echo \"$1  $2\" | sha256sum --check; }\n"
	"same() { if [ \"$2\" = \"$3\" ]; then echo \"$1: OK\"; else echo \"$1: FAILED\"; exit 1; "
	"fi; }\n";

/* A block's raw bytes; the list of codecs is FORMAT.md's (Blocks). */
static const char package_functions[] =
	"# NUMBER: the raw bytes of that block in $work/rawNUMBER\n"
	"block() {\n"
	"\tlocal at=$((32 + 64 * $1)) in=$work/block$1 raw=$work/raw$1 place size codec prefix "
	"lzma\n"
	"\t[ ! -e \"$raw\" ] || return 0\n"
	"\tplace=$(number 8 $((8 * $1)) \"$work/places\")\n"
	"\t[ \"$place\" != 18446744073709551615 ] || { echo \"block $1: not in this file\"; exit "
	"1; "
	"}\n"
	"\tpart \"$bundle\" \"$place\" \"$(number 8 $at \"$work/table\")\" >\"$in\"\n"
	"\tcheck \"$(digest $((at + 16)) \"$work/table\")\" \"$in\"\n"
	"\tsize=$(number 8 $((at + 8)) \"$work/table\")\n"
	"\tcodec=$(number 4 $((at + 48)) \"$work/table\")\n"
	"\tprefix=$(number 4 $((at + 52)) \"$work/table\")\n"
	"\tlzma=--lzma2=dict=$((size < 4096 ? 4096 : size))\n"
	"\tcase $codec,$prefix in\n"
	"\t0,0) cp \"$in\" \"$raw\" ;;\n"
	"\t1,0) zstd -q -d \"$in\" -o \"$raw\" ;;\n"
	"\t1,*)\n"
	"\t\tblock $((prefix - 1))\n"
	"\t\tzstd -q -d --patch-from=\"$work/raw$((prefix - 1))\" \"$in\" -o \"$raw\"\n"
	"\t\t;;\n"
	"\t2,0) xz -d -c --format=raw \"$lzma\" <\"$in\" >\"$raw\" ;;\n"
	"\t3,0) xz -d -c --format=raw --x86 \"$lzma\" <\"$in\" >\"$raw\" ;;\n"
	"\t4,0) xz -d -c --format=raw --arm64 \"$lzma\" <\"$in\" >\"$raw\" ;;\n"
	"\t*) echo \"block $1: codec $codec is none that these lines know\" && exit 1 ;;\n"
	"\tesac\n"
	"\tsame \"size of block $1\" \"$(stat -c %s \"$raw\")\" \"$size\"\n"
	"}\n";

static const char package_files[] =
	"entries=$(number 4 8 \"$tree\") pieces=$(number 4 12 \"$tree\")\n"
	"od -An -v --endian=little -t u4 -w80 -j 64 -N $((80 * entries)) \"$tree\" "
	">\"$work/entries\"\n"
	"od -An -v --endian=little -t u8 -w24 -j $((64 + 80 * entries)) -N $((24 * pieces)) "
	"\"$tree\" >\"$work/pieces\"\n"
	"# those of files; the ones behind them are of what is not installed\n"
	"n=$(awk '{ n += $17 } END { print n + 0 }' \"$work/entries\")\n"
	"for n in $(awk -v n=\"$n\" 'NR <= n && $1 < 4294967295 { print $1 }' \"$work/pieces\" | "
	"sort -nu); do block \"$n\"; done\n"
	"n=0 files=0 at=$(($(stat -c %s \"$tree\") - $(number 4 20 \"$tree\")))\n"
	"exec 3<\"$work/pieces\"\n"
	"# lengths of path and target, type (1: file), ..., number of pieces\n"
	"while read -r path target type _ _ _ _ _ _ _ _ _ _ _ _ _ count _; do\n"
	"\tname=$(part \"$tree\" $at \"$path\") made=\n"
	"\t: >\"$work/file\"\n"
	"\tfor ((i = 0; i < count; i++)); do\n"
	"\t\tread -r in offset length <&3\n"
	"\t\tif [ \"$in\" = 4294967295 ]; then made=yes && continue; fi\n"
	"\t\tpart \"$work/raw$in\" \"$offset\" \"$length\" >>\"$work/file\"\n"
	"\tdone\n"
	"\tif [ \"$made\" ]; then\n"
	"\t\techo \"$name: NOT CHECKED, a part of it is made when it is installed\"\n"
	"\telif [ \"$type\" = 1 ]; then\n"
	"\t\tsame \"$name\" \"$(sha256sum <\"$work/file\" | cut -c1-64)\" \"$(digest $((64 + 80 * "
	"n "
	"+ 32)) \"$tree\")\"\n"
	"\tfi\n"
	"\t[ \"$type\" != 1 ] || files=$((files + 1))\n"
	"\tn=$((n + 1)) at=$((at + path + target))\n"
	"done <\"$work/entries\"\n";

/* --- pieces of lines ---------------------------------------------------------------------------- */

/* 'it'\''s' */
static void print_quoted(const char *text)
{
	putchar('\'');
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*text);
	}
	putchar('\'');
}

static void print_part(const char *out, uint64_t offset, uint64_t size)
{
	printf("part \"$bundle\" %llu %llu >\"$work/%s\"\n", (unsigned long long)offset,
	       (unsigned long long)size, out);
}

/* @path: jq's, to what has the digest. */
static void print_check(const char *path, const char *in, const char *name)
{
	printf("check \"$(jq -r '%s.sha256' \"$work/%s\")\" \"$work/%s\"\n", path, in, name);
}

static void print_zeros(size_t offset, size_t size)
{
	printf("dd if=/dev/zero of=\"$work/stub\" bs=1 seek=%zu count=%zu conv=notrunc "
	       "status=none\n",
	       offset, size);
}

static void print_verify(const char *cms, const char *content, const char *more)
{
	printf("openssl cms -verify -binary -inform DER -in %s -content %s \\\n"
	       "\t-CAfile \"$trust\" -partial_chain -purpose any%s -out /dev/null\n",
	       cms, content, more);
}

/* --- root and signatures ------------------------------------------------------------------------ */

/* What follows reads the places that the runtime will read. */
static void print_locator(const struct bundle *b)
{
	const struct locator *l = &b->locator;
	const struct extent at[] = { l->places, l->table, l->catalog, l->root, l->signatures };
	unsigned long long offset = b->place.offset;
	printf("\n# the locator leads to the parts that are looked at here\n"
	       "same magic \"$(part \"$bundle\" %llu 8)\" IBBUNDL1\n"
	       "same locator \"$(part \"$bundle\" %llu 96 | od -An -v --endian=little -t u8 -w96 | "
	       "xargs)\" \\\n\t'%llu %llu",
	       offset, offset + 16, (unsigned long long)l->stub_size,
	       (unsigned long long)l->blocks_end);
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++)
		printf(" %llu %llu", (unsigned long long)at[i].offset,
		       (unsigned long long)at[i].size);
	printf("'\n");
}

static void print_signature(size_t i, uint64_t offset, size_t size)
{
	char name[32], cms[64];
	snprintf(name, sizeof(name), "signature%zu", i + 1);
	snprintf(cms, sizeof(cms), "\"$work/%s\"", name);
	print_part(name, offset, size);
	printf("openssl pkcs7 -inform DER -in %s -print_certs -out \"$work/%s.pem\"\n", cms, name);
	printf("trust=${TRUST:-$work/%s.pem}\n", name);
	print_verify(cms, ROOT_WORK, "");
	print_verify(cms, ROOT_WORK, " -attime \"$(jq .created \"$work/root\")\"");
	printf("openssl cms -verify -binary -inform DER -in %s -content " ROOT_WORK " \\\n"
	       "\t-noverify -signer \"$work/signer.pem\" -out /dev/null\n"
	       "openssl x509 -in \"$work/signer.pem\" -noout -subject -dates -fingerprint -sha256 "
	       "-ext extendedKeyUsage\n"
	       "openssl x509 -in \"$work/signer.pem\" -noout -ext extendedKeyUsage | grep -q 'Code "
	       "Signing'\n",
	       cms);
}

/* Lines about one by ML-DSA, which older openssl has not, can be passed over: between these two. */
static void print_if_ml_dsa(void)
{
	printf("if openssl list -signature-algorithms | grep ML-DSA >/dev/null; then\n");
}

static void print_else_ml_dsa(const char *what)
{
	printf("else\n"
	       "echo \"%s, by ML-DSA, was not checked: $(openssl version) has no ML-DSA\"\n"
	       "fi\n",
	       what);
}

/* Is there one that every openssl can check?  Without it, none may be passed over. */
static bool has_classical(const struct slice *cms, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!cms_claims_ml_dsa(cms[i]))
			return true;
	return false;
}

static bool print_signatures(const struct reader *r, struct err *err)
{
	const struct extent at = r->bundle.locator.signatures;
	AUTO(auto_free) uint8_t *section = NULL;
	struct slice cms[SIGNATURES_MAX];
	size_t count;
	if (!source_read_alloc(&r->src, "signatures", at.offset, at.size, SIGNATURES_SIZE, &section,
			       err) ||
	    !signatures_parse((struct slice) { section, SIGNATURES_SIZE }, cms, &count, err))
		return false;
	uint64_t end = at.offset + sizeof(uint32_t);
	for (size_t i = 0; i < count; i++) {
		uint64_t offset = at.offset + (uint64_t)(cms[i].p - section);
		printf("\n# signature %zu of %zu over the root, good now and when it was created; "
		       "its "
		       "certificate\n# must be for code signing\n",
		       i + 1, count);
		bool optional = cms_claims_ml_dsa(cms[i]) && has_classical(cms, count);
		char what[32];
		snprintf(what, sizeof(what), "signature %zu", i + 1);
		if (optional)
			print_if_ml_dsa();
		print_signature(i, offset, cms[i].len);
		if (optional)
			print_else_ml_dsa(what);
		end = offset + cms[i].len;
	}
	printf("# and there are no others\n"
	       "same 'number of signatures' \"$(number 4 %llu \"$bundle\")\" %zu\n"
	       "same 'bytes behind them' \"$(part \"$bundle\" %llu %llu | tr -d '\\0' | wc -c)\" "
	       "0\n",
	       (unsigned long long)at.offset, count, (unsigned long long)end,
	       (unsigned long long)(at.offset + at.size - end));
	return true;
}

static void print_named(const struct bundle *b)
{
	printf("\n# what the root names, and that it did not expire\n");
	printf("same 'not expired' \"$(jq '(.expires // infinite) > now' " ROOT_WORK ")\" true\n");
	print_part("table", b->locator.table.offset, b->locator.table.size);
	print_check(".table", "root", "table");
	print_part("catalog", b->locator.catalog.offset, b->locator.catalog.size);
	print_check(".catalog", "root", "catalog");
	uint64_t at = b->locator.documents.offset;
	for (size_t i = 0; b->locator.documents.size && i < b->root.document_count; i++) {
		const struct root_part *d = &b->root.documents[i];
		char path[ROOT_TEXT_MAX], name[ROOT_TEXT_MAX];
		snprintf(path, sizeof(path), ".documents[] | select(.name == \"%s\")", d->name);
		snprintf(name, sizeof(name), "document-%s", d->name);
		print_part(name, at, d->digest.size);
		print_check(path, "root", name);
		at += d->digest.size;
	}
}

/* --- the stub ----------------------------------------------------------------------------------- */

/* CheckSum is 0, or the sum of the file's words, with carries, and its size. */
static void print_checksum(const struct pe *pe, uint64_t size)
{
	printf("# CheckSum, which no digest covers, is right\n"
	       "same CheckSum \"$(number 4 %zu \"$head\")\" \"$(od -An -v --endian=little -t u2 "
	       "-w2 "
	       "\"$head\" |\n"
	       "\tawk 'NR != %zu && NR != %zu { s += $1 }\n"
	       "\t\tEND { while (s > 65535) s = s %% 65536 + int(s / 65536); printf \"%%.0f\", s + "
	       "%llu }')\"\n",
	       pe->checksum_at, pe->checksum_at / 2 + 1, pe->checksum_at / 2 + 2,
	       (unsigned long long)size);
}

static bool print_stub_of(const struct reader *r, const struct source *head, const char *platform,
			  uint64_t size, struct err *err)
{
	AUTO(auto_free) uint8_t *content = NULL;
	size_t at;
	struct pe pe = { 0 };
	char path[ROOT_TEXT_MAX];
	if (!source_read_alloc(head, "stub", 0, size, STUB_SIZE_MAX, &content, err))
		return false;
	struct slice stub = { content, (size_t)size };
	if (!stub_find_placeholder(stub, &at, err) ||
	    (pe_begins(stub) && !pe_parse(stub, &pe, err)))
		return err_wrap(err, "the stub of '%s'", head->name);
	printf("part \"$head\" 0 %zu >\"$work/stub\"\n", stub.len);
	printf("same 'offset of the locator in the stub' \"$(number 8 %zu \"$work/stub\")\" %llu\n",
	       at + STUB_MAGIC_SIZE,
	       r->head_path ? 0ull : (unsigned long long)r->bundle.place.offset);
	print_zeros(at + STUB_MAGIC_SIZE, sizeof(uint64_t));
	if (pe.security_at) {
		print_zeros(pe.checksum_at, PE_CHECKSUM_SIZE);
		print_zeros(pe.security_at, PE_SECURITY_SIZE);
	}
	snprintf(path, sizeof(path), ".stubs[] | select(.name == \"%s\")", platform);
	print_check(path, "root", "stub");
	if (pe.checksum)
		print_checksum(&pe, head->size);
	return true;
}

static bool print_stub(const struct reader *r, struct err *err)
{
	struct extent certificates;
	const struct source *head = reader_head(r, &certificates);
	const char *platform = reader_stub_platform(r);
	if (!platform) {
		printf("\n# there is no stub in this file\n");
		return true;
	}
	printf("\n# the stub as it was built: the offset of the locator in it, CheckSum and where "
	       "the "
	       "certificates\n# are, are 0\nhead=");
	if (r->head_path)
		print_quoted(head->name);
	else
		printf("$bundle");
	printf("\n");
	uint64_t size = r->bundle.locator.stub_size;
	for (size_t i = 0; r->head_path && i < r->bundle.root.stub_count; i++)
		if (strcmp(r->bundle.root.stubs[i].name, platform) == 0)
			size = r->bundle.root.stubs[i].digest.size;
	if (!print_stub_of(r, head, platform, size, err))
		return false;
	/* It goes by the roots of the system or those that are given: there is no checking it by itself. */
	if (certificates.size)
		printf("\n# the signature as a Windows program, for which TRUST must hold its "
		       "root\n"
		       "if [ \"${TRUST:-}\" ]; then\n"
		       "\tosslsigncode verify -in \"$head\" -CAfile \"$TRUST\" \\\n"
		       "\t\t$(osslsigncode verify --help 2>&1 | grep -o -m 1 -e -ignore-cdp)\n"
		       "else\n"
		       "\techo 'Authenticode: NOT CHECKED, without TRUST'\n"
		       "fi\n");
	return true;
}

static bool print_whole(const char *path, const char *variable, struct err *err)
{
	AUTO(auto_free) char *p7s = NULL;
	struct stat st;
	char cms[32], content[32];
	if (asprintf(&p7s, "%s" SEAL_SUFFIX, path) < 0) {
		p7s = NULL;
		return err_no_memory(err);
	}
	if (stat(p7s, &st) != 0)
		return true;
	AUTO(buf_done) struct buf signature = { 0 };
	if (!file_read(p7s, SIGN_CMS_MAX, &signature, err))
		return false;
	bool optional = cms_claims_ml_dsa(buf_slice(&signature));
	snprintf(cms, sizeof(cms), "\"$%s" SEAL_SUFFIX "\"", variable);
	snprintf(content, sizeof(content), "\"$%s\"", variable);
	printf("\n# the whole file\n");
	if (optional)
		print_if_ml_dsa();
	printf("openssl pkcs7 -inform DER -in %s -print_certs -out \"$work/whole.pem\"\n"
	       "trust=${TRUST:-$work/whole.pem}\n",
	       cms);
	print_verify(cms, content, "");
	if (optional)
		print_else_ml_dsa("the signature over the whole file");
	return true;
}

/* --- a package ---------------------------------------------------------------------------------- */

static void print_package(const struct bundle *b, const char *id)
{
	printf("\n# package '%s': its tree, the blocks that it needs, its files\n", id);
	print_part("places", b->locator.places.offset, b->locator.places.size);
	fputs(package_functions, stdout);
	printf("package='.packages[] | select(.id == \"%s\")'\n"
	       "n=$(jq \"$package.tree.block\" \"$work/catalog\")\n"
	       "block \"$n\"\n"
	       "tree=$work/raw$n\n"
	       "check \"$(jq -r \"$package.tree.sha256\" \"$work/catalog\")\" \"$tree\"\n",
	       id);
	fputs(package_files, stdout);
	printf("same 'number of files' \"$files\" \"$(jq \"$package.payload.files\" "
	       "\"$work/catalog\")\"\n");
}

bool by_hand_print(const struct reader *r, const char *package, struct err *err)
{
	const struct bundle *b = &r->bundle;
	size_t index;
	if (package && !reader_find_package(r, package, &index, err))
		return false;
	fputs(preamble, stdout);
	printf("bundle=");
	print_quoted(r->path);
	printf("\n");
	fputs(functions, stdout);
	print_locator(b);
	printf("\n# the root: what is signed\n");
	print_part("root", b->locator.root.offset, b->locator.root.size);
	if (!print_signatures(r, err))
		return false;
	print_named(b);
	if (!print_stub(r, err) || !print_whole(r->path, "bundle", err) ||
	    (r->head_path && !print_whole(r->head_path, "head", err)))
		return false;
	if (package)
		print_package(b, package);
	printf("\necho 'nothing failed'\n");
	return true;
}
