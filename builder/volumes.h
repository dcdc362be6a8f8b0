/* SPDX-License-Identifier: MIT */
/*
 * volumes.h - files of one bundle that are kept beside each other: FILE, NAME.2.ibb, NAME.3.ibb, ...
 *
 * They are written and verified first, and get their names all at the end.
 */
#ifndef VOLUMES_H
#define VOLUMES_H

#include "assemble.h"
#include "seal.h"

struct volumes {
	struct seal *v; /* owned */
	size_t count;
};

/*
 * All that @a has, in files of at most @max bytes (0: one file) of which @first is the first; stub and certificates
 * go into that.  ERR_USAGE when it takes too many.
 */
bool volumes_write(struct volumes *s, const struct assembly *a, uint64_t max, const char *first,
		   uint64_t now, struct err *err) MUST_CHECK;

/* The first one last: where it is, the others are.  @program: it can be run. */
bool volumes_commit(struct volumes *s, bool program, struct err *err) MUST_CHECK;

void volumes_done(struct volumes *s); /* for AUTO() */

#endif
