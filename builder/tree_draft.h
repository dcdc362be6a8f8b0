/* SPDX-License-Identifier: MIT */
/* tree_draft.h - the tree of a payload, once it is known where every content lies. */
#ifndef TREE_DRAFT_H
#define TREE_DRAFT_H

#include "group.h"
#include "payload.h"

struct tree_draft {
	struct tree
		tree; /* what it points to is owned by the draft, or borrowed from the payload */
	size_t piece_cap, recipe_cap;
	struct opened **made; /* owned; what is made, each once: its recipe_number is set */
	size_t made_count, made_cap;
};

/*
 * @p is finished and its files are in @g, which is finished, too.  Contents of what was opened are
 * read once more, for the digest of their bytes in the order of blocks.
 */
bool tree_draft_make(struct tree_draft *d, const struct payload *p, const struct groups *g,
		     struct err *err) MUST_CHECK;
void tree_draft_done(struct tree_draft *d); /* accepts a zeroed struct; for AUTO() */

#endif
