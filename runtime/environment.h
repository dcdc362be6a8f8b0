/* SPDX-License-Identifier: MIT */
/*
 * environment.h - the environment of a step on Windows: what programs need, from the system's own
 * settings; nothing of what this process was started with.
 */
#ifndef ENVIRONMENT_H
#define ENVIRONMENT_H

#include <wchar.h>

#include "err.h"

/*
 * The block as CreateProcessW() takes it, owned.  @temp: the directory for TEMP and TMP.  @extra:
 * "NAME=value", NULL-terminated, instead of what stands there already, or NULL.  NULL on failure.
 */
wchar_t *environment_block(const char *temp, char *const *extra, struct err *err) MUST_CHECK;

#endif
