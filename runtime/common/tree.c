/* SPDX-License-Identifier: MIT */
/*
 * tree.c - see tree.h.
 *
 * A tree is written so that there is one way to write it: offsets that follow from what stands
 * before (of a name, of an entry's first piece) are not in the file and so can't be wrong.
 */
#include "tree.h"

#include "path.h"

struct header {
	uint32_t entries, pieces, recipes, names_size;
	uint64_t total_size;
};

/* The arrays of a tree, each read from its own place. */
struct parts {
	struct rd entries, pieces, names;
};

static bool read_header(struct rd *r, struct header *out, struct err *err)
{
	struct slice magic = rd_take(r, strlen(TREE_MAGIC));
	struct header h = { .entries = rd_u32le(r) };
	h.pieces = rd_u32le(r);
	h.recipes = rd_u32le(r);
	h.names_size = rd_u32le(r);
	h.total_size = rd_u64le(r);
	uint64_t reserved = 0;
	for (int i = 0; i < 4; i++)
		reserved |= rd_u64le(r);

	if (r->bad || !slice_equal(magic, slice_str(TREE_MAGIC)) || reserved != 0)
		return err_set(err, ERR_FORMAT, "it has a bad header");
	if (h.recipes != 0)
		return err_set(err, ERR_FORMAT, "it has recipes, which needs a newer ibbundle");
	if (h.entries > TREE_ENTRIES_MAX || h.pieces > TREE_PIECES_MAX)
		return err_set(err, ERR_FORMAT, "it has too many entries or pieces");
	*out = h;
	return true;
}

/* Cut the rest of the tree into its parts, which must take all of it and no more. */
static bool cut_parts(struct rd *r, const struct header *h, struct parts *out, struct err *err)
{
	out->entries = rd_new(rd_take(r, (uint64_t)h->entries * TREE_ENTRY_SIZE));
	out->pieces = rd_new(rd_take(r, (uint64_t)h->pieces * TREE_PIECE_SIZE));
	out->names = rd_new(rd_take(r, h->names_size));
	if (!rd_end(r))
		return err_set(err, ERR_FORMAT, "its parts do not add up to its length");
	return true;
}

static bool parse_piece(struct rd *r, const struct block_table *table, struct tree_piece *out,
			struct err *err)
{
	struct tree_piece p = { .block = rd_u32le(r) };
	uint32_t reserved = rd_u32le(r);
	p.offset = rd_u64le(r);
	p.length = rd_u64le(r);
	if (reserved != 0 || p.length == 0 || p.block >= table->count)
		return err_set(err, ERR_FORMAT, "a piece is not in any block");
	uint64_t raw_size = table->blocks[p.block].raw_size;
	if (p.offset > raw_size || p.length > raw_size - p.offset)
		return err_set(err, ERR_FORMAT, "a piece lies outside block %u", (unsigned)p.block);
	*out = p;
	return true;
}

/* Byte order; a path stands before everything that it is the beginning of. */
static int path_compare(struct slice a, struct slice b)
{
	int c = memcmp(a.p, b.p, a.len < b.len ? a.len : b.len);
	return c ? c : (a.len > b.len) - (a.len < b.len);
}

/* Is the directory that @path is in among the @count entries before it? */
static bool has_parent(const struct tree_entry *entries, uint32_t count, struct slice path)
{
	size_t n = path.len;
	while (n > 0 && path.p[n - 1] != '/')
		n--;
	if (n == 0)
		return true;
	struct slice parent = { path.p, n - 1 };
	for (uint32_t low = 0, high = count; low < high;) {
		uint32_t middle = low + (high - low) / 2;
		int c = path_compare(entries[middle].path, parent);
		if (c == 0)
			return entries[middle].type == TREE_DIR;
		if (c < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static bool check_names(const struct tree_entry *entries, uint32_t i, struct err *err)
{
	const struct tree_entry *e = &entries[i];
	if (!path_is_safe(e->path))
		return err_set(err, ERR_FORMAT, "entry %u has a name that is not allowed",
			       (unsigned)i);
	/* From here on, the name can be printed. */
	int n = (int)e->path.len;
	const char *path = (const char *)e->path.p;
	if (i > 0 && path_compare(entries[i - 1].path, e->path) >= 0)
		return err_set(err, ERR_FORMAT, "'%.*s' is out of order or there twice", n, path);
	if (!has_parent(entries, i, e->path))
		return err_set(err, ERR_FORMAT, "'%.*s' is in no directory", n, path);
	if (e->type == TREE_SYMLINK ? !path_target_is_safe(e->path, e->target) : e->target.len > 0)
		return err_set(err, ERR_FORMAT, "'%.*s' links to what is not allowed", n, path);
	return true;
}

static bool check_attributes(const struct tree_entry *e, struct err *err)
{
	int n = (int)e->path.len;
	const char *path = (const char *)e->path.p;
	if (e->type != TREE_FILE && e->type != TREE_DIR && e->type != TREE_SYMLINK)
		return err_set(err, ERR_FORMAT, "'%.*s' is of unknown type %u", n, path,
			       (unsigned)e->type);
	if (e->type == TREE_SYMLINK ? e->mode != 0777 : (e->mode & ~TREE_MODE_MASK) != 0)
		return err_set(err, ERR_FORMAT, "'%.*s' has mode %o, which is not allowed", n, path,
			       (unsigned)e->mode);
	if (e->mtime < 0 || e->mtime > TREE_MTIME_MAX)
		return err_set(err, ERR_FORMAT, "'%.*s' has a time that is not allowed", n, path);
	if (e->type != TREE_FILE &&
	    (e->size || e->piece_count ||
	     !slice_is_zero((struct slice) { e->sha256, sizeof(e->sha256) })))
		return err_set(err, ERR_FORMAT, "'%.*s' is no file but has contents", n, path);
	return true;
}

/* The pieces of @e are the next ones; their lengths must give its size. */
static bool check_pieces(struct tree_entry *e, const struct tree *t, uint32_t used, struct err *err)
{
	if (e->piece_count > t->piece_count - used)
		return err_set(err, ERR_FORMAT, "it has fewer pieces than its entries name");
	e->first_piece = used;
	uint64_t sum = 0; /* can't wrap: TREE_PIECES_MAX * BLOCK_RAW_MAX is 2^46 */
	for (uint32_t i = 0; i < e->piece_count; i++)
		sum += t->pieces[used + i].length;
	if (sum != e->size)
		return err_set(err, ERR_FORMAT, "the pieces of '%.*s' do not add up to its size",
			       (int)e->path.len, (const char *)e->path.p);
	return true;
}

static bool parse_entry(struct parts *parts, struct tree *t, uint32_t i, uint32_t used,
			struct err *err)
{
	struct rd *r = &parts->entries;
	struct tree_entry *e = &t->entries[i];
	e->path = rd_take(&parts->names, rd_u32le(r));
	e->target = rd_take(&parts->names, rd_u32le(r));
	e->type = (enum tree_type)rd_u32le(r);
	e->mode = rd_u32le(r);
	e->mtime = (int64_t)rd_u64le(r);
	e->size = rd_u64le(r);
	rd_copy(r, e->sha256, sizeof(e->sha256));
	e->piece_count = rd_u32le(r);
	uint32_t recipe = rd_u32le(r);
	uint64_t reserved = rd_u64le(r);
	if (r->bad || parts->names.bad || recipe != 0 || reserved != 0)
		return err_set(err, ERR_FORMAT, "entry %u is damaged", (unsigned)i);
	return check_names(t->entries, i, err) && check_attributes(e, err) &&
	       check_pieces(e, t, used, err);
}

static bool parse_entries(struct parts *parts, struct tree *t, struct err *err)
{
	uint32_t used = 0;
	for (uint32_t i = 0; i < t->entry_count; i++) {
		if (!parse_entry(parts, t, i, used, err))
			return false;
		used += t->entries[i].piece_count;
		t->total_size += t->entries[i].size;
		t->file_count += t->entries[i].type == TREE_FILE;
	}
	if (used != t->piece_count || !rd_end(&parts->names))
		return err_set(err, ERR_FORMAT, "it has pieces or names that no entry uses");
	return true;
}

bool tree_parse(uint8_t *bytes, size_t len, const struct block_table *table, struct tree *out,
		struct err *err)
{
	AUTO(tree_done) struct tree t = { .bytes = bytes };
	struct rd r = rd_new((struct slice) { bytes, len });
	struct header h = { 0 };
	struct parts parts = { 0 };
	if (!read_header(&r, &h, err) || !cut_parts(&r, &h, &parts, err))
		return err_wrap(err, "the package's tree can't be used");

	t.entry_count = h.entries;
	t.piece_count = h.pieces;
	t.entries = calloc(h.entries ? h.entries : 1, sizeof(*t.entries));
	t.pieces = calloc(h.pieces ? h.pieces : 1, sizeof(*t.pieces));
	if (!t.entries || !t.pieces)
		return err_no_memory(err);
	for (uint32_t i = 0; i < h.pieces; i++)
		if (!parse_piece(&parts.pieces, table, &t.pieces[i], err))
			return err_wrap(err, "the package's tree can't be used");
	if (!parse_entries(&parts, &t, err))
		return err_wrap(err, "the package's tree can't be used");
	if (t.total_size != h.total_size)
		return err_set(err, ERR_FORMAT,
			       "the package's tree can't be used: its files do not add up to %llu "
			       "bytes",
			       (unsigned long long)h.total_size);
	*out = t;
	t = (struct tree) { 0 };
	return true;
}

static void write_entry(const struct tree_entry *e, struct buf *out)
{
	buf_add_u32le(out, (uint32_t)e->path.len);
	buf_add_u32le(out, (uint32_t)e->target.len);
	buf_add_u32le(out, (uint32_t)e->type);
	buf_add_u32le(out, e->mode);
	buf_add_u64le(out, (uint64_t)e->mtime);
	buf_add_u64le(out, e->size);
	buf_add(out, e->sha256, sizeof(e->sha256));
	buf_add_u32le(out, e->piece_count);
	buf_add_u32le(out, 0); /* recipe */
	buf_add_u64le(out, 0);
}

void tree_write(const struct tree *t, struct buf *out)
{
	uint64_t total_size = 0;
	size_t names_size = 0;
	for (uint32_t i = 0; i < t->entry_count; i++) {
		total_size += t->entries[i].size;
		names_size += t->entries[i].path.len + t->entries[i].target.len;
	}
	buf_add_str(out, TREE_MAGIC);
	buf_add_u32le(out, t->entry_count);
	buf_add_u32le(out, t->piece_count);
	buf_add_u32le(out, 0); /* recipes */
	buf_add_u32le(out, (uint32_t)names_size);
	buf_add_u64le(out, total_size);
	for (int i = 0; i < 4; i++)
		buf_add_u64le(out, 0);
	for (uint32_t i = 0; i < t->entry_count; i++)
		write_entry(&t->entries[i], out);
	for (uint32_t i = 0; i < t->entry_count; i++)
		for (uint32_t k = 0; k < t->entries[i].piece_count; k++) {
			const struct tree_piece *p = &t->pieces[t->entries[i].first_piece + k];
			buf_add_u32le(out, p->block);
			buf_add_u32le(out, 0);
			buf_add_u64le(out, p->offset);
			buf_add_u64le(out, p->length);
		}
	for (uint32_t i = 0; i < t->entry_count; i++) {
		buf_add(out, t->entries[i].path.p, t->entries[i].path.len);
		buf_add(out, t->entries[i].target.p, t->entries[i].target.len);
	}
}

void tree_done(struct tree *t)
{
	free(t->bytes);
	free(t->entries);
	free(t->pieces);
	*t = (struct tree) { 0 };
}
