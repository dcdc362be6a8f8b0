/* SPDX-License-Identifier: MIT */
/*
 * prove.h - which operation makes a compressed stream from what it unpacks to: found by its headers,
 * proven by doing it and comparing every byte.
 */
#ifndef PROVE_H
#define PROVE_H

#include "recipe.h"
#include "source.h"

#define PROVE_WAYS_MAX 12
#define PROVE_OPS_MAX 3
#define PROVE_NO_WAY UINT32_MAX

/* Ways in which a stream may have been made.  Each depends on nothing but the stream. */
struct prove_ways {
	uint64_t size;          /* unpacked, as the stream claims; 0: it does not say */
	struct buf literals[2]; /* owned: what stands before and after a deflate stream */
	struct {
		struct recipe_op ops[PROVE_OPS_MAX];
		size_t count;
	} v[PROVE_WAYS_MAX];
	size_t count;
};

/* For part of @src.  There may be none.  ERR_FORMAT: readers do not agree what it unpacks to. */
bool prove_find_ways(const struct source *src, uint64_t offset, uint64_t size,
		     struct prove_ways *out, struct err *err) MUST_CHECK;
void prove_ways_done(struct prove_ways *w); /* for AUTO() */

/*
 * The first of @ways that gives these bytes back from the @raw_size bytes that they unpack to, or
 * PROVE_NO_WAY.  Each byte that was found to be the same is told to progress_add() once.
 */
bool prove(const struct source *src, uint64_t offset, uint64_t size, uint64_t raw_size,
	   const struct prove_ways *ways, uint32_t *way, struct err *err) MUST_CHECK;

#endif
