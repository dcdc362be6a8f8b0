/* SPDX-License-Identifier: MIT */
/*
 * fleet.h - saved facts of real machines: does a manifest cover all of them, and what would do?
 */
#ifndef FLEET_H
#define FLEET_H

#include "candidates.h"
#include "texts.h"

#define FLEET_NODES_MAX 65536

enum fleet_state {
	FLEET_COVERED,
	FLEET_MISSING,
	FLEET_NO_INFINIBAND, /* needs nothing */
};

struct fleet_node {
	const char *name; /* of its file, without ".json" */
	enum fleet_state state;
	const struct manifest_package *package; /* or NULL */
	const char *reason;
};

struct fleet {
	const struct manifest *manifest;
	struct candidates candidates;
	struct fleet_node *nodes; /* owned; sorted by name */
	size_t count, covered, missing;
	bool *used; /* owned; for each candidate: does a node get it? */
	struct texts texts;
};

/* Judge every file of @dir whose name ends in ".json".  *out borrows from @manifest. */
bool fleet_make(const struct manifest *manifest, const char *dir, struct fleet *out,
		struct err *err) MUST_CHECK;
void fleet_done(struct fleet *f); /* accepts a zeroed struct; for AUTO() */

bool fleet_write_text(const struct fleet *f, struct buf *out, struct err *err) MUST_CHECK;
bool fleet_write_json(const struct fleet *f, struct buf *out, struct err *err) MUST_CHECK;

/*
 * The manifest with the packages that the fleet gets and the repositories they need, and no more: on
 * these nodes it chooses what the whole one chooses.  Same manifest and same choice, same bytes.
 */
bool fleet_write_minimal(const struct fleet *f, struct buf *out, struct err *err) MUST_CHECK;

#endif
