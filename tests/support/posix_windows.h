/* SPDX-License-Identifier: MIT */
/* posix_windows.h - the few POSIX calls that unit tests make and mingw-w64 lacks; included in every file. */
#ifndef POSIX_WINDOWS_H
#define POSIX_WINDOWS_H

#include <direct.h>
#include <io.h>

/* The name need only be free: tests are not attacked. */
static inline char *mkdtemp(char *name)
{
	return _mktemp(name) && _mkdir(name) == 0 ? name : NULL;
}

#endif
