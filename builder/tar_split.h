/* SPDX-License-Identifier: MIT */
/*
 * tar_split.h - cut a tar stream into the contents of its files and all the rest, byte by byte.
 *
 * Nothing is unpacked and nothing is judged: the parts, one after the other, are the stream, whatever
 * it is.  Where it stops making sense as tar, all that follows is rest.  Names are hints about what is
 * alike and nothing more.
 */
#ifndef TAR_SPLIT_H
#define TAR_SPLIT_H

#include "buf.h"
#include "cleanup.h"

#define TAR_RECORD 512
#define TAR_NAME_MAX 4096
#define TAR_FILE_MIN 128 /* smaller ones stay with the rest: a part of their own costs as much */

struct tar_sink {
	void *ctx;
	bool (*rest)(void *ctx, const uint8_t *p, size_t n, struct err *err);
	bool (*file_begin)(void *ctx, const char *name, uint64_t size, struct err *err);
	bool (*file_bytes)(void *ctx, const uint8_t *p, size_t n, struct err *err);
	bool (*file_end)(void *ctx, struct err *err); /* not called for one that is cut short */
};

struct tar_split {
	struct tar_sink sink;
	enum { TAR_HEADER, TAR_FILE, TAR_SKIP, TAR_LONG_NAME, TAR_PAX, TAR_REST } state;
	uint8_t record[TAR_RECORD]; /* the header that is being read */
	size_t have;
	uint64_t left, padding; /* of the data that follow it, and the zeros after them */
	struct buf text;        /* owned: a long name, or a pax header */
	char *name;             /* owned: of the next file, where it is not in its header */
	uint64_t size;          /* the same for its size */
	bool has_size;
};

void tar_split_init(struct tar_split *t, const struct tar_sink *sink);
bool tar_split_feed(struct tar_split *t, const uint8_t *p, size_t n, struct err *err) MUST_CHECK;
bool tar_split_finish(struct tar_split *t, struct err *err) MUST_CHECK; /* what was held back */
void tar_split_done(struct tar_split *t);                               /* for AUTO() */

#endif
