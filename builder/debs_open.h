/* SPDX-License-Identifier: MIT */
/* debs_open.h - open all .deb files of a lock, on all processors. */
#ifndef DEBS_OPEN_H
#define DEBS_OPEN_H

#include "cache.h"
#include "lock.h"
#include "opened.h"

struct debs_open_options {
	const struct cache *cache;
	struct staging *staging;
	unsigned jobs;
	bool prove; /* also what an earlier build has proven */
};

/* What became of the vendors' files: of .debs, those that can be given back. */
struct debs_open_totals {
	uint64_t files, bytes, exact_files, exact_bytes;
	uint64_t raw_files, raw_bytes; /* of the exact: as they are */
};

/*
 * @out has an element for each file of @lock; where it is not opened (no .deb, or one that can't be)
 * it stays zeroed.  Progress is told.
 */
bool debs_open(const struct lock *lock, const struct debs_open_options *opt, struct opened *out,
	       struct debs_open_totals *totals, struct err *err) MUST_CHECK;

#endif
