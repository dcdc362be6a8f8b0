/* SPDX-License-Identifier: MIT */
/*
 * exact.h - give the vendors' files of a package back, byte for byte: what was opened is laid out in
 * a private directory, and its recipe is run there.
 */
#ifndef EXACT_H
#define EXACT_H

#include "layout.h"

struct exact_totals {
	uint64_t files, bytes;           /* of vendors, their SHA-256 compared */
	uint64_t unknown, unknown_bytes; /* of which only another form is here */
};

/* Vendors' files that were compared before, with another package. */
struct exact_seen {
	uint8_t (*sha256)[SHA256_SIZE]; /* owned */
	size_t count, cap;
};
void exact_seen_done(struct exact_seen *s); /* for AUTO() */

/* One of them, whole and compared: @from is a file with its bytes, which may be taken away. */
struct exact_taker {
	void *ctx;
	bool (*take)(void *ctx, const struct tree_entry *e, const char *from, struct err *err);
};

/*
 * For every file of a vendor in @t: plain files as they are, opened ones and containers by their
 * recipes (then @e has their name, size and digest); not what is in a container.  @taker NULL: compare
 * only, and with @seen (else NULL) only what is not in it yet.  The private directory is made beside @near.  What can't be given back is counted in @totals
 * and told by progress_note().
 */
bool exact_package(struct bundle *b, const struct tree *t, const char *near, unsigned jobs,
		   const struct exact_taker *taker, struct exact_seen *seen,
		   struct exact_totals *totals, struct err *err) MUST_CHECK;

#endif
