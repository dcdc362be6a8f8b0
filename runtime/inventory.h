/* SPDX-License-Identifier: MIT */
/*
 * inventory.h - the products of Windows Installer and the driver packages that a machine has, and
 * what came between two looks at it.  Pure: facts in, lists out.
 *
 * An installer on Windows does not say what it brings.  So what is there is written down before and
 * looked at after; what is new came with the install and goes with it, and nothing else ever does.
 *
 * The driver store gives its names ("oem12.inf") again when a package is gone: two packages are the
 * same only if the vendor's name and the version are, too.
 */
#ifndef INVENTORY_H
#define INVENTORY_H

#include "facts.h"

struct inventory_driver {
	const char *inf;                /* "oem12.inf" */
	const char *original, *version; /* "" when not known */
};

/* Arrays are owned, texts borrowed. */
struct inventory {
	const char **products; /* product codes */
	size_t product_count;
	struct inventory_driver *drivers;
	size_t driver_count;
};

void inventory_done(struct inventory *i); /* for AUTO() */
bool inventory_is_empty(const struct inventory *i);

bool inventory_has_product(const struct inventory *i, const char *code);
bool inventory_has_driver(const struct inventory *i, const struct inventory_driver *d);

/* All that @f has, but what has no product code or no name of the driver store. */
bool inventory_take(const struct facts *f, struct inventory *out, struct err *err) MUST_CHECK;

/* Add to @out what @from has and @but has not (NULL: nothing); nothing twice. */
bool inventory_add(struct inventory *out, const struct inventory *from, const struct inventory *but,
		   struct err *err) MUST_CHECK;

/* Take off @i what @there does not have. */
void inventory_keep(struct inventory *i, const struct inventory *there);

/*
 * Members "products" and "drivers" of an object.  Missing ones are empty; what is no product code
 * or no "oemN.inf" is refused, since it becomes an argument one day.
 */
bool inventory_read(const struct json *j, const struct json_value *obj, struct inventory *out,
		    struct err *err) MUST_CHECK;
void inventory_write(struct json *j, struct json_value *obj, const struct inventory *i);

/* Is @text "oem" and digits and ".inf"? */
bool inventory_inf_is_valid(const char *text);

#endif
