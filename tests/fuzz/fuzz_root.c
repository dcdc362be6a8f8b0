/* SPDX-License-Identifier: MIT */
/* fuzz_root.c - input: a root.  What is accepted must be the one way to write it. */
#include <stdint.h>
#include <stdlib.h>

#include "root.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = { data, size };
	AUTO(root_done) struct root r = { 0 };
	struct err err = { 0 };
	if (!root_parse(text, &r, &err)) {
		if (err.code == ERR_NONE)
			abort(); /* said no, and not why */
		return 0;
	}
	AUTO(buf_done) struct buf again = BUF_INIT(ROOT_SIZE_MAX);
	if (!root_write(&r, &again, &err) || !slice_equal(buf_slice(&again), text))
		abort();
	return 0;
}
