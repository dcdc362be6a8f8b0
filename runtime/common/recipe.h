/* SPDX-License-Identifier: MIT */
/*
 * recipe.h - the operations of a recipe (FORMAT.md, Recipes): how a vendor's file is made from bytes.
 *
 * The input is gone through once, from its first byte to its last.
 */
#ifndef RECIPE_H
#define RECIPE_H

#include "buf.h"

#define RECIPE_OPERATIONS_MAX 1024
#define RECIPE_XZ_EXTREME (UINT32_C(1) << 31)
#define RECIPE_XZ_BLOCK_MAX (UINT64_C(1) << 40)

enum recipe_op_kind {
	RECIPE_LITERAL = 1, /* bytes of the recipe */
	RECIPE_COPY = 2,    /* the input's next bytes */
	RECIPE_SKIP = 3,    /* pass over the input's next bytes */
	RECIPE_XZ = 4,      /* an .xz stream of the input's next bytes */
	RECIPE_ZLIB = 5,    /* a deflate stream of them, as zlib makes it */
	RECIPE_GZIP = 6     /* a deflate stream of them, as GNU gzip makes it */
};

struct recipe_xz {
	uint32_t preset;     /* 0 to 9, with RECIPE_XZ_EXTREME or not */
	uint32_t check;      /* 0 none, 1 CRC32, 4 CRC64, 10 SHA-256 */
	uint32_t dictionary; /* bytes */
	uint64_t block_size; /* raw, each with its sizes in its header; 0: one block without */
};

struct recipe_op {
	enum recipe_op_kind kind;
	uint32_t level;  /* RECIPE_ZLIB, RECIPE_GZIP: 1 to 9 */
	uint64_t length; /* at least 1: of the input, or of the literal */
	struct slice literal;
	struct recipe_xz xz;
	uint32_t memory; /* RECIPE_ZLIB: its memory level, 1 to 9 */
};

/* The next operation of @r, which is not at its end. */
bool recipe_next(struct rd *r, struct recipe_op *out, struct err *err) MUST_CHECK;

void recipe_write(const struct recipe_op *op, struct buf *out);

/* Every operation is one that this version knows, and all of @input_size is gone through. */
bool recipe_check(struct slice parameters, uint64_t input_size, struct err *err) MUST_CHECK;

#endif
