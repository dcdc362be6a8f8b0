/* SPDX-License-Identifier: MIT */
/*
 * sidecar.h - the bundle that lies beside this program: NAME.ibb beside NAME.exe or NAME.run.
 *
 * For bundles too large for one executable.  It is looked for only when nothing was appended to
 * this program, and is verified as any other.
 */
#ifndef SIDECAR_H
#define SIDECAR_H

#include "platform.h"

/* "NAME.ibb" for a program "NAME.exe", "NAME.run" or "NAME".  False when it is too long. */
bool sidecar_name(const char *program, char out[PLATFORM_PATH_MAX]) MUST_CHECK;

/* "NAME.N.ibb", volume @number, from 2 on, of the bundle NAME.run, NAME.exe, NAME.ibb or NAME. */
bool sidecar_volume(const char *first, unsigned number, char out[PLATFORM_PATH_MAX]) MUST_CHECK;

/* The path of what is there; ERR_NO when nothing is. */
bool sidecar_find(char out[PLATFORM_PATH_MAX], struct err *err) MUST_CHECK;

#endif
