/* SPDX-License-Identifier: MIT */
/*
 * contents.h - what goes into a bundle: the payload of every package of a lock, from the cache, with
 * archives unpacked and .deb files opened.
 */
#ifndef CONTENTS_H
#define CONTENTS_H

#include "cache.h"
#include "debs_open.h"
#include "lock.h"
#include "payload.h"
#include "recompress.h"
#include "staging.h"

struct contents_options {
	const struct cache *cache; /* has every file of the lock */
	const char *near;          /* beside it there is room for what is unpacked */
	uint64_t created;          /* the time of files that have none of their own */
	unsigned jobs;
	bool prove; /* see debs_open.h */
	struct recompress_rule recompress;
	bool packed; /* leave .deb files as they come */
};

struct contents {
	const struct lock *lock; /* borrowed */
	struct contents_options opt;
	struct payload *payloads; /* owned; one per package of the lock, finished */
	bool *inexact; /* owned; one per file of the lock: it can't be given back exactly */
	struct debs_open_totals debs;
	struct recompress_totals recompressed;
	/* What the payloads refer to: */
	struct staging staging;
	struct recompress recompress;
	struct payload *unpacked; /* one per file of the lock; empty where it is not unpacked */
	struct opened *opened;    /* one per file of the lock; empty where it is not opened */
};

/* @c is zeroed; @lock must outlive it. */
bool contents_collect(struct contents *c, const struct lock *lock,
		      const struct contents_options *opt, struct err *err) MUST_CHECK;
void contents_done(struct contents *c); /* for AUTO() */

#endif
