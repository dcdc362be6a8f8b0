/* SPDX-License-Identifier: MIT */
/* support_rpm.h - the two headers of an .rpm, written entry by entry. */
#ifndef SUPPORT_RPM_H
#define SUPPORT_RPM_H

#include <string.h>

#include "buf.h"

enum {
	RPM_TEST_INT16 = 3,
	RPM_TEST_INT32 = 4,
	RPM_TEST_INT64 = 5,
	RPM_TEST_TEXT = 6,
	RPM_TEST_TEXTS = 8
};

struct rpm_test_header {
	struct buf index, store;
};

#define RPM_TEST_HEADER ((struct rpm_test_header) { BUF_INIT(1 << 20), BUF_INIT(1 << 20) })

static inline void rpm_test_be(struct buf *b, uint64_t v, size_t bytes)
{
	for (size_t i = bytes; i > 0; i--) {
		uint8_t byte = (uint8_t)(v >> (8 * (i - 1)));
		buf_add(b, &byte, 1);
	}
}

static inline void rpm_test_entry(struct rpm_test_header *h, uint32_t tag, uint32_t type,
				  uint32_t count, uint32_t offset)
{
	rpm_test_be(&h->index, tag, 4);
	rpm_test_be(&h->index, type, 4);
	rpm_test_be(&h->index, offset, 4);
	rpm_test_be(&h->index, count, 4);
}

/* Texts: each ended by a '|' in @texts. */
static inline void rpm_test_texts(struct rpm_test_header *h, uint32_t tag, uint32_t type,
				  const char *texts)
{
	uint32_t count = 0, offset = (uint32_t)h->store.len;
	for (const char *p = texts; *p; p++) {
		buf_add(&h->store, *p == '|' ? "" : p, 1);
		count += *p == '|';
	}
	rpm_test_entry(h, tag, type, count, offset);
}

static inline void rpm_test_numbers(struct rpm_test_header *h, uint32_t tag, uint32_t type,
				    const uint64_t *v, size_t count)
{
	size_t width = type == RPM_TEST_INT16 ? 2 : type == RPM_TEST_INT32 ? 4 : 8;
	while (h->store.len % width)
		buf_add(&h->store, "", 1);
	rpm_test_entry(h, tag, type, (uint32_t)count, (uint32_t)h->store.len);
	for (size_t i = 0; i < count; i++)
		rpm_test_be(&h->store, v[i], width);
}

/* The header itself; @h is used up. */
static inline void rpm_test_header(struct rpm_test_header *h, struct buf *out)
{
	buf_add(out, "\216\255\350\001\0\0\0\0", 8);
	rpm_test_be(out, h->index.len / 16, 4);
	rpm_test_be(out, h->store.len, 4);
	buf_add(out, h->index.p, h->index.len);
	buf_add(out, h->store.p, h->store.len);
	buf_done(&h->index);
	buf_done(&h->store);
}

/* Lead and signature header, whose one entry is @text. */
static inline void rpm_test_begin(struct buf *out, const char *text)
{
	struct rpm_test_header h = RPM_TEST_HEADER;
	static const uint8_t zeros[96];
	buf_add(out, "\355\253\356\333\003\0\0\0\0\001", 10);
	buf_add(out, "x-1-1", 6);
	buf_add(out, zeros, 62);
	buf_add(out, "\0\005", 2);
	buf_add(out, zeros, 16);
	rpm_test_texts(&h, 1000, RPM_TEST_TEXT, text);
	rpm_test_header(&h, out);
	while (out->len % 8)
		buf_add(out, "", 1);
}

#endif
