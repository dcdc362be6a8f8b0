/* SPDX-License-Identifier: MIT */
/*
 * fuzz_state.c - state or journal of an image root, which somebody else may have made: what is taken is
 * written as a state that means the same.
 */
#include <stdlib.h>

#include "state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	AUTO(state_done) struct state s = { 0 };
	AUTO(state_done) struct state back = { 0 };
	AUTO(buf_done) struct buf once = BUF_INIT(16u << 20), twice = BUF_INIT(16u << 20);
	if (size > 100000)
		return 0;
	if (!state_parse("fuzz", (struct slice) { data, size }, &s, &err)) {
		check(err.code == ERR_FORMAT && err.msg[0] && !s.doc);
		return 0;
	}
	for (size_t i = 0; i < s.deb_count; i++)
		check(s.debs[i].name[0] != '-'); /* never an option of dpkg */
	for (size_t i = 0; i < s.setting_count; i++)
		check(s.settings[i].path[0] == '/');
	check(state_print(&s, &once, &err));
	check(state_parse("once", buf_slice(&once), &back, &err));
	check(state_print(&back, &twice, &err));
	check(slice_equal(buf_slice(&once), buf_slice(&twice)));
	return 0;
}
