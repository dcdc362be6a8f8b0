/* SPDX-License-Identifier: MIT */
/* err.c - see err.h.  Nothing here allocates. */
#include "err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	int status;
	const char *word;
} kinds[] = {
#define X(name, status, word) [name] = { status, word },
	ERR_CODES(X)
#undef X
};

int err_status(enum err_code code)
{
	return kinds[code].status;
}

const char *err_reason(enum err_code code)
{
	return kinds[code].word;
}

bool err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
	if (!e)
		return false;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	e->code = code;
	return false;
}

bool err_wrap(struct err *e, const char *fmt, ...)
{
	if (!e)
		return false;
	char prefix[sizeof(e->msg)];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(prefix, sizeof(prefix) - 2, fmt, ap);
	va_end(ap);
	if (n < 0)
		return false;
	size_t used = (size_t)n < sizeof(prefix) - 2 ? (size_t)n : sizeof(prefix) - 3;
	prefix[used++] = ':';
	prefix[used++] = ' ';
	size_t keep = strlen(e->msg);
	if (keep > sizeof(e->msg) - 1 - used)
		keep = sizeof(e->msg) - 1 - used; /* a long message loses its end, not its kind */
	memmove(e->msg + used, e->msg, keep);
	memcpy(e->msg, prefix, used);
	e->msg[used + keep] = '\0';
	return false;
}

bool err_no_memory(struct err *e)
{
	return err_set(e, ERR_NO_MEMORY, "out of memory");
}
