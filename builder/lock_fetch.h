/* SPDX-License-Identifier: MIT */
/* lock_fetch.h - all files that a lock names, into the cache.  `fetch` and `build` both do it. */
#ifndef LOCK_FETCH_H
#define LOCK_FETCH_H

#include "fetch.h"
#include "lock.h"

struct fetch_totals {
	uint64_t files, bytes; /* of the lock */
	uint64_t cached_files; /* of these, what was there before */
};

/* What fetch_all() needs to know of a file; texts are borrowed from the lock. */
struct fetch_item lock_fetch_item(const struct lock_file *f);

/* On success each file is in @c under its digest, and was verified when it came in. */
bool lock_fetch(const struct lock *lock, struct cache *c, const struct fetch_options *options,
		struct fetch_totals *totals, struct err *err) MUST_CHECK;

#endif
