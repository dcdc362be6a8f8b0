/* SPDX-License-Identifier: MIT */
/* recipe_make.c - see recipe_make.h. */
#include "recipe_make.h"

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

bool recipe_make_op(const struct recipe_op *op, const struct recipe_io *io, uint64_t *at,
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
	case RECIPE_GZIP:
		break;
	}
	return err_set(err, ERR_FORMAT, "a recipe has an operation that can't be done here");
}

bool recipe_make(struct slice parameters, const struct recipe_io *io, uint64_t *size,
		 struct err *err)
{
	uint64_t at = 0;
	for (struct rd r = rd_new(parameters); r.left;) {
		struct recipe_op op;
		if (!recipe_next(&r, &op, err) || !recipe_make_op(&op, io, &at, err))
			return false;
	}
	*size = at;
	return true;
}

bool recipe_make_cost(struct slice parameters, uint64_t *memory, struct err *err)
{
	uint64_t most = 0;
	for (struct rd r = rd_new(parameters); r.left;) {
		struct recipe_op op;
		if (!recipe_next(&r, &op, err))
			return false;
		if (op.kind == RECIPE_ZLIB || op.kind == RECIPE_GZIP)
			return err_set(err, ERR_FORMAT, "it has an operation that no reader does");
		if (op.kind == RECIPE_XZ && xz_encode_memory(&op.xz) > most)
			most = xz_encode_memory(&op.xz);
	}
	*memory = most;
	return true;
}
