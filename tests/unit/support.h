/* SPDX-License-Identifier: MIT */
/* support.h - what unit tests share: cmocka, a directory of their own, errors that say why. */
#ifndef SUPPORT_H
#define SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "err.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

/* The call must succeed; else the test fails with its message.  Needs a local `struct err err`. */
#define assert_ok(call)                                                                            \
	do {                                                                                       \
		if (!(call))                                                                       \
			fail_msg("%s: %s", #call, err.msg);                                        \
	} while (0)

/* The call must fail with @wanted and a message that contains @text. */
#define assert_fails(call, wanted, text)                                                           \
	do {                                                                                       \
		memset(&err, 0, sizeof(err));                                                      \
		if (call)                                                                          \
			fail_msg("%s succeeded", #call);                                           \
		if (err.code != (wanted) || !strstr(err.msg, text))                                \
			fail_msg("%s: kind %d, '%s'", #call, (int)err.code, err.msg);              \
	} while (0)

#ifndef _WIN32
/* A fresh directory in *state, entered; for cmocka's setup and teardown. */
static inline int enter_temp_dir(void **state)
{
	const char *base = getenv("TMPDIR");
	size_t size = strlen(base ? base : "/tmp") + sizeof("/ibbundle-test.XXXXXX");
	char *dir = malloc(size);
	if (!dir)
		return -1;
	snprintf(dir, size, "%s/ibbundle-test.XXXXXX", base ? base : "/tmp");
	if (!mkdtemp(dir) || chdir(dir) != 0)
		return -1;
	*state = dir;
	return 0;
}

static inline int leave_temp_dir(void **state)
{
	char command[4096];
	char *dir = *state;
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	free(dir);
	if (chdir("/") != 0)
		return -1;
	FILE *rm = popen(command, "r"); /* NOLINT: a name that mkdtemp made */
	return rm && pclose(rm) == 0 ? 0 : -1;
}
#endif

static inline void write_file(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

/* The whole of a small file as a string; "" when it is not there.  Valid until the next call. */
static inline const char *read_text(const char *path)
{
	static char text[65536];
	text[0] = '\0';
	FILE *f = fopen(path, "rb");
	if (f) {
		text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
		fclose(f);
	}
	return text;
}

/* A 64-bit number as it stands in a bundle. */
static inline void put_u64le(uint8_t *at, uint64_t v)
{
	for (size_t i = 0; i < sizeof(v); i++)
		at[i] = (uint8_t)(v >> (8 * i));
}

/* @text with its one and only @from replaced by @to; the caller frees it.  For tables of mutations. */
static inline char *replace_once(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	if (!at || strstr(at + 1, from))
		fail_msg("'%s' does not stand exactly once in the text", from);
	size_t size = strlen(text) + strlen(to) + 1;
	char *out = malloc(size);
	assert_non_null(out);
	snprintf(out, size, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	return out;
}

#endif
