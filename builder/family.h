/* SPDX-License-Identifier: MIT */
/*
 * family.h - which runs of files are near-duplicates of which: the next kernel's modules of this
 * one's.
 *
 * A run may get an earlier one as base if half of its bytes have the same paths there, versions aside,
 * and a sample of these shrinks to ENCODE_PREFIX_PERCENT when it is compressed against its like.  The
 * pairs that are most alike come first, so that a kernel stands against the one before it rather than
 * against that of another release.  And:
 *
 *   - a base has no base, and neither has any other run of its group: so a package needs the groups
 *     of its files and their bases, and nothing beyond;
 *   - to decode what a package has takes at most twice its raw bytes, bases included;
 *   - the base's group is at most twice as large as the run's own, since a slice for the package
 *     carries it.
 */
#ifndef FAMILY_H
#define FAMILY_H

#include "group.h"

#define FAMILY_RUN_MIN (64u << 10) /* smaller runs are left alone */
#define FAMILY_RUNS_MAX 1024       /* as are those after so many */

/* After groups_sort(), before groups_cut(): fills in the runs' bases. */
bool families_find(struct groups *g, struct err *err) MUST_CHECK;

#endif
