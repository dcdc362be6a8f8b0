/* SPDX-License-Identifier: MIT */
/*
 * xz_encode.h - write an .xz stream as xz(1) would, byte for byte.
 *
 * liblzma's encoder of several threads gives the same bytes whatever their number: each block is
 * compressed by itself, with its sizes in its header.  So here one thread does what is asked, and who
 * has more of them runs several recipes.
 */
#ifndef XZ_ENCODE_H
#define XZ_ENCODE_H

#include "cleanup.h"
#include "recipe.h"

/*
 * liblzma's tables, kept from one stream to the next: they are megabytes, and most streams are not.
 * Of use to one stream at a time.
 */
struct xz_encoder;

struct xz_encoder *xz_encoder_new(struct err *err) MUST_CHECK;
void xz_encoder_free(struct xz_encoder *e); /* accepts NULL */

/* Where a recipe reads and writes. */
struct recipe_io {
	void *ctx;
	/* The next bytes of the input: up to @n (at least 1), *got at least 1. */
	bool (*read)(void *ctx, uint8_t *p, size_t n, size_t *got, struct err *err);
	/* Bytes of the output.  Each comes once, but a block's header comes after the block. */
	bool (*write)(void *ctx, uint64_t at, const uint8_t *p, size_t n, struct err *err);
	struct xz_encoder *encoder; /* or NULL: each stream gets its own */
};

/* Compress the next @length bytes of the input to the output from *at on, and move *at behind it. */
bool xz_encode(const struct recipe_xz *x, uint64_t length, const struct recipe_io *io, uint64_t *at,
	       struct err *err) MUST_CHECK;

/* Memory that takes at most, in bytes: 12 dictionaries and 4 MiB, whatever liblzma's version. */
uint64_t xz_encode_memory(const struct recipe_xz *x);

const char *xz_encode_version(void);

#endif
