/* SPDX-License-Identifier: MIT */
/* fuzz_seen.c - any text is what a machine remembers, or one error. */
#include <stdlib.h>

#include "seen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	AUTO(seen_done) struct seen s = { 0 };
	if (!seen_parse("fuzz", (struct slice) { data, size }, &s, &err)) {
		if (err.code == ERR_NONE || !err.msg[0])
			abort();
		return 0;
	}
	AUTO(buf_done) struct buf text = BUF_INIT(2 * SEEN_SIZE_MAX);
	AUTO(trust_auto_free) struct trust *t = trust_new(&err);
	if (!t || !seen_write(&s, &text, &err))
		abort();
	if (!seen_apply(&s, t, &err))
		return 0;
	struct seen_bundle b = { .bundle = "b", .version = "1", .created = 5, .trust = t };
	if (!seen_remember(&s, &b, &err) && err.code != ERR_SYSTEM)
		abort();
	return 0;
}
