/* SPDX-License-Identifier: MIT */
/* available.h - is what an index lists really there?  For repositories with "skip_missing". */
#ifndef AVAILABLE_H
#define AVAILABLE_H

#include "lock.h"
#include "repository.h"

/*
 * Fetch the files of @lock from index @first on.  Those that no mirror has are taken out of @lists,
 * named in *names ("a_1_amd64.deb, b_2_all.deb") and counted in *gone; any other failure is an error.
 */
bool available_check(const struct lock *lock, size_t first, struct repository_lists *lists,
		     struct cache *cache, const struct fetch_options *options, struct buf *names,
		     size_t *gone, struct err *err) MUST_CHECK;

#endif
