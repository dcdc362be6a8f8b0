/* SPDX-License-Identifier: MIT */
/*
 * staging.h - a private directory for the contents of what was unpacked, until they are packed.
 *
 * A content is a file named by its SHA-256, so that one that comes again takes no more room.
 * Nothing that stands in an archive becomes a name on this machine.  Several threads may add
 * contents at once.
 */
#ifndef STAGING_H
#define STAGING_H

#include <stdatomic.h>

#include "buf.h"
#include "crypto.h"

struct staging {
	char *path; /* owned; NULL: not open */
	atomic_uint next;
};

/* Made beside @near, which is where room for the bundle is needed anyway. */
bool staging_open(struct staging *s, const char *near, struct err *err) MUST_CHECK;
void staging_done(struct staging *s); /* for AUTO(); removes it with all that is in it */

/* Where the content with this digest is.  free() it; NULL without memory. */
char *staging_path(const struct staging *s, const uint8_t sha256[SHA256_SIZE]) MUST_CHECK;

/* One content: begin, write, end. */
struct staged {
	struct staging *staging;
	struct buf small; /* until it is too large for that: */
	char *temp;
	int fd;
	uint64_t size;
	struct sha256 hash;
};

#define STAGED_INIT ((struct staged) { .fd = -1 })

bool staged_begin(struct staged *f, struct staging *s, struct err *err) MUST_CHECK;
bool staged_write(struct staged *f, const void *p, size_t n, struct err *err) MUST_CHECK;
bool staged_end(struct staged *f, uint8_t sha256[SHA256_SIZE], struct err *err) MUST_CHECK;
void staged_done(struct staged *f); /* for AUTO() */

#endif
