/* SPDX-License-Identifier: MIT */
/* candidates.c - see candidates.h. */
#include "candidates.h"

#include <string.h>

void candidates_done(struct candidates *c)
{
	catalog_done(&c->catalog);
	free(c->packages);
	free(c->skipped.p);
	*c = (struct candidates) { 0 };
}

static int by_id(const void *a, const void *b)
{
	const struct manifest_package *const *x = a, *const *y = b;
	return strcmp((*x)->id, (*y)->id);
}

bool candidates_make(const struct manifest *manifest, struct candidates *out, struct err *err)
{
	AUTO(candidates_done) struct candidates c = { 0 };
	size_t count = 0;
	c.packages = calloc(manifest->package_count + 1, sizeof(*c.packages));
	c.skipped.p = calloc(manifest->package_count + 1, sizeof(*c.skipped.p));
	c.catalog.packages = calloc(manifest->package_count + 1, sizeof(*c.catalog.packages));
	if (!c.packages || !c.skipped.p || !c.catalog.packages)
		return err_no_memory(err);
	for (size_t i = 0; i < manifest->package_count; i++) {
		const struct manifest_package *p = &manifest->packages[i];
		if (p->kernels.series)
			c.skipped.p[c.skipped.count++] = p->id;
		else
			c.packages[count++] = p;
	}
	qsort(c.packages, count, sizeof(c.packages[0]), by_id);
	for (size_t i = 0; i < count; i++) {
		const struct manifest_package *p = c.packages[i];
		c.catalog.packages[i] = (struct package) {
			.id = p->id,
			.title = p->title,
			.version = p->version ? p->version : "",
			.license = p->license,
			.priority = p->priority,
			.match = p->match,
		};
	}
	c.catalog.package_count = count;
	*out = c;
	c = (struct candidates) { 0 };
	return true;
}

const struct manifest_package *candidates_package(const struct candidates *c,
						  const struct package *p)
{
	return c->packages[p - c->catalog.packages];
}
