/* SPDX-License-Identifier: MIT */
/* fuzz_xz_guess.c - any bytes as an .xz stream: what is guessed of it, a recipe can say. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "xz_guess.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static bool read_file(void *ctx, uint64_t offset, void *out, size_t len, struct err *err)
{
	const struct slice *file = ctx;
	(void)err;
	memcpy(out, file->p + offset, len);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	struct slice file = { data, size };
	struct source src = { "fuzz", size, &file, read_file };
	struct xz_guess g;
	if (!xz_guess(&src, 0, size, &g, &err)) {
		check(err.code != ERR_NONE && err.msg[0]);
		return 0;
	}
	check(g.count <= XZ_GUESSES_MAX);
	for (size_t i = 0; i < g.count; i++) {
		struct recipe_op op = { .kind = RECIPE_XZ, .length = 1, .xz = g.ways[i] };
		AUTO(buf_done) struct buf text = BUF_INIT(4096);
		recipe_write(&op, &text);
		/* what can't be said stays as it is: it need not be good, only bounded */
		struct recipe_op back;
		struct rd r = rd_new(buf_slice(&text));
		if (recipe_next(&r, &back, &err))
			check(back.xz.preset == g.ways[i].preset);
	}
	return 0;
}
