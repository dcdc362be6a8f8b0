/* SPDX-License-Identifier: MIT */
/* lock_make.h - from a manifest to the text of its lock: repositories checked, closures resolved. */
#ifndef LOCK_MAKE_H
#define LOCK_MAKE_H

#include "lock.h"
#include "manifest.h"
#include "repository.h"

struct lock_request {
	const struct manifest *manifest;
	const struct repository_override *override;
	struct cache *cache;
	const struct fetch_options *fetch;
	const char *const *supply; /* "ID=PATH" (supply.h) */
	size_t supply_count;
	uint64_t now; /* seconds since 1970 */
};

/* What was passed over as the manifest, or this machine's apt, says: to be told to a person. */
struct lock_warnings {
	struct buf stale;   /* suites that are past their Valid-Until */
	struct buf missing; /* .debs that an index lists and no mirror has ("skip_missing") */
};

/*
 * Append the lock's text to *out.  Packages that need a file which is not supplied are left out, and
 * the lock says so; ERR_USAGE when none is left.
 */
bool lock_make(const struct lock_request *request, struct buf *out, struct lock_warnings *warnings,
	       struct err *err) MUST_CHECK;

#endif
