/* SPDX-License-Identifier: MIT */
/*
 * fuzz_decompress.c - an index of a repository as it comes: whatever it decodes to, no more than is
 * allowed is kept.
 */
#include <stdlib.h>

#include "decompress.h"

#define OUT_MAX (64u << 10)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	AUTO(buf_done) struct buf out = BUF_INIT(OUT_MAX);
	bool ok = decompress("fuzz", (struct slice) { data, size }, &out, &err);
	check(out.len <= OUT_MAX);
	check(ok ? !out.bad : err.code != ERR_NONE && err.msg[0]);
	return 0;
}
