/* SPDX-License-Identifier: MIT */
/*
 * recipe_make.h - do the operations of a recipe that every reader can (FORMAT.md, Recipes): literal,
 * copy, skip and xz.
 */
#ifndef RECIPE_MAKE_H
#define RECIPE_MAKE_H

#include "xz_encode.h"

/* One of these: its input is read by @io, its output written from *at on, which moves behind it. */
bool recipe_make_op(const struct recipe_op *op, const struct recipe_io *io, uint64_t *at,
		    struct err *err) MUST_CHECK;

/* All of @parameters, which recipe_check() found good and which have no other operations. */
bool recipe_make(struct slice parameters, const struct recipe_io *io, uint64_t *size,
		 struct err *err) MUST_CHECK;

/*
 * Memory that doing @parameters takes at most, beside input and output, by a rule that no library
 * decides about.  ERR_FORMAT when there is an operation that not every reader can do.
 */
bool recipe_make_cost(struct slice parameters, uint64_t *memory, struct err *err) MUST_CHECK;

#endif
