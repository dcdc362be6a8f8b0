/* SPDX-License-Identifier: MIT */
/* products.h - installed products of Windows, found by how their names begin.  Pure. */
#ifndef PRODUCTS_H
#define PRODUCTS_H

#include "facts.h"

/*
 * The first from position *at on whose name begins with @name and whose version is @at_least or
 * newer (NULL: any); *at moves behind it.  NULL when there is no more.
 */
const struct facts_software *products_next(const struct facts *f, const char *name,
					   const char *at_least, size_t *at);

#endif
