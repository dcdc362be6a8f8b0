/* SPDX-License-Identifier: MIT */
/*
 * block_reader.h - the raw bytes of a bundle's blocks: read, checked, decoded, ahead of need where
 * there are threads, and within a fixed memory.
 *
 * A bundle's reader holds raw and stored bytes and what decoding takes, of BLOCK_READER_MEMORY at
 * most, or of one block if that alone is more; and besides them the raw bytes of one prefix.
 */
#ifndef BLOCK_READER_H
#define BLOCK_READER_H

#include "block.h"
#include "parallel.h"

#define BLOCK_READER_MEMORY (56u << 20)
#define BLOCK_READER_SLOTS 24

struct bundle;

/* One block that is decoded or being decoded. */
struct block_slot {
	const struct bundle *bundle;
	uint32_t block;            /* index plus one; 0: empty */
	struct block_slot *prefix; /* of a block that has one, while it is decoded */
	unsigned pins;             /* how many blocks that are being decoded need this one */
	bool running;              /* not waited for yet */
	uint64_t used;             /* when it was asked for last; 0: only expected so far */
	struct parallel_job job;
	/* What the job leaves behind: */
	uint8_t *raw; /* owned; NULL: it failed */
	struct err err;
};

struct block_reader {
	struct parallel *parallel; /* borrowed, or NULL */
	struct block_slot slots[BLOCK_READER_SLOTS];
	struct block_slot *borrowed; /* by the caller, until the next call; or NULL */
	uint64_t clock;
	uint32_t *expected; /* owned: blocks that will be asked for, ascending */
	size_t expected_count, expected_next;
};

/*
 * @blocks of @b, ascending, will be read in this order.  This keeps a copy, which replaces what was
 * expected before.  Only speed depends on it.
 */
bool block_reader_expect(struct bundle *b, const uint32_t *blocks, size_t count, struct err *err)
	MUST_CHECK;

/* As bundle_read_block(). */
bool block_reader_read(struct bundle *b, uint32_t index, struct slice *raw, struct err *err)
	MUST_CHECK;

void block_reader_done(struct block_reader *r); /* waits for what is being decoded */

#endif
