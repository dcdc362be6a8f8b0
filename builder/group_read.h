/* SPDX-License-Identifier: MIT */
/*
 * group_read.h - the raw bytes of groups' blocks, from the files that they are made of.
 *
 * What is packed is what was verified: the files are hashed again as they are read in their order.
 */
#ifndef GROUP_READ_H
#define GROUP_READ_H

#include "group.h"

struct group_reader {
	const struct groups *g;
	uint32_t next; /* in g->order: the file that is open, or opened next */
	int fd;        /* -1: none is open */
	uint64_t done; /* of the open file */
	struct sha256 hash;
};

#define GROUP_READER_INIT(groups)                                                                  \
	{                                                                                          \
		.g = (groups), .fd = -1                                                            \
	}

void group_reader_done(struct group_reader *r);

/* The raw bytes of block @block into @out.  Blocks come in their order, none left out. */
bool group_read_next(struct group_reader *r, uint32_t block, uint8_t *out, struct err *err)
	MUST_CHECK;

/*
 * The raw bytes of any block, on any thread, not hashed: for what must only be the same as when it
 * was packed.  If it is not, the bundle does not decode, and `build` reads it back.
 */
bool group_read_block(const struct groups *g, uint32_t block, uint8_t *out, struct err *err)
	MUST_CHECK;

#endif
