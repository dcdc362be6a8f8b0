/* SPDX-License-Identifier: MIT */
/*
 * fuzz_bundle.c - input: an unsigned bundle, without its section of signatures (64 KiB of zeros).
 *
 * As a signer would, this puts right what no mutation could: the locator's check value, the digests
 * of blocks, table and catalog.  So the search gets past them, to what a signed bundle may do.
 */
#include <stdint.h>
#include <stdlib.h>

#include "layout.h"

#define FILE_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_file(void *ctx, uint64_t offset, void *out, size_t len, struct err *err)
{
	const struct buf *file = ctx;
	(void)err;
	memcpy(out, file->p + offset, len);
	return true;
}

static struct slice extent_of(const struct buf *b, struct extent e)
{
	return (struct slice) { b->p + e.offset, (size_t)e.size };
}

static bool digest_of(struct slice s, struct digest *out)
{
	out->size = s.len;
	return sha256_of(s, out->sha256, NULL);
}

/* The locator at the end of the input, which knows nothing of signatures. */
static bool read_locator(struct slice tail, uint64_t offset, struct locator *out)
{
	uint8_t raw[LOCATOR_SIZE], digest[SHA256_SIZE];
	memcpy(raw, tail.p, sizeof(raw));
	if (!sha256_of((struct slice) { raw, LOCATOR_SIZE - LOCATOR_CHECK_SIZE }, digest, NULL))
		return false;
	memcpy(raw + LOCATOR_SIZE - LOCATOR_CHECK_SIZE, digest, LOCATOR_CHECK_SIZE);
	return locator_parse((struct slice) { raw, sizeof(raw) }, offset, out, NULL);
}

/* The digest of every block that is where the places say. */
static void repair_table(struct buf *front, const struct locator *l)
{
	struct rd places = rd_new(extent_of(front, l->places));
	uint64_t record = l->table.offset + BLOCK_HEADER_SIZE,
		 end = l->table.offset + l->table.size;
	for (; record + BLOCK_RECORD_SIZE <= end; record += BLOCK_RECORD_SIZE) {
		struct rd r = rd_new((struct slice) { front->p + record, BLOCK_RECORD_SIZE });
		uint64_t size = rd_u64le(&r), at = rd_u64le(&places);
		struct digest d;
		if (places.bad || at > l->blocks_end || size > l->blocks_end - at)
			continue;
		if (digest_of(extent_of(front, (struct extent) { at, size }), &d))
			memcpy(front->p + record + 16, d.sha256, SHA256_SIZE);
	}
}

static bool repair_root(struct buf *front, struct locator *l, struct buf *out)
{
	AUTO(root_done) struct root r = { 0 };
	return root_parse(extent_of(front, l->root), &r, NULL) &&
	       digest_of(extent_of(front, l->table), &r.table) &&
	       digest_of(extent_of(front, l->catalog), &r.catalog) && root_write(&r, out, NULL);
}

/* The whole file, from what stands before the root, and the root. */
static bool join(struct buf *front, struct locator *l, const struct buf *root, struct buf *file)
{
	buf_add(file, front->p, (size_t)l->root.offset);
	buf_add(file, root->p, root->len);
	l->root.size = root->len;
	l->signatures = (struct extent) { file->len, SIGNATURES_SIZE };
	return signatures_write(NULL, 0, file, NULL) && locator_write(l, file, NULL);
}

static void use(struct buf *file)
{
	struct source src = { "fuzz", file->len, file, read_file };
	struct bundle_options opt = { .allow_unsigned = true, .now = 1764000000 };
	AUTO(bundle_close) struct bundle b = { 0 };
	struct layout_verified v;
	const char *stub;
	struct err err = { 0 };
	if (!bundle_open(&src, &opt, &b, &err)) {
		if (err.code == ERR_UNSIGNED || err.code == ERR_SIGNATURE)
			abort(); /* then nothing behind it would be reached */
		return;
	}
	if (layout_verify(&b, true, NULL, NULL, &v, NULL) || bundle_check_stub(&b, &stub, NULL))
		return;
	for (size_t i = 0; i < b.catalog.package_count; i++) {
		AUTO(tree_done) struct tree t = { 0 };
		if (bundle_read_tree(&b, i, &t, NULL) &&
		    layout_tree(&b, &t, &layout_verify_only, NULL))
			continue;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < LOCATOR_SIZE || size > FILE_MAX)
		return 0;
	AUTO(buf_done) struct buf front = BUF_INIT(FILE_MAX), root = BUF_INIT(FILE_MAX);
	AUTO(buf_done) struct buf file = BUF_INIT(2 * FILE_MAX);
	struct locator l;
	buf_add(&front, data, size - LOCATOR_SIZE);
	if (!read_locator((struct slice) { data + front.len, LOCATOR_SIZE }, front.len, &l))
		return 0;
	repair_table(&front, &l);
	if (repair_root(&front, &l, &root) && join(&front, &l, &root, &file))
		use(&file);
	return 0;
}
