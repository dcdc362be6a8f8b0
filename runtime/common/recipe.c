/* SPDX-License-Identifier: MIT */
/* recipe.c - see recipe.h. */
#include "recipe.h"

#include "cleanup.h"

#define DICTIONARY_MIN 4096u
#define DICTIONARY_MAX (UINT32_C(64) << 20)

static bool check_xz(const struct recipe_op *op)
{
	const struct recipe_xz *x = &op->xz;
	return (x->preset & ~RECIPE_XZ_EXTREME) <= 9 &&
	       (x->check == 0 || x->check == 1 || x->check == 4 || x->check == 10) &&
	       x->dictionary >= DICTIONARY_MIN && x->dictionary <= DICTIONARY_MAX &&
	       x->block_size <= RECIPE_XZ_BLOCK_MAX;
}

static bool check_op(const struct recipe_op *op, uint32_t argument)
{
	switch (op->kind) {
	case RECIPE_LITERAL:
	case RECIPE_COPY:
	case RECIPE_SKIP:
		return argument == 0;
	case RECIPE_XZ:
		return check_xz(op);
	case RECIPE_ZLIB:
		return op->level >= 1 && op->level <= 9 && op->memory >= 1 && op->memory <= 9;
	case RECIPE_GZIP:
		return op->level >= 1 && op->level <= 9;
	}
	return false;
}

bool recipe_next(struct rd *r, struct recipe_op *out, struct err *err)
{
	struct recipe_op op = { .kind = (enum recipe_op_kind)rd_u32le(r) };
	uint32_t argument = rd_u32le(r);
	op.length = rd_u64le(r);
	if (op.kind == RECIPE_XZ) {
		op.xz.preset = argument;
		op.xz.check = rd_u32le(r);
		op.xz.dictionary = rd_u32le(r);
		op.xz.block_size = rd_u64le(r);
	}
	if (op.kind == RECIPE_ZLIB || op.kind == RECIPE_GZIP)
		op.level = argument;
	if (op.kind == RECIPE_ZLIB)
		op.memory = rd_u32le(r);
	if (op.kind == RECIPE_LITERAL)
		op.literal = rd_take(r, op.length);
	if (r->bad || op.length == 0 || !check_op(&op, argument))
		return err_set(err, ERR_FORMAT, "it has an operation that is not known");
	*out = op;
	return true;
}

void recipe_write(const struct recipe_op *op, struct buf *out)
{
	bool has_level = op->kind == RECIPE_ZLIB || op->kind == RECIPE_GZIP;
	buf_add_u32le(out, (uint32_t)op->kind);
	buf_add_u32le(out, op->kind == RECIPE_XZ ? op->xz.preset : has_level ? op->level : 0);
	buf_add_u64le(out, op->kind == RECIPE_LITERAL ? op->literal.len : op->length);
	if (op->kind == RECIPE_XZ) {
		buf_add_u32le(out, op->xz.check);
		buf_add_u32le(out, op->xz.dictionary);
		buf_add_u64le(out, op->xz.block_size);
	}
	if (op->kind == RECIPE_ZLIB)
		buf_add_u32le(out, op->memory);
	if (op->kind == RECIPE_LITERAL)
		buf_add(out, op->literal.p, op->literal.len);
}

bool recipe_check(struct slice parameters, uint64_t input_size, struct err *err)
{
	struct rd r = rd_new(parameters);
	for (unsigned n = 0; r.left; n++) {
		struct recipe_op op;
		if (n == RECIPE_OPERATIONS_MAX)
			return err_set(err, ERR_FORMAT, "it has too many operations");
		if (!recipe_next(&r, &op, err))
			return false;
		if (op.kind == RECIPE_LITERAL)
			continue;
		if (op.length > input_size)
			return err_set(err, ERR_FORMAT, "its operations need more input");
		input_size -= op.length;
	}
	return input_size == 0 || err_set(err, ERR_FORMAT, "its operations leave input over");
}
