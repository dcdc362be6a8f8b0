/* SPDX-License-Identifier: MIT */
/*
 * fuzz_inventory.c - lists that are taken hold nothing but product codes and names of the driver
 * store, and write a document that reads back as the same.
 */
#include <stdlib.h>

#include "inventory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void check_all(const struct inventory *i, const struct inventory *other)
{
	for (size_t k = 0; k < i->product_count; k++) {
		check(facts_product_code_is_valid(i->products[k]));
		check(inventory_has_product(other, i->products[k]));
	}
	for (size_t k = 0; k < i->driver_count; k++) {
		check(inventory_inf_is_valid(i->drivers[k].inf));
		check(inventory_has_driver(other, &i->drivers[k]));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	AUTO(json_auto_free) struct json *j =
		json_parse("fuzz", (struct slice) { data, size }, &err);
	AUTO(json_auto_free) struct json *out = json_new("again", &err);
	AUTO(inventory_done) struct inventory i = { 0 };
	AUTO(inventory_done) struct inventory back = { 0 };
	AUTO(inventory_done) struct inventory none = { 0 };
	if (size > 10000 || !j)
		return 0;
	if (!inventory_read(j, json_top(j), &i, &err)) {
		check(err.code == ERR_FORMAT && err.msg[0]);
		return 0;
	}
	inventory_write(out, json_top(out), &i);
	check(inventory_read(out, json_top(out), &back, &err));
	check_all(&i, &back);
	check_all(&back, &i);
	check(inventory_add(&none, &i, &back, &err));
	check(inventory_is_empty(&none));
	inventory_keep(&back, &none);
	check(inventory_is_empty(&back));
	return 0;
}
