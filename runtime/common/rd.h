/* SPDX-License-Identifier: MIT */
/*
 * rd.h - a bounded, sticky reader over bytes from outside.
 *
 * After the first short read everything yields zero, so a parser lists its fields as the
 * specification does and checks rd_end() once.  All integers in a bundle are little-endian.
 * This is the only place with pointer arithmetic over untrusted bytes.
 */
#ifndef RD_H
#define RD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes somewhere else: borrows, never owns. */
struct slice {
	const uint8_t *p;
	size_t len;
};

struct rd {
	const uint8_t *p;
	size_t left;
	bool bad;
};

static inline struct rd rd_new(struct slice s)
{
	return (struct rd) { s.p, s.len, false };
}

static inline struct slice rd_take(struct rd *r, uint64_t n)
{
	if (r->bad || n > r->left) {
		r->bad = true;
		return (struct slice) { 0 };
	}
	struct slice s = { r->p, (size_t)n };
	if (n) {
		r->p += n;
		r->left -= (size_t)n;
	}
	return s;
}

static inline uint64_t rd_uint_le(struct rd *r, size_t bytes)
{
	struct slice s = rd_take(r, bytes);
	uint64_t v = 0;
	for (size_t i = s.len; i > 0; i--)
		v = v << 8 | s.p[i - 1];
	return v;
}

static inline uint16_t rd_u16le(struct rd *r)
{
	return (uint16_t)rd_uint_le(r, 2);
}

static inline uint32_t rd_u32le(struct rd *r)
{
	return (uint32_t)rd_uint_le(r, 4);
}

static inline uint64_t rd_u64le(struct rd *r)
{
	return rd_uint_le(r, 8);
}

/* Copy @n bytes; zeroes when there are not that many. */
static inline void rd_copy(struct rd *r, void *out, size_t n)
{
	struct slice s = rd_take(r, n);
	if (s.len)
		memcpy(out, s.p, s.len);
	else
		memset(out, 0, n);
}

/* True when everything was there and nothing is left. */
static inline bool rd_end(const struct rd *r)
{
	return !r->bad && r->left == 0;
}

static inline struct slice slice_str(const char *s)
{
	return (struct slice) { (const uint8_t *)s, strlen(s) };
}

static inline bool slice_equal(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

/* Bytes @from up to and without @to; what lies outside of @s is left out. */
static inline struct slice slice_part(struct slice s, size_t from, size_t to)
{
	to = to < s.len ? to : s.len;
	return from < to ? (struct slice) { s.p + from, to - from } : (struct slice) { 0 };
}

static inline bool slice_is_zero(struct slice s)
{
	uint8_t any = 0;
	for (size_t i = 0; i < s.len; i++)
		any |= s.p[i];
	return any == 0;
}

#endif
