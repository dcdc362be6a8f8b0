/* SPDX-License-Identifier: MIT */
/*
 * wide.h - what every file for Windows needs: between UTF-8, which this program speaks, and
 * UTF-16, which Windows does; errors in words; functions of DLLs that are not linked.
 */
#ifndef WIDE_H
#define WIDE_H

#include <stdint.h>
#include <wchar.h>

#include "err.h"

/* Owned copies; NULL on failure.  Text that is not UTF-8 is ERR_FORMAT. */
wchar_t *wide_text(const char *utf8, struct err *err);
/* Unpaired surrogates become U+FFFD. */
char *wide_utf8(const wchar_t *text, struct err *err);

/*
 * A path as Windows opens it whatever its length: absolute, with backslashes, "\\?\" in front.
 * Relative ones are of the current directory.  Refused (ERR_USAGE): device paths and "\\?\" itself
 * in another form, alternate streams, an empty path.  NULL on failure.
 */
wchar_t *wide_path(const char *path, struct err *err);

void wide_free(wchar_t **text); /* for AUTO() */
void wide_close(void **handle); /* for AUTO(): a HANDLE; NULL and INVALID_HANDLE_VALUE are none */

/*
 * Fails with the message, ": " and the words for @error (a GetLastError() code) with its number.
 * The kind is chosen by the code: not found ERR_NO only if @missing says so, no space ERR_NO_SPACE,
 * no memory ERR_NO_MEMORY, else ERR_SYSTEM.  Returns false.
 */
bool wide_failed(struct err *err, uint32_t error, bool missing, const char *fmt, ...)
	PRINTF_LIKE(4, 5);

/*
 * What another program that has the file open for a moment (a scanner) makes fail may be tried
 * again: waits a little and counts in *@tries, or returns false at once when @error is no such case
 * or a second has passed.
 */
bool wide_try_again(uint32_t error, unsigned *tries);

/* Between Windows' time (100 ns since 1601) and seconds since 1970. */
int64_t wide_seconds(uint64_t filetime);
uint64_t wide_filetime(int64_t seconds);

/* @count letters and digits that nobody can foretell. */
bool wide_random_name(wchar_t *out, size_t count, struct err *err) MUST_CHECK;

/*
 * A function of a DLL in System32, or NULL.  Nothing is ever loaded from elsewhere, and the DLL
 * stays loaded.  The caller casts it.
 */
void (*wide_function(const wchar_t *dll, const char *name))(void);

/* "C:\Windows\System32\NAME", owned; NULL on failure. */
char *wide_system32(const char *name, struct err *err);

#endif
