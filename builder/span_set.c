/* SPDX-License-Identifier: MIT */
/* span_set.c - see span_set.h. */
#include "span_set.h"

#include <string.h>

void span_set_done(struct span_set *s)
{
	free(s->v);
	*s = (struct span_set) { 0 };
}

uint64_t span_set_bytes(const struct span_set *s)
{
	uint64_t n = 0;
	for (size_t i = 0; i < s->count; i++)
		n += s->v[i].to - s->v[i].from;
	return n;
}

static bool grow(struct span_set *s, struct err *err)
{
	if (s->count < s->cap)
		return true;
	size_t cap = s->cap ? s->cap * 2 : 16;
	struct span *v = realloc(s->v, cap * sizeof(*v));
	if (!v)
		return err_no_memory(err);
	s->v = v;
	s->cap = cap;
	return true;
}

/* The first span that ends at or after @at. */
static size_t find(const struct span_set *s, uint64_t at)
{
	size_t low = 0, high = s->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (s->v[middle].to < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool span_set_add(struct span_set *s, struct span x, struct err *err)
{
	if (x.from >= x.to)
		return true;
	size_t first = find(s, x.from), last = first;
	for (; last < s->count && s->v[last].from <= x.to; last++) {
		x.from = s->v[last].from < x.from ? s->v[last].from : x.from;
		x.to = s->v[last].to > x.to ? s->v[last].to : x.to;
	}
	if (first == last && !grow(s, err))
		return false;
	memmove(s->v + first + 1, s->v + last, (s->count - last) * sizeof(*s->v));
	s->count = s->count - (last - first) + 1;
	s->v[first] = x;
	return true;
}

bool span_set_missing(const struct span_set *s, struct span x, struct span *out)
{
	size_t i = find(s, x.from);
	if (i < s->count && s->v[i].from <= x.from && s->v[i].to > x.from)
		x.from = s->v[i++].to;
	else if (i < s->count && s->v[i].to == x.from)
		i++;
	if (x.from >= x.to)
		return false;
	if (i < s->count && s->v[i].from < x.to)
		x.to = s->v[i].from;
	*out = x;
	return true;
}

/* In pieces; one by one, since spans that touch would become one. */
static bool append(struct span_set *out, struct span x, uint64_t max, struct err *err)
{
	while (x.from < x.to) {
		uint64_t n = x.to - x.from < max ? x.to - x.from : max;
		if (!grow(out, err))
			return false;
		out->v[out->count++] = (struct span) { x.from, x.from + n };
		x.from += n;
	}
	return true;
}

bool span_set_plan(const struct span_set *have, const struct span_set *wanted, uint64_t gap,
		   uint64_t waste, uint64_t max, struct span_set *out, struct err *err)
{
	struct span open = { 0, 0 }, next;
	for (size_t i = 0; i < wanted->count; i++) {
		struct span left = wanted->v[i];
		for (; span_set_missing(have, left, &next); left.from = next.to) {
			uint64_t between = next.from - open.to;
			if (open.to && between < gap && between <= waste) {
				waste -= between;
			} else {
				if (!append(out, open, max, err))
					return false;
				open.from = next.from;
			}
			open.to = next.to;
		}
	}
	return append(out, open, max, err);
}
