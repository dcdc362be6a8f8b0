/* SPDX-License-Identifier: MIT */
/*
 * removal.h - which of the packages that install added can go: those that nothing else that is
 * installed needs.  Pure: facts in, names out.
 */
#ifndef REMOVAL_H
#define REMOVAL_H

#include "facts.h"

struct removal {
	const struct facts_package **go;        /* owned array; of the facts */
	const struct facts_package **stay;      /* owned array: wanted, but something needs them */
	const struct facts_package **needed_by; /* owned array, beside stay; NULL: it runs now */
	size_t go_count, stay_count;
};

/*
 * @wanted: for each package of @f, whether it should go.  The kernel that runs (f->kernel) stays,
 * unless the facts are an image's.
 */
bool removal_plan(const struct facts *f, const bool *wanted, struct removal *out, struct err *err)
	MUST_CHECK;
void removal_done(struct removal *r);

#endif
