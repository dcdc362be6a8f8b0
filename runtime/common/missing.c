/* SPDX-License-Identifier: MIT */
/* missing.c - see missing.h. */
#include "missing.h"

/* Bit n of @blocks: block n is needed. */
struct needs_of {
	const struct bundle *b;
	uint8_t *blocks; /* owned */
};

static void needs_of_done(struct needs_of *n)
{
	free(n->blocks);
}

static bool has(const uint8_t *set, uint32_t i)
{
	return set[i / 8] >> i % 8 & 1;
}

static void put(uint8_t *set, uint32_t i)
{
	set[i / 8] |= (uint8_t)(1u << i % 8);
}

static void need_block(struct needs_of *n, uint32_t block)
{
	uint32_t prefix = n->b->table.blocks[block].prefix;
	put(n->blocks, block);
	if (prefix != BLOCK_NO_PREFIX)
		put(n->blocks, prefix - 1);
}

static bool need_groups(struct needs_of *n, const struct package *p, struct err *err)
{
	const struct block_table *t = &n->b->table;
	AUTO(auto_free) uint8_t *groups = calloc(t->group_count / 8 + 1, 1);
	if (!groups)
		return err_no_memory(err);
	for (size_t i = 0; i < p->group_count; i++)
		put(groups, p->groups[i]);
	for (uint32_t i = 0; i < t->count; i++)
		if (has(groups, t->blocks[i].group))
			put(n->blocks, i);
	return true;
}

/* The blocks of some pieces; and in @recipes, which of them are made by what. */
static void need_pieces(struct needs_of *n, const struct tree *t, uint32_t first, uint32_t count,
			uint8_t *recipes)
{
	for (uint32_t i = first; i < first + count; i++) {
		const struct tree_piece *p = &t->pieces[i];
		if (p->block == TREE_PIECE_MADE)
			put(recipes, (uint32_t)p->offset);
		else
			need_block(n, p->block);
	}
}

static bool need_tree(struct needs_of *n, const struct package *p, const struct tree *t,
		      bool containers, struct err *err)
{
	AUTO(auto_free) uint8_t *recipes = calloc(t->recipe_count / 8 + 1, 1);
	if (!recipes)
		return err_no_memory(err);
	need_block(n, p->tree_block);
	for (uint32_t i = 0; i < t->entry_count; i++)
		need_pieces(n, t, t->entries[i].first_piece, t->entries[i].piece_count, recipes);
	for (uint32_t i = 0; containers && i < t->recipe_count; i++)
		if (t->recipes[i].name.len)
			put(recipes, i);
	/* Containers first: what is made is made of blocks alone, but they may have made pieces. */
	for (int named = 1; named >= 0; named--)
		for (uint32_t i = 0; i < t->recipe_count; i++)
			if (has(recipes, i) && (t->recipes[i].name.len > 0) == named)
				need_pieces(n, t, t->recipes[i].first_piece,
					    t->recipes[i].piece_count, recipes);
	return true;
}

static void note_missing(struct missing *m, uint32_t block, uint64_t size)
{
	uint32_t n = m->range_count;
	m->blocks++;
	m->bytes += size;
	if (n && n <= MISSING_RANGES && m->ranges[n - 1].last + 1 == block) {
		m->ranges[n - 1].last = block;
		return;
	}
	if (n < MISSING_RANGES)
		m->ranges[n] = (struct missing_range) { block, block };
	m->range_count++;
}

static struct missing count(const struct needs_of *n)
{
	struct missing m = { 0 };
	for (uint32_t i = 0; i < n->b->table.count; i++) {
		uint64_t size = n->b->table.blocks[i].stored_size;
		if (!has(n->blocks, i))
			continue;
		m.needed++;
		m.needed_bytes += size;
		if (!bundle_block_file(n->b, i))
			note_missing(&m, i, size);
	}
	return m;
}

bool missing_find(const struct bundle *b, size_t index, bool containers, struct missing *out,
		  struct err *err)
{
	const struct package *p = &b->catalog.packages[index];
	AUTO(needs_of_done) struct needs_of n = { .b = b };
	size_t size = b->table.count / 8 + 1;
	n.blocks = calloc(size, 1);
	if (!n.blocks)
		return err_no_memory(err);
	if (!need_groups(&n, p, err))
		return false;
	*out = count(&n);
	if (out->blocks == 0 || !bundle_has_block(b, p->tree_block, NULL))
		return true;
	AUTO(tree_done) struct tree t = { 0 };
	if (!bundle_read_tree(b, index, &t, err))
		return false;
	memset(n.blocks, 0, size);
	if (!need_tree(&n, p, &t, containers, err))
		return false;
	*out = count(&n);
	return true;
}

/* --- in words ------------------------------------------------------------------------------------ */

static void add_size(struct buf *out, uint64_t n)
{
	if (n < 1000000)
		buf_printf(out, "%.1f kB", (double)n / 1e3);
	else
		buf_printf(out, "%.1f MB", (double)n / 1e6);
}

const char *missing_text(const struct missing *m, char out[MISSING_TEXT_SIZE])
{
	AUTO(buf_done) struct buf text = BUF_INIT(MISSING_TEXT_SIZE - 1);
	buf_printf(&text, "%u of %u blocks, ", (unsigned)m->blocks, (unsigned)m->needed);
	add_size(&text, m->bytes);
	buf_add_str(&text, " of ");
	add_size(&text, m->needed_bytes);
	for (uint32_t i = 0; i < m->range_count && i < MISSING_RANGES; i++) {
		const struct missing_range *r = &m->ranges[i];
		buf_printf(&text, "%s %u", i ? "," : ":", (unsigned)r->first);
		if (r->last > r->first)
			buf_printf(&text, " to %u", (unsigned)r->last);
	}
	if (m->range_count > MISSING_RANGES)
		buf_add_str(&text, ", ...");
	snprintf(out, MISSING_TEXT_SIZE, "%s", text.bad ? "" : buf_str(&text));
	return out;
}

bool missing_print(const struct bundle *b, struct buf *out, struct err *err)
{
	for (size_t i = 0; i < b->catalog.package_count; i++) {
		char text[MISSING_TEXT_SIZE];
		struct missing m;
		if (!missing_find(b, i, true, &m, err))
			return false;
		if (m.blocks)
			buf_printf(out, "  %s: %s\n", b->catalog.packages[i].id,
				   missing_text(&m, text));
	}
	return true;
}

bool missing_write(const struct bundle *b, struct json *j, struct json_value *parent,
		   struct err *err)
{
	struct json_value *list = json_add_array(j, parent, "missing");
	for (size_t i = 0; i < b->catalog.package_count; i++) {
		struct missing m;
		if (!missing_find(b, i, true, &m, err))
			return false;
		if (m.blocks == 0)
			continue;
		struct json_value *v = json_add_object(j, list, NULL);
		json_add_string(j, v, "package", b->catalog.packages[i].id);
		json_add_u64(j, v, "blocks", m.blocks);
		json_add_u64(j, v, "blocks_needed", m.needed);
		json_add_u64(j, v, "bytes", m.bytes);
	}
	return true;
}

bool missing_check(const struct bundle *b, size_t index, bool containers, struct err *err)
{
	const char *id = b->catalog.packages[index].id;
	char text[MISSING_TEXT_SIZE];
	struct missing m;
	if (!missing_find(b, index, containers, &m, err))
		return false;
	if (m.blocks == 0)
		return true;
	return err_set(
		err, ERR_MISSING_BLOCK,
		"package '%s' is not whole: missing from '%s'%s are %s; they are in the whole "
		"bundle, in its other volumes, and in a slice made with '--package %s'",
		id, b->src.name, b->more_count ? " and the files with it" : "",
		missing_text(&m, text), id);
}

bool missing_read_tree(const struct bundle *b, size_t index, bool containers, struct tree *out,
		       struct err *err)
{
	if (index >= b->catalog.package_count)
		return err_set(err, ERR_USAGE, "there is no package %zu", index);
	return missing_check(b, index, containers, err) && bundle_read_tree(b, index, out, err);
}
