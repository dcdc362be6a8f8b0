/* SPDX-License-Identifier: MIT */
/* fuzz_setting_text.c - a configuration file that somebody else wrote: set, set again, and put back. */
#include <stdlib.h>
#include <string.h>

#include "setting_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* A change as it was made, put back. */
static void revert(struct buf *text, const struct setting_change *c)
{
	AUTO(buf_done) struct buf was = BUF_INIT(1u << 20);
	AUTO(buf_done) struct buf back = BUF_INIT(1u << 21);
	if (c->was.len)
		buf_add(&was, c->was.p, c->was.len);
	check(setting_revert(buf_slice(text), "K", "K=y", c->added ? NULL : buf_str(&was), c->nth,
			     &back) == SETTING_REVERTED);
	buf_done(text);
	*text = back;
	back = (struct buf) { 0 };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	struct setting_change changes[SETTING_CHANGES_MAX], none[SETTING_CHANGES_MAX];
	size_t count = 0, again = 0;
	if (size > (1u << 16) || (size && memchr(data, 0, size)))
		return 0;
	struct slice text = { data, size };
	AUTO(buf_done) struct buf once = BUF_INIT(1u << 20);
	AUTO(buf_done) struct buf twice = BUF_INIT(1u << 20);
	if (!setting_apply(text, "K", "y", &once, changes, &count, &err)) {
		check(err.code == ERR_STEP);
		return 0;
	}
	check(setting_apply(buf_slice(&once), "K", "y", &twice, none, &again, &err));
	check(again == 0 && slice_equal(buf_slice(&once), buf_slice(&twice)));
	for (size_t i = count; i-- > 0;)
		revert(&once, &changes[i]);
	check(slice_equal(buf_slice(&once), text));
	return 0;
}
