/* SPDX-License-Identifier: MIT */
/* block_index.c - see block_index.h. */
#include "block_index.h"

#include <string.h>

#include "bundle.h"

struct block_indexed {
	uint8_t sha256[SHA256_SIZE];
	uint64_t size;
	struct block_origin at;
};

void block_index_done(struct block_index *x)
{
	free(x->blocks);
	*x = (struct block_index) { 0 };
}

static bool add_block(struct block_index *x, const struct block *b, struct block_origin at,
		      struct err *err)
{
	if (x->count == x->cap) {
		size_t cap = x->cap ? x->cap * 2 : 256;
		struct block_indexed *blocks = realloc(x->blocks, cap * sizeof(*blocks));
		if (!blocks)
			return err_no_memory(err);
		x->blocks = blocks;
		x->cap = cap;
	}
	struct block_indexed *new = &x->blocks[x->count++];
	memcpy(new->sha256, b->sha256, sizeof(new->sha256));
	new->size = b->stored_size;
	new->at = at;
	return true;
}

static bool add_blocks(struct block_index *x, const struct source *src, struct err *err)
{
	struct locator_place place;
	struct locator l;
	AUTO(auto_free) uint8_t *raw = NULL, *raw_places = NULL;
	AUTO(auto_free) uint64_t *places = NULL;
	AUTO(block_table_done) struct block_table t = { 0 };
	if (!locator_find(src, &place, err) || !locator_read(src, &place, &l, err) ||
	    !source_read_alloc(src, "block table", l.table.offset, l.table.size, TABLE_SIZE_MAX,
			       &raw, err) ||
	    !block_table_parse((struct slice) { raw, (size_t)l.table.size }, &t, err) ||
	    !source_read_alloc(src, "places of the blocks", l.places.offset, l.places.size,
			       PLACES_SIZE_MAX, &raw_places, err) ||
	    !block_places_parse((struct slice) { raw_places, (size_t)l.places.size }, &t,
				l.stub_size, l.blocks_end, &places, err))
		return false;
	for (uint32_t i = 0; i < t.count; i++)
		if (places[i] != BLOCK_NOT_HERE &&
		    !add_block(x, &t.blocks[i], (struct block_origin) { src, places[i] }, err))
			return false;
	return true;
}

bool block_index_add(struct block_index *x, const struct source *src, struct err *err)
{
	return add_blocks(x, src, err) || err_wrap(err, "cannot use '%s'", src->name);
}

static int compare(const void *a, const void *b)
{
	const struct block_indexed *x = a, *y = b;
	return memcmp(x->sha256, y->sha256, SHA256_SIZE);
}

void block_index_finish(struct block_index *x)
{
	if (x->count)
		qsort(x->blocks, x->count, sizeof(*x->blocks), compare);
}

struct block_origin block_index_find(const struct block_index *x, const struct block *b)
{
	struct block_indexed key = { 0 };
	memcpy(key.sha256, b->sha256, sizeof(key.sha256));
	const struct block_indexed *found =
		x->count ? bsearch(&key, x->blocks, x->count, sizeof(key), compare) : NULL;
	/* Of another size, one of the two tables lies. */
	return found && found->size == b->stored_size ? found->at : (struct block_origin) { 0 };
}
