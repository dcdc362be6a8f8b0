/* SPDX-License-Identifier: MIT */
/*
 * pack.h - raw blocks in, compressed blocks out, in order and in bounded memory.
 *
 * One thread reads the files (and hashes them again: what is packed is what was verified), all
 * compress, the first one writes.  The bytes written do not depend on the number of threads.
 */
#ifndef PACK_H
#define PACK_H

#include "block.h"
#include "encode.h"
#include "group.h"
#include "outfile.h"

#define PACK_JOBS_MAX 8
#define PACK_MEMORY_MAX (UINT64_C(3) << 29) /* 1.5 GiB: fewer threads, where they would take more */

struct pack_options {
	struct encode_options encode;
	unsigned jobs; /* 1 to PACK_JOBS_MAX */
};

/* The blocks of a bundle as they are written: what the table and the places will say. */
struct pack {
	struct block_table table;
	uint64_t *places; /* owned; offset of every block */
	uint32_t cap;
};

/* Room for @count blocks. */
bool pack_init(struct pack *p, uint32_t count, struct err *err) MUST_CHECK;
void pack_done(struct pack *p);

/* All blocks of @g, appended to @out, before any other; tells progress.h the raw bytes done. */
bool pack_groups(struct pack *p, const struct groups *g, const struct pack_options *opt,
		 struct outfile *out, struct err *err) MUST_CHECK;

/* One more block of @group from memory, appended to @out. */
bool pack_bytes(struct pack *p, struct slice raw, uint32_t group, const struct encode_options *opt,
		struct outfile *out, struct err *err) MUST_CHECK;

#endif
