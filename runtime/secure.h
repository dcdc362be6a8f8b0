/* SPDX-License-Identifier: MIT */
/*
 * secure.h - files and directories of Windows that are the administrators' own.
 *
 * Every user may make directories in ProgramData, so what is found there need not be ours: it is
 * opened itself, never through a link, and its owner and access list are read from that handle
 * (acl.h decides).  Wine knows Unix owners only: there the user who runs counts as Administrators.
 */
#ifndef SECURE_H
#define SECURE_H

#include <wchar.h>

#include "err.h"

/* What others than SYSTEM and Administrators may do. */
enum secure_others { SECURE_READ, SECURE_NOTHING };

enum secure_kind { SECURE_FILE, SECURE_DIRECTORY, SECURE_ANY };

/* CreateDirectoryW(), owned by Administrators and with a list that inherits nothing. */
bool secure_make_dir(const wchar_t *path, enum secure_others others);

/* CreateFileW() to read and write, shared for that; made with such a list if it is not there. */
void *secure_open_file(const wchar_t *path, enum secure_others others);

/*
 * A file or directory, no link of any sort, that nobody but the administrators can change.
 * @shown is @path for the message, which says what is wrong and what to do.
 */
bool secure_check(const wchar_t *path, enum secure_kind kind, const char *shown, struct err *err)
	MUST_CHECK;

#endif
