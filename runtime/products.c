/* SPDX-License-Identifier: MIT */
/* products.c - see products.h. */
#include "products.h"

#include <string.h>

#include "version.h"

const struct facts_software *products_next(const struct facts *f, const char *name,
					   const char *at_least, size_t *at)
{
	while (*at < f->software_count) {
		const struct facts_software *s = &f->software[(*at)++];
		if (strncmp(s->name, name, strlen(name)) == 0 &&
		    (!at_least || version_compare(s->version, at_least) >= 0))
			return s;
	}
	return NULL;
}
