/* SPDX-License-Identifier: MIT */
/*
 * tree.c - see tree.h.
 *
 * A tree is written so that there is one way to write it: offsets that follow from what stands
 * before (of a name, of an entry's first piece) are not in the file and so can't be wrong.
 */
#include "tree.h"

#include "path.h"
#include "recipe.h"

/* Of one file or of all; TREE_ENTRIES_MAX of them would still add up without wrapping. */
#define SIZE_LIMIT (UINT64_C(1) << 45)

struct header {
	uint32_t entries, pieces, recipes, names_size;
	uint64_t total_size;
};

/* The arrays of a tree, each read from its own place. */
struct parts {
	struct rd entries, pieces, recipes, names;
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
	if (h.entries > TREE_ENTRIES_MAX || h.pieces > TREE_PIECES_MAX ||
	    h.recipes > TREE_RECIPES_MAX)
		return err_set(err, ERR_FORMAT, "it has too many entries, pieces or recipes");
	*out = h;
	return true;
}

/* Cut the rest of the tree into its parts, which must take all of it and no more. */
static bool cut_parts(struct rd *r, const struct header *h, struct parts *out, struct err *err)
{
	out->entries = rd_new(rd_take(r, (uint64_t)h->entries * TREE_ENTRY_SIZE));
	out->pieces = rd_new(rd_take(r, (uint64_t)h->pieces * TREE_PIECE_SIZE));
	out->recipes = rd_new(rd_take(r, (uint64_t)h->recipes * TREE_RECIPE_SIZE));
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
	*out = p;
	if (reserved == 0 && p.length > 0 && p.block == TREE_PIECE_MADE)
		return true; /* checked when the recipes are there */
	if (reserved != 0 || p.length == 0 || p.block >= table->count)
		return err_set(err, ERR_FORMAT, "a piece is not in any block");
	uint64_t raw_size = table->blocks[p.block].raw_size;
	if (p.offset > raw_size || p.length > raw_size - p.offset)
		return err_set(err, ERR_FORMAT, "a piece lies outside block %u", (unsigned)p.block);
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

/* The next @count pieces: their lengths, none of which can make the sum wrap, must give @size. */
static bool take_pieces(const struct tree *t, uint32_t used, uint32_t count, uint64_t size,
			struct err *err)
{
	if (count > t->piece_count - used)
		return err_set(err, ERR_FORMAT, "it has fewer pieces than its entries name");
	uint64_t sum = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint64_t length = t->pieces[used + i].length;
		if (length > size - sum)
			return err_set(err, ERR_FORMAT, "pieces are longer than what they are of");
		sum += length;
	}
	return sum == size || err_set(err, ERR_FORMAT, "pieces are shorter than what they are of");
}

/* What is hashed as it is read must be there in the order in which it is read. */
static bool check_order(const struct tree_piece *p, uint32_t count, struct err *err)
{
	for (uint32_t i = 0; i < count; i++)
		if (p[i].block == TREE_PIECE_MADE ||
		    (i > 0 && (p[i].block < p[i - 1].block ||
			       (p[i].block == p[i - 1].block && p[i].offset < p[i - 1].offset))))
			return err_set(err, ERR_FORMAT, "pieces are out of order");
	return true;
}

static bool check_recipe_of(const struct tree_entry *e, const struct tree *t, struct err *err)
{
	if (!e->recipe)
		return check_order(t->pieces + e->first_piece, e->piece_count, err);
	return (e->type == TREE_FILE && e->size > 0 && e->recipe <= t->recipe_count) ||
	       err_set(err, ERR_FORMAT, "it has a recipe that is not there");
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
	e->recipe = rd_u32le(r);
	e->first_piece = used;
	uint64_t reserved = rd_u64le(r);
	if (r->bad || parts->names.bad || reserved != 0)
		return err_set(err, ERR_FORMAT, "entry %u is damaged", (unsigned)i);
	if (!check_names(t->entries, i, err) || !check_attributes(e, err))
		return false;
	if (e->size > SIZE_LIMIT - t->total_size)
		return err_set(err, ERR_FORMAT, "its files are too large");
	return (take_pieces(t, used, e->piece_count, e->size, err) && check_recipe_of(e, t, err)) ||
	       err_wrap(err, "'%.*s'", (int)e->path.len, (const char *)e->path.p);
}

static bool parse_entries(struct parts *parts, struct tree *t, uint32_t *used, struct err *err)
{
	for (uint32_t i = 0; i < t->entry_count; i++) {
		if (!parse_entry(parts, t, i, *used, err))
			return false;
		*used += t->entries[i].piece_count;
		t->total_size += t->entries[i].size;
		t->file_count += t->entries[i].type == TREE_FILE;
	}
	return true;
}

/* --- recipes --- */

static bool check_recipe(const struct tree_recipe *p, const struct tree *t, struct err *err)
{
	bool own = p->input_size > 0;
	if (p->kind != RECIPE_NONE && p->kind != RECIPE_OPERATIONS)
		return err_set(err, ERR_FORMAT, "it is of kind %u, which needs a newer ibbundle",
			       (unsigned)p->kind);
	if (p->kind == RECIPE_NONE ? p->parameters.len > 0 : p->parameters.len == 0)
		return err_set(err, ERR_FORMAT, "its parameters do not fit its kind");
	if (p->name.len && !path_is_safe(p->name))
		return err_set(err, ERR_FORMAT, "it has a name that is not allowed");
	/* A container that can't be made again needs no input; all others have some. */
	if (p->name.len && own != (p->kind == RECIPE_OPERATIONS))
		return err_set(err, ERR_FORMAT, "it is made of the wrong bytes");
	if (!p->name.len && own && p->kind == RECIPE_NONE)
		return err_set(err, ERR_FORMAT, "it stands for bytes that nobody can make");
	if (p->size == 0 || p->size > SIZE_LIMIT || p->input_size > SIZE_LIMIT)
		return err_set(err, ERR_FORMAT, "it has a size that is not allowed");
	/* What is made is made of nothing but blocks: no recipe waits for another. */
	for (uint32_t i = 0; i < p->piece_count && !p->name.len; i++)
		if (t->pieces[p->first_piece + i].block == TREE_PIECE_MADE)
			return err_set(err, ERR_FORMAT, "it is made of what a recipe makes");
	return p->kind != RECIPE_OPERATIONS || !own ||
	       recipe_check(p->parameters, p->input_size, err);
}

static bool parse_recipe(struct parts *parts, struct tree *t, uint32_t i, uint32_t used,
			 struct err *err)
{
	struct rd *r = &parts->recipes;
	struct tree_recipe *p = &t->recipes[i];
	p->kind = (enum recipe_kind)rd_u32le(r);
	uint32_t parameters = rd_u32le(r);
	uint32_t name = rd_u32le(r);
	p->piece_count = rd_u32le(r);
	p->size = rd_u64le(r);
	p->input_size = rd_u64le(r);
	rd_copy(r, p->sha256, sizeof(p->sha256));
	rd_copy(r, p->stored_sha256, sizeof(p->stored_sha256));
	p->first_piece = used;
	p->name = rd_take(&parts->names, name);
	p->parameters = rd_take(&parts->names, parameters);
	if (r->bad || parts->names.bad || parameters > TREE_PARAMETERS_MAX)
		return err_set(err, ERR_FORMAT, "recipe %u is damaged", (unsigned)i);
	return (take_pieces(t, used, p->piece_count, p->input_size, err) &&
		check_recipe(p, t, err)) ||
	       err_wrap(err, "recipe %u", (unsigned)i);
}

/* Note that recipe @index is used by @e, or by a piece of @length bytes of it. */
static bool use_recipe(const struct tree *t, uint64_t index, const struct tree_entry *e,
		       uint64_t length, uint8_t *used, struct err *err)
{
	const struct tree_recipe *p = index < t->recipe_count ? &t->recipes[index] : NULL;
	if (!p || p->name.len || (e ? p->input_size > 0 : p->input_size == 0 || p->size != length))
		return err_set(err, ERR_FORMAT, "a recipe is used for what it is not for");
	used[index] = 1;
	return !e || p->kind != RECIPE_OPERATIONS || recipe_check(p->parameters, e->size, err);
}

/* Every recipe is a container's or is used, and used for what it is. */
static bool check_recipe_use(const struct tree *t, struct err *err)
{
	AUTO(auto_free) uint8_t *used = calloc(t->recipe_count ? t->recipe_count : 1, 1);
	if (!used)
		return err_no_memory(err);
	for (uint32_t i = 0; i < t->entry_count; i++)
		if (t->entries[i].recipe &&
		    !use_recipe(t, t->entries[i].recipe - 1, &t->entries[i], 0, used, err))
			return false;
	for (uint32_t i = 0; i < t->piece_count; i++)
		if (t->pieces[i].block == TREE_PIECE_MADE &&
		    !use_recipe(t, t->pieces[i].offset, NULL, t->pieces[i].length, used, err))
			return false;
	for (uint32_t i = 0; i < t->recipe_count; i++)
		if (!used[i] && !t->recipes[i].name.len)
			return err_set(err, ERR_FORMAT, "recipe %u is not used", (unsigned)i);
	return true;
}

static bool parse_recipes(struct parts *parts, struct tree *t, uint32_t *used, struct err *err)
{
	for (uint32_t i = 0; i < t->recipe_count; i++) {
		if (!parse_recipe(parts, t, i, *used, err))
			return false;
		*used += t->recipes[i].piece_count;
	}
	return check_recipe_use(t, err);
}

const struct tree_recipe *tree_recipe_of(const struct tree *t, const struct tree_entry *e)
{
	return e->recipe ? &t->recipes[e->recipe - 1] : NULL;
}

/* --- all of it --- */

static bool parse_parts(struct parts *parts, const struct block_table *table, struct tree *t,
			struct err *err)
{
	uint32_t used = 0;
	for (uint32_t i = 0; i < t->piece_count; i++)
		if (!parse_piece(&parts->pieces, table, &t->pieces[i], err))
			return false;
	if (!parse_entries(parts, t, &used, err) || !parse_recipes(parts, t, &used, err))
		return false;
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
	t.recipe_count = h.recipes;
	t.entries = calloc(h.entries ? h.entries : 1, sizeof(*t.entries));
	t.pieces = calloc(h.pieces ? h.pieces : 1, sizeof(*t.pieces));
	t.recipes = calloc(h.recipes ? h.recipes : 1, sizeof(*t.recipes));
	if (!t.entries || !t.pieces || !t.recipes)
		return err_no_memory(err);
	if (!parse_parts(&parts, table, &t, err))
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
	buf_add_u32le(out, e->recipe);
	buf_add_u64le(out, 0);
}

static void write_pieces(const struct tree *t, uint32_t first, uint32_t count, struct buf *out)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct tree_piece *p = &t->pieces[first + i];
		buf_add_u32le(out, p->block);
		buf_add_u32le(out, 0);
		buf_add_u64le(out, p->offset);
		buf_add_u64le(out, p->length);
	}
}

static void write_recipe(const struct tree_recipe *p, struct buf *out)
{
	buf_add_u32le(out, (uint32_t)p->kind);
	buf_add_u32le(out, (uint32_t)p->parameters.len);
	buf_add_u32le(out, (uint32_t)p->name.len);
	buf_add_u32le(out, p->piece_count);
	buf_add_u64le(out, p->size);
	buf_add_u64le(out, p->input_size);
	buf_add(out, p->sha256, sizeof(p->sha256));
	buf_add(out, p->stored_sha256, sizeof(p->stored_sha256));
}

void tree_write(const struct tree *t, struct buf *out)
{
	uint64_t total_size = 0;
	size_t names_size = 0;
	for (uint32_t i = 0; i < t->entry_count; i++) {
		total_size += t->entries[i].size;
		names_size += t->entries[i].path.len + t->entries[i].target.len;
	}
	for (uint32_t i = 0; i < t->recipe_count; i++)
		names_size += t->recipes[i].name.len + t->recipes[i].parameters.len;
	buf_add_str(out, TREE_MAGIC);
	buf_add_u32le(out, t->entry_count);
	buf_add_u32le(out, t->piece_count);
	buf_add_u32le(out, t->recipe_count);
	buf_add_u32le(out, (uint32_t)names_size);
	buf_add_u64le(out, total_size);
	for (int i = 0; i < 4; i++)
		buf_add_u64le(out, 0);
	for (uint32_t i = 0; i < t->entry_count; i++)
		write_entry(&t->entries[i], out);
	for (uint32_t i = 0; i < t->entry_count; i++)
		write_pieces(t, t->entries[i].first_piece, t->entries[i].piece_count, out);
	for (uint32_t i = 0; i < t->recipe_count; i++)
		write_pieces(t, t->recipes[i].first_piece, t->recipes[i].piece_count, out);
	for (uint32_t i = 0; i < t->recipe_count; i++)
		write_recipe(&t->recipes[i], out);
	for (uint32_t i = 0; i < t->entry_count; i++) {
		buf_add(out, t->entries[i].path.p, t->entries[i].path.len);
		buf_add(out, t->entries[i].target.p, t->entries[i].target.len);
	}
	for (uint32_t i = 0; i < t->recipe_count; i++) {
		buf_add(out, t->recipes[i].name.p, t->recipes[i].name.len);
		buf_add(out, t->recipes[i].parameters.p, t->recipes[i].parameters.len);
	}
}

void tree_done(struct tree *t)
{
	free(t->bytes);
	free(t->entries);
	free(t->pieces);
	free(t->recipes);
	*t = (struct tree) { 0 };
}
