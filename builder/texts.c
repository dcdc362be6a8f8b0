/* SPDX-License-Identifier: MIT */
/* texts.c - see texts.h. */
#include "texts.h"

#include <stdarg.h>
#include <stdlib.h>

void texts_done(struct texts *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->p[i]);
	free(t->p);
	*t = (struct texts) { 0 };
}

/* Takes over @s, which may be NULL. */
static const char *keep(struct texts *t, char *s)
{
	if (s && t->count == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 64;
		char **p = realloc(t->p, cap * sizeof(*p));
		if (p) {
			t->p = p;
			t->cap = cap;
		} else {
			free(s);
			s = NULL;
		}
	}
	if (!s) {
		t->bad = true;
		return "";
	}
	t->p[t->count++] = s;
	return s;
}

const char *texts_add(struct texts *t, struct slice s)
{
	if (!s.len)
		return "";
	return keep(t, strndup((const char *)s.p, s.len));
}

const char *texts_printf(struct texts *t, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *s = NULL;
	int n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return keep(t, n < 0 ? NULL : s);
}
