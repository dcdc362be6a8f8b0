/* SPDX-License-Identifier: MIT */
/*
 * fuzz_recipe.c - a recipe's operations, after 4 bytes of its input's size: there is one way to write
 * what is taken, and it goes through all of the input.
 */
#include <stdint.h>
#include <stdlib.h>

#include "recipe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	struct rd r = rd_new((struct slice) { data, size });
	uint64_t input = rd_u32le(&r), seen = 0;
	struct slice parameters = rd_take(&r, r.left);
	if (!recipe_check(parameters, input, &err)) {
		check(err.code == ERR_FORMAT && err.msg[0]);
		return 0;
	}
	AUTO(buf_done) struct buf again = BUF_INIT(size);
	for (r = rd_new(parameters); r.left;) {
		struct recipe_op op;
		check(recipe_next(&r, &op, &err));
		check(op.kind != RECIPE_LITERAL || op.literal.len == op.length);
		seen += op.kind == RECIPE_LITERAL ? 0 : op.length;
		recipe_write(&op, &again);
	}
	check(seen == input && slice_equal(buf_slice(&again), parameters));
	return 0;
}
