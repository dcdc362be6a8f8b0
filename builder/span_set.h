/* SPDX-License-Identifier: MIT */
/* span_set.h - parts of a file, and what of a file is there already. */
#ifndef SPAN_SET_H
#define SPAN_SET_H

#include <stdint.h>

#include "err.h"

struct span {
	uint64_t from, to; /* to is behind its end; from < to */
};

struct span_set {
	struct span *v; /* owned; sorted, none touches another */
	size_t count, cap;
};

/* Nothing for an empty span. */
bool span_set_add(struct span_set *s, struct span x, struct err *err) MUST_CHECK;

/* The first part of @x that is not in the set; false when all of it is. */
bool span_set_missing(const struct span_set *s, struct span x, struct span *out);

/*
 * What to ask for, to have all of @wanted: what is missing of it, spans that are less than @gap apart as
 * one as long as that adds no more than @waste bytes in all, in pieces of at most @max.
 */
bool span_set_plan(const struct span_set *have, const struct span_set *wanted, uint64_t gap,
		   uint64_t waste, uint64_t max, struct span_set *out, struct err *err) MUST_CHECK;

uint64_t span_set_bytes(const struct span_set *s);
void span_set_done(struct span_set *s); /* accepts a zeroed struct; for AUTO() */

#endif
