/* SPDX-License-Identifier: MIT */
/*
 * candidates.h - a manifest's packages as the plan judges them, with no lock and no download.
 *
 * A package with "kernels" stands for packages whose rules are known only once it is locked: it is
 * left out and named.  So is a version that a closure gives: it counts as "".
 */
#ifndef CANDIDATES_H
#define CANDIDATES_H

#include "catalog.h"
#include "manifest.h"

struct candidates {
	struct catalog catalog; /* only what plan_choose() and plan_check_ties() read; by id */
	const struct manifest_package *
		*packages;      /* owned array: each of the catalog's, in its order */
	struct strings skipped; /* ids of packages with "kernels" */
};

/* *out borrows from @manifest. */
bool candidates_make(const struct manifest *manifest, struct candidates *out, struct err *err)
	MUST_CHECK;
void candidates_done(struct candidates *c); /* accepts a zeroed struct; for AUTO() */

/* The manifest's package that @p of the catalog stands for. */
const struct manifest_package *candidates_package(const struct candidates *c,
						  const struct package *p);

#endif
