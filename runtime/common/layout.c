/* SPDX-License-Identifier: MIT */
/* layout.c - see layout.h. */
#include "layout.h"

#define WRITE_SIZE (1u << 20) /* between two looks at whether to stop */

struct progress {
	bool (*report)(void *ctx, uint64_t done, uint64_t total);
	void *ctx;
	uint64_t done, total;
};

static bool progress_add(struct progress *p, uint64_t n, struct err *err)
{
	p->done += n;
	if (p->report && !p->report(p->ctx, p->done, p->total))
		return err_set(err, ERR_INTERRUPTED, "interrupted");
	return true;
}

/* --- one tree --- */

static bool write_piece(const struct layout_sink *sink, struct slice piece, struct sha256 *h,
			struct progress *progress, struct err *err)
{
	for (struct rd r = rd_new(piece); r.left;) {
		struct slice part = rd_take(&r, r.left < WRITE_SIZE ? r.left : WRITE_SIZE);
		sha256_update(h, part.p, part.len);
		if (!sink->file_write(sink->ctx, part.p, part.len, err) ||
		    !progress_add(progress, part.len, err))
			return false;
	}
	return true;
}

static bool write_pieces(struct bundle *b, const struct tree *t, const struct tree_entry *e,
			 const struct layout_sink *sink, struct sha256 *h,
			 struct progress *progress, struct err *err)
{
	for (uint32_t i = 0; i < e->piece_count; i++) {
		const struct tree_piece *p = &t->pieces[e->first_piece + i];
		struct slice raw;
		if (!bundle_read_block(b, p->block, &raw, err))
			return false;
		struct rd r = rd_new(raw);
		rd_take(&r, p->offset);
		struct slice piece = rd_take(&r, p->length);
		if (piece.len != p->length) /* tree_parse() saw to that */
			return err_set(err, ERR_FORMAT, "a piece lies outside block %u",
				       (unsigned)p->block);
		if (!write_piece(sink, piece, h, progress, err))
			return false;
	}
	return true;
}

static bool layout_file(struct bundle *b, const struct tree *t, const struct tree_entry *e,
			const struct layout_sink *sink, struct progress *progress, struct err *err)
{
	AUTO(sha256_done) struct sha256 h = { 0 };
	uint8_t digest[SHA256_SIZE];
	if (!sha256_init(&h, err) || !sink->file_begin(sink->ctx, e, err) ||
	    !write_pieces(b, t, e, sink, &h, progress, err))
		return false;
	sha256_final(&h, digest);
	if (memcmp(digest, e->sha256, sizeof(digest)) != 0)
		return err_set(err, ERR_DIGEST, "'%.*s' does not have the signed contents",
			       (int)e->path.len, (const char *)e->path.p);
	return sink->file_end(sink->ctx, e, err);
}

struct placed {
	uint32_t entry, block;
	uint64_t offset;
};

static int placed_compare(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	if (x->block != y->block)
		return x->block < y->block ? -1 : 1;
	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return (x->entry > y->entry) - (x->entry < y->entry);
}

/*
 * Files in the order of their bytes, so that a block is decoded once, however the names of what is
 * in it are sorted.  The caller frees *out, which has t->file_count elements.
 */
static bool order_files(const struct tree *t, struct placed **out, struct err *err)
{
	struct placed *p = malloc((t->file_count ? t->file_count : 1) * sizeof(*p));
	if (!p)
		return err_no_memory(err);
	size_t n = 0;
	for (uint32_t i = 0; i < t->entry_count && n < t->file_count; i++) {
		const struct tree_entry *e = &t->entries[i];
		if (e->type != TREE_FILE)
			continue;
		p[n++] = (struct placed) { .entry = i };
		if (e->piece_count) {
			p[n - 1].block = t->pieces[e->first_piece].block;
			p[n - 1].offset = t->pieces[e->first_piece].offset;
		}
	}
	qsort(p, n, sizeof(*p), placed_compare);
	*out = p;
	return true;
}

/* Directories, then symlinks, in the tree's order; then files. */
static bool layout_entries(struct bundle *b, const struct tree *t, const struct layout_sink *sink,
			   struct progress *progress, struct err *err)
{
	AUTO(auto_free) struct placed *files = NULL;
	if (!order_files(t, &files, err))
		return false;
	for (uint32_t i = 0; i < t->entry_count; i++)
		if (t->entries[i].type == TREE_DIR && !sink->dir(sink->ctx, &t->entries[i], err))
			return false;
	for (uint32_t i = 0; i < t->entry_count; i++)
		if (t->entries[i].type == TREE_SYMLINK &&
		    !sink->symlink(sink->ctx, &t->entries[i], err))
			return false;
	for (uint32_t i = 0; i < t->file_count; i++)
		if (!layout_file(b, t, &t->entries[files[i].entry], sink, progress, err))
			return false;
	return true;
}

bool layout_tree(struct bundle *b, const struct tree *t, const struct layout_sink *sink,
		 struct err *err)
{
	struct progress progress = { sink->progress, sink->ctx, 0, t->total_size };
	return progress_add(&progress, 0, err) && layout_entries(b, t, sink, &progress, err);
}

/* --- the sink that writes nothing --- */

static bool ignore_entry(void *ctx, const struct tree_entry *e, struct err *err)
{
	(void)ctx;
	(void)e;
	(void)err;
	return true;
}

static bool ignore_bytes(void *ctx, const uint8_t *p, size_t n, struct err *err)
{
	(void)ctx;
	(void)p;
	(void)n;
	(void)err;
	return true;
}

const struct layout_sink layout_verify_only = {
	.dir = ignore_entry,
	.symlink = ignore_entry,
	.file_begin = ignore_entry,
	.file_write = ignore_bytes,
	.file_end = ignore_entry,
};

/* --- the whole file --- */

static bool verify_blocks(const struct bundle *b, struct progress *progress,
			  struct layout_verified *out, struct err *err)
{
	for (uint32_t i = 0; i < b->table.count; i++) {
		if (b->places[i] == BLOCK_NOT_HERE) {
			out->blocks_missing++;
			continue;
		}
		if (!bundle_check_block(b, i, err) ||
		    !progress_add(progress, b->table.blocks[i].stored_size, err))
			return false;
		out->blocks++;
	}
	return true;
}

static bool verify_package(struct bundle *b, size_t index, struct progress *progress,
			   struct err *err)
{
	AUTO(tree_done) struct tree t = { 0 };
	return bundle_read_tree(b, index, &t, err) &&
	       (layout_entries(b, &t, &layout_verify_only, progress, err) ||
		err_wrap(err, "package '%s'", b->catalog.packages[index].id));
}

static bool verify_packages(struct bundle *b, struct progress *progress,
			    struct layout_verified *out, struct err *err)
{
	for (size_t i = 0; i < b->catalog.package_count; i++) {
		uint64_t bytes = b->catalog.packages[i].payload_bytes;
		uint64_t before = progress->done;
		struct err e = { 0 };
		if (verify_package(b, i, progress, &e)) {
			out->packages++;
			out->bytes += bytes;
		} else if (e.code == ERR_MISSING_BLOCK) {
			out->packages_missing++;
			progress->done = before + bytes;
		} else {
			return err_set(err, e.code, "%s", e.msg);
		}
	}
	return true;
}

bool layout_verify(struct bundle *b, bool (*progress)(void *ctx, uint64_t done, uint64_t total),
		   void *ctx, struct layout_verified *out, struct err *err)
{
	struct progress p = { progress, ctx, 0, b->locator.blocks_end - b->locator.stub_size };
	for (size_t i = 0; i < b->catalog.package_count; i++)
		p.total += b->catalog.packages[i].payload_bytes;
	struct layout_verified found = { 0 };
	if (!bundle_check_stub(b, &found.stub, err) || !bundle_check_documents(b, err) ||
	    !verify_blocks(b, &p, &found, err) || !verify_packages(b, &p, &found, err) ||
	    !bundle_check_sum(b, err))
		return false;
	*out = found;
	return true;
}
