/* SPDX-License-Identifier: MIT */
/*
 * block_index.h - where blocks can be had, by their digest, whichever bundle they are of.
 *
 * Nothing of the files is authenticated here, since nothing need be: whoever takes a block from one
 * compares its digest.
 */
#ifndef BLOCK_INDEX_H
#define BLOCK_INDEX_H

#include "block.h"
#include "source.h"

/* Where a block's stored bytes are; src is NULL when they are nowhere. */
struct block_origin {
	const struct source *src; /* borrowed */
	uint64_t offset;
};

struct block_index {
	struct block_indexed *blocks; /* owned; by digest, after block_index_finish() */
	size_t count, cap;
};

/*
 * Add the blocks that are in @src, a bundle or a slice of one, signed or not.  @src must outlive the
 * index.  ERR_FORMAT when it is no bundle.
 */
bool block_index_add(struct block_index *x, const struct source *src, struct err *err) MUST_CHECK;
void block_index_finish(struct block_index *x);

/* A block with the digest and the stored size of @b. */
struct block_origin block_index_find(const struct block_index *x, const struct block *b);

void block_index_done(struct block_index *x); /* accepts a zeroed struct; for AUTO() */

#endif
