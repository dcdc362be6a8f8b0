/* SPDX-License-Identifier: MIT */
/*
 * buf.h - bytes that grow up to a limit the caller gives.
 *
 * Appending is sticky: after a failed allocation or past the limit, `bad` is set, nothing more
 * is stored, and buf_ok() says so once at the end.
 */
#ifndef BUF_H
#define BUF_H

#include <stdint.h>

#include "err.h"
#include "rd.h"

struct buf {
	uint8_t *p; /* owned; always followed by a NUL byte that is not counted, once not NULL */
	size_t len, cap, max;
	bool bad;  /* memory ran out, or: */
	bool full; /* more than max was asked for */
};

#define BUF_INIT(limit) ((struct buf) { .max = (limit) })

void buf_done(struct buf *b); /* for AUTO(buf_done) */
void buf_add(struct buf *b, const void *p, size_t n);
void buf_add_str(struct buf *b, const char *s);
void buf_add_u32le(struct buf *b, uint32_t v);
void buf_add_u64le(struct buf *b, uint64_t v);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Fails with ERR_NO_MEMORY, or ERR_FORMAT "... is larger than N bytes" when past the limit. */
bool buf_ok(const struct buf *b, const char *what, struct err *err) MUST_CHECK;

static inline struct slice buf_slice(const struct buf *b)
{
	return (struct slice) { b->p, b->len };
}

/* As a C string; "" when empty. */
static inline const char *buf_str(const struct buf *b)
{
	return b->p ? (const char *)b->p : "";
}

#endif
