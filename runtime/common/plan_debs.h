/* SPDX-License-Identifier: MIT */
/*
 * plan_debs.h - the Debian side of a plan: what happens to each .deb of the chosen package, and
 * whether the system that comes out still holds together.  Only plan.c uses this.
 */
#ifndef PLAN_DEBS_H
#define PLAN_DEBS_H

#include "plan.h"

/*
 * Fill in debs, changes and space of @plan, whose package is chosen.  ERR_CONFLICT when a relation
 * of what gets installed would not hold afterwards, or when one of what is installed already would
 * break, and staying at an installed version doesn't help either.  Relations that are broken before
 * and have nothing to do with the plan are not its matter.
 */
bool plan_debs(const struct catalog *catalog, const struct facts *facts, struct plan *plan,
	       struct err *err) MUST_CHECK;

#endif
