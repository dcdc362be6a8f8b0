/* SPDX-License-Identifier: MIT */
/* support_source.h - a file in memory, whose medium fails after a number of reads. */
#ifndef SUPPORT_SOURCE_H
#define SUPPORT_SOURCE_H

#include <string.h>

#include "rd.h"
#include "source.h"

struct test_medium {
	struct slice bytes;
	size_t good_reads; /* SIZE_MAX: it never fails */
};

static inline bool test_medium_read(void *ctx, uint64_t offset, void *out, size_t len,
				    struct err *err)
{
	struct test_medium *m = ctx;
	if (m->good_reads == 0)
		return err_set(err, ERR_SYSTEM, "the medium failed");
	m->good_reads -= m->good_reads != SIZE_MAX;
	if (len)
		memcpy(out, m->bytes.p + offset, len);
	return true;
}

static inline struct source test_source(struct test_medium *m)
{
	return (struct source) { "test", m->bytes.len, m, test_medium_read };
}

#endif
