/* SPDX-License-Identifier: MIT */
/*
 * version.h - the one way versions are compared (FORMAT.md, Versions, has the table of cases).
 */
#ifndef VERSION_H
#define VERSION_H

#include "err.h"
#include "rd.h"

#define VERSION_TERM_MAX 128 /* bytes of the version in a range term */

/* dpkg's algorithm without epoch (deb-version(7)): negative, zero or positive. */
int version_compare(const char *a, const char *b);

/* The same for a Debian version with epoch and revision. */
int version_compare_deb(const char *a, const char *b);
int version_compare_deb_slices(struct slice a, struct slice b);

/*
 * A range term: "= X", "!= X", "< X", "<= X", "> X", ">= X" (one space).  "<", ">=", and likewise
 * "<=" and ">", compare only as many components of the value as X has: 5.15.0-1041-azure
 * is ">= 5.15", "<= 5.15" and not "> 5.15".  "=" and "!=" compare the whole text as versions.
 * Components are separated by '.', '-', '+' or '~'.
 */
bool version_term_valid(const char *term, struct err *err) MUST_CHECK;
bool version_term_holds(const char *term, const char *value);

#endif
