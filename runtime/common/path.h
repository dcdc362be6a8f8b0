/* SPDX-License-Identifier: MIT */
/* path.h - names that come from outside. */
#ifndef PATH_H
#define PATH_H

#include <stdbool.h>

#include "rd.h"

#define PATH_SAFE_MAX 1024     /* bytes */
#define PATH_COMPONENT_MAX 255 /* bytes of one component */

/*
 * A relative path of plain components that means the same on every system and can't leave the
 * directory it is used in: valid UTF-8, no empty, "." or ".." component, no control character,
 * none of \ : * ? " < > |, no component that ends in a dot or a space or is a Windows device name
 * (with any extension: "aux.h" is a device there).
 */
bool path_is_safe(struct slice path);

/*
 * Where a symlink at the safe path @link may point: any number of leading ".." that stay inside
 * the tree, then safe components; not absolute.  A ".." after a name is refused, since the name
 * may be another symlink: this way no chain of links can lead outside.
 */
bool path_target_is_safe(struct slice link, struct slice target);

/* A package or bundle name: [a-z0-9][a-z0-9.+_-]*, at most 128 bytes, and path_is_safe. */
bool name_is_safe(const char *name);

#endif
