/* SPDX-License-Identifier: MIT */
/* buf.c - see buf.h. */
#include "buf.h"

#include <stdarg.h>

void buf_done(struct buf *b)
{
	free(b->p);
	*b = (struct buf) { .max = b->max };
}

static bool buf_reserve(struct buf *b, size_t n)
{
	if (n > b->max - b->len)
		b->full = b->bad = true;
	if (b->bad)
		return false;
	size_t need = b->len + n + 1; /* the NUL byte */
	if (need <= b->cap)
		return true;
	size_t cap = b->cap ? b->cap : 256;
	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : cap * 2;
	uint8_t *p = realloc(b->p, cap);
	if (!p) {
		b->bad = true;
		return false;
	}
	b->p = p;
	b->cap = cap;
	return true;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	if (!buf_reserve(b, n))
		return;
	if (n)
		memcpy(b->p + b->len, p, n);
	b->len += n;
	b->p[b->len] = '\0';
}

void buf_add_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

static void buf_add_uint_le(struct buf *b, uint64_t v, size_t bytes)
{
	uint8_t le[8];
	for (size_t i = 0; i < bytes; i++)
		le[i] = (uint8_t)(v >> (8 * i));
	buf_add(b, le, bytes);
}

void buf_add_u32le(struct buf *b, uint32_t v)
{
	buf_add_uint_le(b, v, 4);
}

void buf_add_u64le(struct buf *b, uint64_t v)
{
	buf_add_uint_le(b, v, 8);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || !buf_reserve(b, (size_t)n)) {
		b->bad = true;
		return;
	}
	va_start(ap, fmt);
	vsnprintf((char *)b->p + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

bool buf_ok(const struct buf *b, const char *what, struct err *err)
{
	if (!b->bad)
		return true;
	if (b->full)
		return err_set(err, ERR_FORMAT, "%s is larger than %zu bytes", what, b->max);
	return err_no_memory(err);
}
