/* SPDX-License-Identifier: MIT */
/*
 * source.h - where the bytes of a bundle come from: one open handle, read by offset.
 *
 * builder/ and runtime/ each implement it with pread on a file; tests with memory.  Never mmap:
 * a file that shrinks must be an error, not a signal.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include <stdint.h>

#include "err.h"

struct source {
	const char *name; /* for messages; borrowed */
	uint64_t size;    /* at the time of opening; a later short read is ERR_FORMAT */
	void *ctx;
	/* Read exactly @len bytes at @offset. */
	bool (*read_at)(void *ctx, uint64_t offset, void *out, size_t len, struct err *err);
};

/* Bounds against src->size first, then read. */
bool source_read(const struct source *src, uint64_t offset, void *out, size_t len, struct err *err)
	MUST_CHECK;

/* As source_read into a fresh allocation of exactly @len bytes, refused above @max. */
bool source_read_alloc(const struct source *src, const char *what, uint64_t offset, uint64_t len,
		       size_t max, uint8_t **out, struct err *err) MUST_CHECK;

#endif
