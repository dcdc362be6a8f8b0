/* SPDX-License-Identifier: MIT */
/* recipe_run.c - see recipe_run.h. */
#include "recipe_run.h"

#include "deflate.h"
#include "gnu_gzip.h"

#define CHUNK (64u << 10)

/* Pass @length bytes of the input on; with @skip, over. */
static bool pass(uint64_t length, bool skip, const struct recipe_io *io, uint64_t *at,
		 struct err *err)
{
	AUTO(auto_free) uint8_t *chunk = malloc(CHUNK);
	if (!chunk)
		return err_no_memory(err);
	while (length > 0) {
		size_t got = 0, n = length < CHUNK ? (size_t)length : CHUNK;
		if (!io->read(io->ctx, chunk, n, &got, err))
			return false;
		length -= got;
		if (skip)
			continue;
		if (!io->write(io->ctx, *at, chunk, got, err))
			return false;
		*at += got;
	}
	return true;
}

bool recipe_run_op(const struct recipe_op *op, const struct recipe_io *io, uint64_t *at,
		   struct err *err)
{
	switch (op->kind) {
	case RECIPE_LITERAL:
		if (!io->write(io->ctx, *at, op->literal.p, op->literal.len, err))
			return false;
		*at += op->literal.len;
		return true;
	case RECIPE_COPY:
	case RECIPE_SKIP:
		return pass(op->length, op->kind == RECIPE_SKIP, io, at, err);
	case RECIPE_XZ:
		return xz_encode(&op->xz, op->length, io, at, err);
	case RECIPE_ZLIB:
		return deflate_zlib(op, io, at, err);
	case RECIPE_GZIP:
		return gnu_gzip(op, io, at, err);
	}
	return err_set(err, ERR_FORMAT, "a recipe has an unknown operation");
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
