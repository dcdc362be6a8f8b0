/* SPDX-License-Identifier: MIT */
/* fuzz_policy.c - any text is a policy or one error; what is taken is written, and taken again. */
#include <stdlib.h>

#include "policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	AUTO(policy_done) struct policy p = { 0 };
	if (!policy_parse("fuzz", (struct slice) { data, size }, &p, &err)) {
		if (err.code == ERR_NONE || !err.msg[0])
			abort();
		return 0;
	}
	AUTO(buf_done) struct buf text = BUF_INIT(2 * POLICY_SIZE_MAX);
	AUTO(trust_auto_free) struct trust *t = trust_new(&err);
	/* Texts that JSON escapes may grow beyond the limit. */
	if (!policy_write(&p, &text, &err) && size < POLICY_SIZE_MAX / 8)
		abort();
	if (!t ||
	    (policy_apply(&p, "d", "/", t, &err) && trust_count(t) > POLICY_ANCHORS_MAX * 100))
		abort();
	return 0;
}
