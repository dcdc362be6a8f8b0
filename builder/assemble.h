/* SPDX-License-Identifier: MIT */
/*
 * assemble.h - write a file of a bundle that stands: the same root and signatures, those of its
 * blocks that are wanted, and a head.  No key is needed, and the signatures stay good (FORMAT.md,
 * The file).
 */
#ifndef ASSEMBLE_H
#define ASSEMBLE_H

#include "block_index.h"
#include "bundle.h"
#include "outfile.h"

struct assembly {
	const struct bundle *bundle;        /* what all but the blocks comes from */
	const struct block_origin *origins; /* of each block of its table; src NULL: left out */
	struct slice stub;         /* empty: none; placeholder and signing fields are set */
	struct slice certificates; /* to stand behind the locator of a Windows stub, or empty */
};

/*
 * To @out, which is at its start.  The digest of every block is checked on the way; ERR_DIGEST names
 * the file of one that is damaged.  Progress is told for the blocks.
 *
 * A Windows stub's CheckSum becomes right where it was not 0 and certificates follow, else 0.
 */
bool assemble(const struct assembly *a, struct outfile *out, struct err *err) MUST_CHECK;

/* Size of the file without its blocks. */
uint64_t assemble_overhead(const struct assembly *a);

/* The head of an opened bundle's file, in place of what both held. */
bool assemble_read_head(const struct bundle *b, struct buf *stub, struct buf *certificates,
			struct err *err) MUST_CHECK;

/* Where the blocks of @b are, in its own files; the caller frees *out. */
bool assemble_origins(const struct bundle *b, struct block_origin **out, struct err *err)
	MUST_CHECK;

#endif
