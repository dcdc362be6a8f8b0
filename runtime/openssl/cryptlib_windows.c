/* SPDX-License-Identifier: MIT */
/*
 * cryptlib_windows.c - how libcrypto gives up on Windows: with a line on stderr.
 *
 * Stands in for OpenSSL's crypto/cryptlib.c, which shows message boxes and writes to the event log,
 * and so links user32.dll.  These are all the functions of that file.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "crypto/cryptlib.h"

int OPENSSL_isservice(void)
{
	return 1; /* nobody there to answer a dialog */
}

void OPENSSL_showfatal(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
}

void OPENSSL_die(const char *message, const char *file, int line)
{
	OPENSSL_showfatal("%s:%d: OpenSSL internal error: %s\n", file, line, message);
	_Exit(3); /* not abort(), which may show a dialog */
}
