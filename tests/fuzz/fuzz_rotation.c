/* SPDX-License-Identifier: MIT */
/*
 * fuzz_rotation.c - input: a rotation, or the statement of one.  What is taken is the one way to write
 * it; nobody whom an anchor leads to has signed it, so it brings nothing.
 */
#include <stdlib.h>

#include "rotation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_statement(struct slice text)
{
	struct err err = { 0 };
	AUTO(rotation_done) struct rotation r = { 0 };
	AUTO(buf_done) struct buf again = BUF_INIT(ROTATION_STATEMENT_MAX);
	if (!rotation_parse(text, &r, &err)) {
		if (err.code == ERR_NONE)
			abort();
		return;
	}
	if (!rotation_write(&r, &again, &err) || !slice_equal(buf_slice(&again), text))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = { data, size };
	struct rotation_step steps[ROTATION_STEPS_MAX] = { 0 };
	struct rotation_result r;
	struct policy_case c = { .bundle = "b", .version = "1" };
	size_t count = 0;
	AUTO(buf_done) struct buf again = BUF_INIT(ROTATION_SIZE_MAX);
	AUTO(trust_auto_free) struct trust *t = trust_new(NULL);
	try_statement(text);
	if (!t)
		abort();
	if (rotation_split(text, steps, &count, NULL)) {
		if (!rotation_join(steps, count, &again, NULL) ||
		    !slice_equal(buf_slice(&again), text))
			abort();
		for (size_t i = 0; i < count; i++)
			try_statement(steps[i].statement);
	}
	if (rotation_follow(text, NULL, &c, t, &r, NULL) && r.retired_count > ROTATION_RETIRED_MAX)
		abort();
	return 0;
}
