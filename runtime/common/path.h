/* SPDX-License-Identifier: MIT */
/* path.h - names that come from outside. */
#ifndef PATH_H
#define PATH_H

#include <stdbool.h>

#include "rd.h"

#define PATH_SAFE_MAX 1024 /* bytes */

/*
 * A relative path of plain components that means the same on every system and can't leave the
 * directory it is used in: valid UTF-8, no empty, "." or ".." component, no control character,
 * no backslash or colon, no component that ends in a dot or a space or is a Windows device name.
 */
bool path_is_safe(struct slice path);

/* A package or bundle name: [a-z0-9][a-z0-9.+_-]*, at most 128 bytes, and path_is_safe. */
bool name_is_safe(const char *name);

#endif
