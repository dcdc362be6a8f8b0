/* SPDX-License-Identifier: MIT */
/* texts.h - a heap of small strings that live and die together. */
#ifndef TEXTS_H
#define TEXTS_H

#include "err.h"
#include "rd.h"

struct texts {
	char **p; /* owned, and every string in it */
	size_t count, cap;
	bool bad; /* sticky: memory ran out */
};

void texts_done(struct texts *t); /* accepts a zeroed struct; for AUTO() */

/* A NUL-terminated copy; "" when memory ran out (t->bad says so once at the end). */
const char *texts_add(struct texts *t, struct slice s);
const char *texts_printf(struct texts *t, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
