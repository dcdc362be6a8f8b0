/* SPDX-License-Identifier: MIT */
/* inventory.c - see inventory.h. */
#include "inventory.h"

#include <string.h>

#define INF_DIGITS_MAX 9

void inventory_done(struct inventory *i)
{
	free(i->products);
	free(i->drivers);
	*i = (struct inventory) { 0 };
}

bool inventory_is_empty(const struct inventory *i)
{
	return !i->product_count && !i->driver_count;
}

bool inventory_inf_is_valid(const char *text)
{
	if (strncmp(text, "oem", 3) != 0)
		return false;
	size_t n = strspn(text + 3, "0123456789");
	return n > 0 && n <= INF_DIGITS_MAX && strcmp(text + 3 + n, ".inf") == 0;
}

/* --- sets ---------------------------------------------------------------------------------------- */

bool inventory_has_product(const struct inventory *i, const char *code)
{
	for (size_t k = 0; k < i->product_count; k++)
		if (strcmp(i->products[k], code) == 0)
			return true;
	return false;
}

bool inventory_has_driver(const struct inventory *i, const struct inventory_driver *d)
{
	for (size_t k = 0; k < i->driver_count; k++)
		if (strcmp(i->drivers[k].inf, d->inf) == 0 &&
		    strcmp(i->drivers[k].original, d->original) == 0 &&
		    strcmp(i->drivers[k].version, d->version) == 0)
			return true;
	return false;
}

/* Room for @products and @drivers more. */
static bool reserve(struct inventory *i, size_t products, size_t drivers, struct err *err)
{
	const char **p = realloc(i->products, (i->product_count + products + 1) * sizeof(*p));
	if (!p)
		return err_no_memory(err);
	i->products = p;
	struct inventory_driver *d =
		realloc(i->drivers, (i->driver_count + drivers + 1) * sizeof(*d));
	if (!d)
		return err_no_memory(err);
	i->drivers = d;
	return true;
}

bool inventory_take(const struct facts *f, struct inventory *out, struct err *err)
{
	AUTO(inventory_done) struct inventory i = { 0 };
	if (!reserve(&i, f->software_count, f->driver_count, err))
		return false;
	for (size_t k = 0; k < f->software_count; k++) {
		const char *code = f->software[k].code;
		if (code && facts_product_code_is_valid(code) && !inventory_has_product(&i, code))
			i.products[i.product_count++] = code;
	}
	for (size_t k = 0; k < f->driver_count; k++) {
		const struct facts_driver *from = &f->drivers[k];
		struct inventory_driver d = { from->inf, from->original ? from->original : "",
					      from->version ? from->version : "" };
		if (inventory_inf_is_valid(d.inf) && !inventory_has_driver(&i, &d))
			i.drivers[i.driver_count++] = d;
	}
	*out = i;
	i = (struct inventory) { 0 };
	return true;
}

bool inventory_add(struct inventory *out, const struct inventory *from, const struct inventory *but,
		   struct err *err)
{
	if (!reserve(out, from->product_count, from->driver_count, err))
		return false;
	for (size_t k = 0; k < from->product_count; k++) {
		const char *code = from->products[k];
		if (!(but && inventory_has_product(but, code)) && !inventory_has_product(out, code))
			out->products[out->product_count++] = code;
	}
	for (size_t k = 0; k < from->driver_count; k++) {
		const struct inventory_driver *d = &from->drivers[k];
		if (!(but && inventory_has_driver(but, d)) && !inventory_has_driver(out, d))
			out->drivers[out->driver_count++] = *d;
	}
	return true;
}

void inventory_keep(struct inventory *i, const struct inventory *there)
{
	size_t kept = 0;
	for (size_t k = 0; k < i->product_count; k++)
		if (inventory_has_product(there, i->products[k]))
			i->products[kept++] = i->products[k];
	i->product_count = kept;
	kept = 0;
	for (size_t k = 0; k < i->driver_count; k++)
		if (inventory_has_driver(there, &i->drivers[k]))
			i->drivers[kept++] = i->drivers[k];
	i->driver_count = kept;
}

/* --- documents ----------------------------------------------------------------------------------- */

static bool read_products(const struct json *j, const struct json_value *list, struct inventory *i,
			  struct err *err)
{
	for (const struct json_value *v = json_first(list); v; v = json_next(v)) {
		const char *code = json_string(v);
		if (!code || !facts_product_code_is_valid(code))
			return json_error(j, v, err, "must be a product code");
		i->products[i->product_count++] = code;
	}
	return true;
}

static bool read_drivers(const struct json *j, const struct json_value *list, struct inventory *i,
			 struct err *err)
{
	static const char *const keys[] = { "inf", "original", "version", NULL };
	for (const struct json_value *v = json_first(list); v; v = json_next(v)) {
		struct inventory_driver *d = &i->drivers[i->driver_count];
		if (!json_only_keys(j, v, keys, err) ||
		    !json_get_string(j, v, "inf", JSON_REQUIRED, &d->inf, err) ||
		    !json_get_string(j, v, "original", JSON_REQUIRED, &d->original, err) ||
		    !json_get_string(j, v, "version", JSON_REQUIRED, &d->version, err))
			return false;
		if (!inventory_inf_is_valid(d->inf))
			return json_error(j, json_get(v, "inf"), err,
					  "must be a name of the driver store: oemN.inf");
		i->driver_count++;
	}
	return true;
}

bool inventory_read(const struct json *j, const struct json_value *obj, struct inventory *out,
		    struct err *err)
{
	const struct json_value *products = NULL, *drivers = NULL;
	AUTO(inventory_done) struct inventory i = { 0 };
	if (!json_get_array(j, obj, "products", JSON_OPTIONAL, &products, err) ||
	    !json_get_array(j, obj, "drivers", JSON_OPTIONAL, &drivers, err))
		return false;
	if (json_count(products) > FACTS_SOFTWARE_MAX)
		return json_error(j, products, err, "has more than %d products",
				  FACTS_SOFTWARE_MAX);
	if (json_count(drivers) > FACTS_DRIVERS_MAX)
		return json_error(j, drivers, err, "has more than %d drivers", FACTS_DRIVERS_MAX);
	if (!reserve(&i, json_count(products), json_count(drivers), err) ||
	    !read_products(j, products, &i, err) || !read_drivers(j, drivers, &i, err))
		return false;
	*out = i;
	i = (struct inventory) { 0 };
	return true;
}

void inventory_write(struct json *j, struct json_value *obj, const struct inventory *i)
{
	struct json_value *list = json_add_array(j, obj, "products");
	for (size_t k = 0; k < i->product_count; k++)
		json_add_string(j, list, NULL, i->products[k]);
	list = json_add_array(j, obj, "drivers");
	for (size_t k = 0; k < i->driver_count; k++) {
		struct json_value *v = json_add_object(j, list, NULL);
		json_add_string(j, v, "inf", i->drivers[k].inf);
		json_add_string(j, v, "original", i->drivers[k].original);
		json_add_string(j, v, "version", i->drivers[k].version);
	}
}
