/* SPDX-License-Identifier: MIT */
/*
 * fuzz_machines.c - any two texts, with a NUL byte between them, are machines or one error; what is
 * taken can be combined and written as facts.
 */
#include <stdlib.h>
#include <string.h>

#include "machines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void combine(const struct machines *m)
{
	for (size_t s = 0; s < m->size_count; s++)
		for (size_t i = 0; i < m->image_count; i++) {
			struct facts f;
			struct err err = { 0 };
			AUTO(buf_done) struct buf text = BUF_INIT(4u << 20);
			bool there = machine_facts(&m->sizes[s], &m->images[i], &f);
			if (machine_documented(&m->sizes[s], &m->images[i]) && !there)
				abort();
			if (there && !facts_write(&f, &text, &err))
				abort();
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	AUTO(machines_done) struct machines m = { 0 };
	const uint8_t *nul = size ? memchr(data, 0, size) : NULL;
	size_t first = nul ? (size_t)(nul - data) : size;
	struct slice sizes = { data, first };
	struct slice images = { nul ? nul + 1 : data, nul ? size - first - 1 : 0 };
	if (machines_parse("sizes", sizes, "images", images, &m, &err))
		combine(&m);
	else if (err.code == ERR_NONE || !err.msg[0])
		abort();
	return 0;
}
