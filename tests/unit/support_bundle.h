/* SPDX-License-Identifier: MIT */
/*
 * support_bundle.h - a small bundle in memory, made without the builder's code.
 *
 * parts_make() gives valid parts, a test spoils one of them, parts_join() signs and puts the file
 * together.  Two packages share a block:
 *
 *   alpha: debs/ debs/a.deb (blocks 0 and 1)  debs/link -> a.deb  empty
 *   beta:  data (block 1)
 */
#ifndef SUPPORT_BUNDLE_H
#define SUPPORT_BUNDLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <zstd.h>

#include "bundle.h"
#include "stub.h"
#include "support.h"

#define TEST_CREATED UINT64_C(1764000000) /* 2025-11-24 */
#define TEST_NOW (TEST_CREATED + 86400)
#define TEST_FILE_MAX (4u << 20)
#define TEST_BLOCKS 4 /* two of data, two trees */

#define must(call)                                                                                 \
	do {                                                                                       \
		struct err must_err = { 0 };                                                       \
		struct err *why = &must_err;                                                       \
		if (!(call))                                                                       \
			fail_msg("%s: %s", #call, must_err.msg);                                   \
	} while (0)

/* A key with a self-signed certificate that may sign code. */
struct test_key {
	EVP_PKEY *key;
	X509 *certificate;
};

static inline void test_add_extension(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	assert_non_null(e);
	assert_true(X509_add_ext(x, e, -1));
	X509_EXTENSION_free(e);
}

/* Valid for @days from a day before TEST_CREATED. */
static inline struct test_key test_key_make(const char *name, int days)
{
	struct test_key k = { EVP_EC_gen("P-256"), X509_new() };
	assert_non_null(k.key);
	assert_non_null(k.certificate);
	X509 *x = k.certificate;
	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	ASN1_TIME_set(X509_getm_notBefore(x), (time_t)TEST_CREATED - 86400);
	ASN1_TIME_set(X509_getm_notAfter(x), (time_t)TEST_CREATED + (time_t)(days - 1) * 86400);
	X509_set_pubkey(x, k.key);
	X509_NAME *n = X509_get_subject_name(x);
	X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(x, n);
	test_add_extension(x, NID_basic_constraints, "critical,CA:FALSE");
	test_add_extension(x, NID_key_usage, "critical,digitalSignature");
	test_add_extension(x, NID_ext_key_usage, "codeSigning");
	assert_true(X509_sign(x, k.key, EVP_sha256()) > 0);
	return k;
}

static inline void test_key_done(struct test_key *k)
{
	EVP_PKEY_free(k->key);
	X509_free(k->certificate);
	*k = (struct test_key) { 0 };
}

static inline struct trust *test_trust(const struct test_key *k)
{
	struct trust *t = trust_new(NULL);
	assert_non_null(t);
	unsigned char *der = NULL;
	int n = i2d_X509(k->certificate, &der);
	assert_true(n > 0);
	must(trust_add(t, "test", (struct slice) { der, (size_t)n }, why));
	OPENSSL_free(der);
	return t;
}

/* A detached CMS over @content, appended to @out. */
static inline void test_sign(const struct test_key *k, struct slice content, struct buf *out)
{
	BIO *data = BIO_new_mem_buf(content.p, (int)content.len);
	unsigned int flags = CMS_DETACHED | CMS_BINARY | CMS_NOSMIMECAP;
	CMS_ContentInfo *cms = CMS_sign(k->certificate, k->key, NULL, data, flags);
	assert_non_null(cms);
	unsigned char *der = NULL;
	int n = i2d_CMS_ContentInfo(cms, &der);
	assert_true(n > 0);
	buf_add(out, der, (size_t)n);
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	BIO_free(data);
}

/* --- parts --- */

struct test_parts {
	uint64_t base; /* zeros before the stub: puts the rest at large offsets of a sparse file */
	struct buf stub, blocks, catalog;
	struct block records[TEST_BLOCKS];
	bool left_out[TEST_BLOCKS];
	struct block_table table; /* its blocks are records */
	struct root root;         /* digests are filled in by parts_join() */
	struct buf trees[2];
	uint64_t more_blocks;      /* than there are, in the root */
	const char *documents;     /* all of them, as they stand in the file */
	struct slice documents_at; /* in its place, where they have NULs */
};

static inline void parts_done(struct test_parts *p)
{
	buf_done(&p->stub);
	buf_done(&p->blocks);
	buf_done(&p->catalog);
	buf_done(&p->trees[0]);
	buf_done(&p->trees[1]);
}

static inline struct digest test_digest(struct slice s)
{
	struct digest d = { .size = s.len };
	must(sha256_of(s, d.sha256, why));
	return d;
}

/* Append a block, unless it is left out, and fill in its record. */
static inline void parts_add_block(struct test_parts *p, uint32_t index, struct slice raw,
				   enum block_codec codec, uint32_t group)
{
	static uint8_t packed[1 << 16];
	struct slice stored = raw;
	if (codec == BLOCK_ZSTD) {
		size_t n = ZSTD_compress(packed, sizeof(packed), raw.p, raw.len, 3);
		assert_false(ZSTD_isError(n));
		stored = (struct slice) { packed, n };
	}
	struct block *b = &p->records[index];
	*b = (struct block) {
		.stored_size = stored.len, .raw_size = raw.len, .codec = codec, .group = group
	};
	must(sha256_of(stored, b->sha256, why));
	if (!p->left_out[index])
		buf_add(&p->blocks, stored.p, stored.len);
}

/* The same with the raw bytes of block @prefix as zstd prefix. */
static inline void parts_add_prefixed(struct test_parts *p, uint32_t index, struct slice raw,
				      uint32_t prefix, struct slice prefix_raw, uint32_t group)
{
	static uint8_t packed[1 << 16];
	ZSTD_CCtx *ctx = ZSTD_createCCtx();
	assert_non_null(ctx);
	assert_false(ZSTD_isError(ZSTD_CCtx_refPrefix(ctx, prefix_raw.p, prefix_raw.len)));
	size_t n = ZSTD_compress2(ctx, packed, sizeof(packed), raw.p, raw.len);
	ZSTD_freeCCtx(ctx);
	assert_false(ZSTD_isError(n));
	struct slice stored = { packed, n };
	struct block *b = &p->records[index];
	*b = (struct block) { .stored_size = n,
			      .raw_size = raw.len,
			      .codec = BLOCK_ZSTD,
			      .prefix = prefix + 1,
			      .group = group };
	must(sha256_of(stored, b->sha256, why));
	if (!p->left_out[index])
		buf_add(&p->blocks, stored.p, stored.len);
}

static inline struct tree_entry test_entry(enum tree_type type, const char *path, uint32_t mode)
{
	return (struct tree_entry) {
		.path = slice_str(path), .type = type, .mode = mode, .mtime = (int64_t)TEST_CREATED
	};
}

static inline struct tree_entry test_file(const char *path, const char *contents, uint32_t pieces)
{
	struct tree_entry e = test_entry(TREE_FILE, path, 0644);
	e.size = strlen(contents);
	e.piece_count = pieces;
	must(sha256_of(slice_str(contents), e.sha256, why));
	return e;
}

/* The documents of every bundle: "notes" and "spdx.zst". */
#define TEST_NOTES "what there is to know"
#define TEST_SPDX "what is in it"

#define TEST_HALF_1 "the first half of a package, in a block that is compressed; "
#define TEST_HALF_2 "the second half, and all of beta's data"

static inline void parts_make_trees(struct test_parts *p)
{
	struct tree_entry link = test_entry(TREE_SYMLINK, "debs/link", 0777);
	link.target = slice_str("a.deb");
	struct tree_entry alpha[] = {
		test_entry(TREE_DIR, "debs", 0755),
		test_file("debs/a.deb", TEST_HALF_1 TEST_HALF_2, 2),
		link,
		test_file("empty", "", 0),
	};
	struct tree_piece alpha_pieces[] = {
		{ 0, 0, strlen(TEST_HALF_1) },
		{ 1, 0, strlen(TEST_HALF_2) },
	};
	struct tree_entry beta[] = { test_file("data", TEST_HALF_2, 1) };
	struct tree_piece beta_pieces[] = { { 1, 0, strlen(TEST_HALF_2) } };
	p->trees[0] = p->trees[1] = BUF_INIT(TEST_FILE_MAX);
	tree_write(&(struct tree) { .entries = alpha,
				    .entry_count = 4,
				    .pieces = alpha_pieces,
				    .piece_count = 2 },
		   &p->trees[0]);
	tree_write(&(struct tree) { .entries = beta,
				    .entry_count = 1,
				    .pieces = beta_pieces,
				    .piece_count = 1 },
		   &p->trees[1]);
}

static inline void parts_add_package(struct test_parts *p, const char *id, unsigned tree,
				     size_t bytes, unsigned files, const char *groups)
{
	uint8_t digest[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];
	must(sha256_of(buf_slice(&p->trees[tree]), digest, why));
	sha256_hex(digest, hex);
	buf_printf(&p->catalog,
		   "{\"check\":[],\"debs\":[],\"groups\":[%s],\"id\":\"%s\",\"install\":[],"
		   "\"license\":\"MIT\",\"match\":{\"os\":\"linux\"},"
		   "\"payload\":{\"bytes\":%zu,\"files\":%u},\"priority\":1,\"title\":\"%s\","
		   "\"tree\":{\"block\":%u,\"sha256\":\"%s\",\"size\":%zu},\"uninstall\":[],"
		   "\"vendor_bytes\":%zu,\"version\":\"1\"}",
		   groups, id, bytes, files, id, 2 + tree, hex, p->trees[tree].len, bytes);
}

static inline void parts_add_catalog(struct test_parts *p, const char *groups_of_beta)
{
	p->catalog.len = 0;
	buf_add_str(&p->catalog, "{\"debs\":[],\"packages\":[");
	parts_add_package(p, "alpha", 0, strlen(TEST_HALF_1 TEST_HALF_2), 2, "0,1");
	buf_add_str(&p->catalog, ",");
	parts_add_package(p, "beta", 1, strlen(TEST_HALF_2), 1, groups_of_beta);
	buf_add_str(&p->catalog, "]}");
}

/* Leave block @slice out (-1: none). */
static inline void parts_make(struct test_parts *p, bool with_stub, int slice)
{
	*p = (struct test_parts) { 0 };
	p->stub = p->blocks = p->catalog = BUF_INIT(TEST_FILE_MAX);
	p->root = (struct root) { .name = "test", .version = "1.0", .created = TEST_CREATED };
	p->root.libraries[p->root.library_count++] = (struct root_library) { "zstd", "1.5.4" };
	p->root.documents[0] = (struct root_part) { "notes", test_digest(slice_str(TEST_NOTES)) };
	p->root.documents[1] = (struct root_part) { "spdx.zst", test_digest(slice_str(TEST_SPDX)) };
	p->root.document_count = 2;
	p->documents = TEST_NOTES TEST_SPDX;
	if (slice >= 0)
		p->left_out[slice] = true;
	if (with_stub) {
		buf_add_str(&p->stub, "\x7f"
				      "ELF, nearly");
		buf_add(&p->stub, STUB_MAGIC, STUB_MAGIC_SIZE);
		buf_add_u64le(&p->stub, 0);
		buf_add_str(&p->stub, "and the rest of it");
	}
	parts_make_trees(p);
	parts_add_block(p, 0, slice_str(TEST_HALF_1), BLOCK_ZSTD, 0);
	parts_add_block(p, 1, slice_str(TEST_HALF_2), BLOCK_STORED, 1);
	parts_add_block(p, 2, buf_slice(&p->trees[0]), BLOCK_ZSTD, 0);
	parts_add_block(p, 3, buf_slice(&p->trees[1]), BLOCK_ZSTD, 2);
	p->table = (struct block_table) { .blocks = p->records,
					  .count = TEST_BLOCKS,
					  .group_count = 3 };
	parts_add_catalog(p, "1,2");
}

/* All after parts_make() with the data in other blocks: block 1 against block 0. */
static inline void parts_use_prefix(struct test_parts *p, const char *groups_of_beta)
{
	p->blocks.len = 0;
	parts_add_block(p, 0, slice_str(TEST_HALF_1), BLOCK_ZSTD, 0);
	parts_add_prefixed(p, 1, slice_str(TEST_HALF_2), 0, slice_str(TEST_HALF_1), 1);
	parts_add_block(p, 2, buf_slice(&p->trees[0]), BLOCK_ZSTD, 0);
	parts_add_prefixed(p, 3, buf_slice(&p->trees[1]), 2, buf_slice(&p->trees[0]), 2);
	parts_add_catalog(p, groups_of_beta);
}

/* --- the file --- */

/* What stands in the file from @base on; before it, zeros.  The source reads it. */
struct test_bundle {
	struct buf file;
	uint64_t base;
	struct locator locator;
	struct source source;
	uint64_t bytes_read;
};

static inline bool test_read_at(void *ctx, uint64_t offset, void *out, size_t len, struct err *err)
{
	struct test_bundle *t = ctx;
	(void)err;
	t->bytes_read += len;
	uint8_t *p = out;
	for (size_t i = 0; i < len; i++) {
		uint64_t at = offset + i;
		p[i] = at < t->base ? 0 : t->file.p[at - t->base];
	}
	return true;
}

static inline struct extent test_append(struct test_bundle *t, struct slice s)
{
	struct extent e = { t->base + t->file.len, s.len };
	buf_add(&t->file, s.p, s.len);
	return e;
}

static inline void test_append_places(struct test_bundle *t, const struct test_parts *p)
{
	uint64_t at = t->locator.stub_size;
	t->locator.places.offset = t->base + t->file.len;
	for (uint32_t i = 0; i < p->table.count; i++) {
		buf_add_u64le(&t->file, p->left_out[i] ? BLOCK_NOT_HERE : at);
		at += p->left_out[i] ? 0 : p->table.blocks[i].stored_size;
	}
	t->locator.places.size = t->base + t->file.len - t->locator.places.offset;
}

static inline void test_append_signatures(struct test_bundle *t, struct slice root,
					  const struct test_key *keys, size_t key_count)
{
	struct buf cms[SIGNATURES_MAX];
	struct slice slices[SIGNATURES_MAX];
	struct buf section = BUF_INIT(TEST_FILE_MAX);
	for (size_t i = 0; i < key_count; i++) {
		cms[i] = BUF_INIT(SIGNATURES_SIZE);
		test_sign(&keys[i], root, &cms[i]);
		slices[i] = buf_slice(&cms[i]);
	}
	must(signatures_write(slices, key_count, &section, why));
	t->locator.signatures = test_append(t, buf_slice(&section));
	buf_done(&section);
	for (size_t i = 0; i < key_count; i++)
		buf_done(&cms[i]);
}

static inline void bundle_make_source(struct test_bundle *t)
{
	t->source = (struct source) { "test.run", t->base + t->file.len, t, test_read_at };
}

/* The file of @p, signed with @keys; the caller releases it with test_bundle_done(). */
static inline void parts_join(struct test_parts *p, const struct test_key *keys, size_t key_count,
			      struct test_bundle *t)
{
	*t = (struct test_bundle) { .file = BUF_INIT(TEST_FILE_MAX), .base = p->base };
	if (p->stub.len) {
		struct root_part *part = &p->root.stubs[0];
		part->name = "linux-x86_64";
		part->digest.size = p->base + p->stub.len;
		must(stub_digest(buf_slice(&p->stub), part->digest.sha256, why));
		p->root.stub_count = 1;
	}
	struct buf table = BUF_INIT(TEST_FILE_MAX), root = BUF_INIT(TEST_FILE_MAX);
	block_table_write(&p->table, &table);
	p->root.table = test_digest(buf_slice(&table));
	p->root.catalog = test_digest(buf_slice(&p->catalog));
	p->root.block_count = p->table.count + p->more_blocks;
	must(root_write(&p->root, &root, why));

	test_append(t, buf_slice(&p->stub));
	t->locator.stub_size = p->base + t->file.len;
	test_append(t, buf_slice(&p->blocks));
	t->locator.blocks_end = p->base + t->file.len;
	test_append_places(t, p);
	t->locator.table = test_append(t, buf_slice(&table));
	t->locator.catalog = test_append(t, buf_slice(&p->catalog));
	t->locator.documents =
		test_append(t, p->documents_at.len ? p->documents_at : slice_str(p->documents));
	t->locator.root = test_append(t, buf_slice(&root));
	test_append_signatures(t, buf_slice(&root), keys, key_count);
	uint64_t locator_offset = t->base + t->file.len;
	must(locator_write(&t->locator, &t->file, why));
	buf_done(&table);
	buf_done(&root);

	size_t at;
	if (p->stub.len) {
		must(stub_find_placeholder(buf_slice(&p->stub), &at, why));
		put_u64le(t->file.p + at + STUB_MAGIC_SIZE, locator_offset);
	}
	bundle_make_source(t);
}

static inline void test_bundle_done(struct test_bundle *t)
{
	buf_done(&t->file);
}

#endif
