/* SPDX-License-Identifier: MIT */
/*
 * needs.h - what a package asks of a machine before it can be installed, as a manifest and a
 * catalog write it: manifests/README.md, Needs.  preflight.h looks whether it is there.
 */
#ifndef NEEDS_H
#define NEEDS_H

#include "json.h"

#define NEEDS_LIST_MAX 64 /* elements of "needs", and of each list in it */

/* Programs that facts know of, and the package that brings each. */
struct needs_tool {
	const char *name;
	const char *other; /* another program that does the same, or NULL */
	const char *deb, *rpm;
};
extern const struct needs_tool needs_tools[]; /* the last has no name */

/* By name, or NULL. */
const struct needs_tool *needs_find_tool(const char *name);

/* Check the shape of "needs": an object, or an array of them. */
bool needs_check(const struct json *doc, const struct json_value *needs, struct err *err)
	MUST_CHECK;

/* First and next object of "needs", which may be NULL. */
const struct json_value *needs_first(const struct json_value *needs);
const struct json_value *needs_next(const struct json_value *needs, const struct json_value *one);

#endif
