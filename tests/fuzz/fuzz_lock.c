/* SPDX-License-Identifier: MIT */
/* fuzz_lock.c - what lock_parse() takes, lock_print() gives back as a text that means the same. */
#include <stdlib.h>

#include "lock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	AUTO(lock_done) struct lock l = { 0 };
	if (!lock_parse("fuzz", (struct slice) { data, size }, &l, &err)) {
		if (err.code == ERR_NONE || !err.msg[0])
			abort();
		return 0;
	}
	AUTO(lock_done) struct lock again = { 0 };
	AUTO(buf_done) struct buf text = BUF_INIT(LOCK_SIZE_MAX);
	AUTO(buf_done) struct buf same = BUF_INIT(LOCK_SIZE_MAX);
	AUTO(buf_done) struct buf diff = BUF_INIT(LOCK_SIZE_MAX);
	if (!lock_print(&l, &text, &err) || !lock_parse("again", buf_slice(&text), &again, &err) ||
	    !lock_print(&again, &same, &err) || !slice_equal(buf_slice(&text), buf_slice(&same)) ||
	    !lock_diff(&l, &again, &diff, &err) || diff.len)
		abort();
	return 0;
}
