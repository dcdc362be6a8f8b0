/* SPDX-License-Identifier: MIT */
/*
 * fuzz_remake.c - a recipe that makes a piece, run as it comes: 4 bytes of its input's size, 4 of its
 * output's, its parameters.  It gives just as many bytes or fails, within the memory that it said.
 */
#include <stdint.h>
#include <stdlib.h>

#include "recipe_make.h"
#include "remake.h"

#define MEMORY_MAX (UINT64_C(6) << 20) /* what would take more is left to test_remake.c */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static bool deliver(void *ctx, uint32_t recipe, struct slice made, struct err *err)
{
	const struct tree_recipe *r = ctx;
	(void)err;
	check(recipe == 0 && made.len == r->size);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t zeros[1u << 16];
	struct rd r = rd_new((struct slice) { data, size });
	struct tree_recipe recipe = { .kind = RECIPE_OPERATIONS, .piece_count = 1 };
	recipe.input_size = rd_u32le(&r);
	recipe.size = rd_u32le(&r);
	recipe.parameters = rd_take(&r, r.left);
	struct tree_piece piece = { 0, 0, recipe.input_size };
	struct tree t = {
		.recipes = &recipe, .recipe_count = 1, .pieces = &piece, .piece_count = 1
	};
	struct remake_cost cost;
	struct err err = { 0 };
	if (r.bad || recipe.input_size == 0 || recipe.size == 0 || /* tree_parse() refuses these */
	    !recipe_check(recipe.parameters, recipe.input_size, NULL) ||
	    !remake_measure(&t, &cost, NULL))
		return 0;
	check(cost.memory <= REMAKE_MEMORY_MAX && cost.bytes == recipe.input_size);
	if (cost.memory > MEMORY_MAX || recipe.input_size > sizeof(zeros))
		return 0;
	AUTO(remake_done) struct remake m = { .tree = &t, .ctx = &recipe, .deliver = deliver };
	check(remake_init(&m, NULL) &&
	      remake_add(&m, 0, 0, (struct slice) { zeros, (size_t)recipe.input_size }, NULL));
	bool ok = remake_start(&m, 0, &err) && remake_finish(&m, &err);
	check(ok || err.code == ERR_DIGEST || err.code == ERR_FORMAT);
	return 0;
}
