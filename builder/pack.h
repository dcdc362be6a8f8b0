/* SPDX-License-Identifier: MIT */
/*
 * pack.h - raw blocks in, compressed blocks out, in order and in bounded memory.
 *
 * One thread reads the files (and hashes them again: what is packed is what was verified), up to
 * `jobs` threads compress, the first one writes.  At most jobs + 1 blocks are in memory, and the
 * bytes written do not depend on the number of threads.
 */
#ifndef PACK_H
#define PACK_H

#include "block.h"
#include "group.h"
#include "outfile.h"

#define PACK_LEVEL_DEFAULT 19
#define PACK_LEVEL_MAX 19 /* above, a thread takes hundreds of megabytes */
#define PACK_JOBS_MAX 8   /* keeps the builder under its 2 GiB at the highest level */

struct pack_options {
	int level;     /* zstd; 0: store */
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

/* All blocks of @g, appended to @out; tells progress.h the raw bytes done. */
bool pack_groups(struct pack *p, const struct groups *g, const struct pack_options *opt,
		 struct outfile *out, struct err *err) MUST_CHECK;

/* One more block of @group from memory, appended to @out. */
bool pack_bytes(struct pack *p, struct slice raw, uint32_t group, int level, struct outfile *out,
		struct err *err) MUST_CHECK;

/* @raw as one zstd frame that says its size, appended to @out; @level from 1 on. */
bool pack_frame(struct slice raw, int level, struct buf *out, struct err *err) MUST_CHECK;

const char *pack_zstd_version(void);

#endif
