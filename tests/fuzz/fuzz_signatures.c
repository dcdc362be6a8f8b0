/* SPDX-License-Identifier: MIT */
/* fuzz_signatures.c - a section of signatures: what is taken lies inside, and is written the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t zeros[SIGNATURES_SIZE];
	/* the input is its beginning; zeros fill it, unless it is too long for that */
	AUTO(buf_done) struct buf section = BUF_INIT(2 * SIGNATURES_SIZE), again = BUF_INIT(0);
	struct slice cms[SIGNATURES_MAX], more[SIGNATURES_MAX];
	size_t count = 0, more_count = 0;
	struct err err = { 0 };
	if (size > 2 * SIGNATURES_SIZE)
		return 0;
	buf_add(&section, data, size);
	if (section.len < SIGNATURES_SIZE)
		buf_add(&section, zeros, SIGNATURES_SIZE - section.len);
	if (!signatures_parse(buf_slice(&section), cms, &count, &err)) {
		check(err.code != ERR_NONE && err.msg[0]);
		return 0;
	}
	check(count <= SIGNATURES_MAX);
	for (size_t i = 0; i < count; i++)
		check(cms[i].len > 0 && cms[i].p >= section.p &&
		      cms[i].len <= (size_t)(section.p + section.len - cms[i].p));
	again = BUF_INIT(SIGNATURES_SIZE);
	check(signatures_write(cms, count, &again, &err));
	check(slice_equal(buf_slice(&again), buf_slice(&section)));
	check(signatures_parse(buf_slice(&again), more, &more_count, &err) && more_count == count);
	return 0;
}
