/* SPDX-License-Identifier: MIT */
/* recipe_run.h - do what a recipe says (recipe.h). */
#ifndef RECIPE_RUN_H
#define RECIPE_RUN_H

#include "recipe_make.h"

/* One operation: its input is read by @io, its output written from *at on, which moves behind it. */
bool recipe_run_op(const struct recipe_op *op, const struct recipe_io *io, uint64_t *at,
		   struct err *err) MUST_CHECK;

/* All of @parameters, from @input_size bytes.  *size is that of the output. */
bool recipe_run(struct slice parameters, uint64_t input_size, const struct recipe_io *io,
		uint64_t *size, struct err *err) MUST_CHECK;

#endif
