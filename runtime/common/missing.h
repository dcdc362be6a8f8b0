/* SPDX-License-Identifier: MIT */
/*
 * missing.h - what of a package is in none of the files that were opened together: a slice or some
 * volumes of a bundle have only some of its blocks.
 *
 * Counted are the blocks that the package's files lie in and the prefixes of these.  Where its tree
 * is missing itself, so that nobody can know them, all blocks of its groups count.
 */
#ifndef MISSING_H
#define MISSING_H

#include "bundle.h"

#define MISSING_RANGES 4 /* that are named one by one */

struct missing {
	uint32_t needed, blocks;      /* blocks 0: the package is whole */
	uint64_t needed_bytes, bytes; /* the same, as stored */
	struct missing_range {
		uint32_t first, last;
	} ranges[MISSING_RANGES];
	uint32_t range_count; /* also of those that are not in @ranges */
};

/*
 * Package @index of the catalog.  @containers: also what archives beside its tree are made from,
 * which nobody needs who lays it out.  Reads its tree, where something is missing.
 */
bool missing_find(const struct bundle *b, size_t index, bool containers, struct missing *out,
		  struct err *err) MUST_CHECK;

#define MISSING_TEXT_SIZE 160

/* "2 of 5 blocks, 1.2 MB of 3.0 MB: 4, 7 to 9" */
const char *missing_text(const struct missing *m, char out[MISSING_TEXT_SIZE]);

/* Of every package that is not whole, containers included: a line for each, or an array "missing". */
bool missing_print(const struct bundle *b, struct buf *out, struct err *err) MUST_CHECK;
bool missing_write(const struct bundle *b, struct json *j, struct json_value *parent,
		   struct err *err) MUST_CHECK;

/* ERR_MISSING_BLOCK, with all of that and what to do about it, unless the package is whole. */
bool missing_check(const struct bundle *b, size_t index, bool containers, struct err *err)
	MUST_CHECK;

/* As bundle_read_tree(), of a package that missing_check() finds whole. */
bool missing_read_tree(const struct bundle *b, size_t index, bool containers, struct tree *out,
		       struct err *err) MUST_CHECK;

#endif
