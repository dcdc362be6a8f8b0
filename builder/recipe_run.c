/* SPDX-License-Identifier: MIT */
/* recipe_run.c - see recipe_run.h. */
#include "recipe_run.h"

#include "deflate.h"
#include "gnu_gzip.h"

bool recipe_run_op(const struct recipe_op *op, const struct recipe_io *io, uint64_t *at,
		   struct err *err)
{
	if (op->kind == RECIPE_ZLIB)
		return deflate_zlib(op, io, at, err);
	if (op->kind == RECIPE_GZIP)
		return gnu_gzip(op, io, at, err);
	return recipe_make_op(op, io, at, err);
}

bool recipe_run(struct slice parameters, uint64_t input_size, const struct recipe_io *io,
		uint64_t *size, struct err *err)
{
	uint64_t at = 0;
	if (!recipe_check(parameters, input_size, err))
		return false;
	for (struct rd r = rd_new(parameters); r.left;) {
		struct recipe_op op;
		if (!recipe_next(&r, &op, err) || !recipe_run_op(&op, io, &at, err))
			return false;
	}
	*size = at;
	return true;
}
