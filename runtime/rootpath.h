/* SPDX-License-Identifier: MIT */
/*
 * rootpath.h - a path inside an image root, as a path of this machine.
 *
 * Links in the root mean what they mean inside it: "/etc/os-release" that points to
 * "/usr/lib/os-release" leads to DIR/usr/lib/os-release, and no link leads out of DIR.
 */
#ifndef ROOTPATH_H
#define ROOTPATH_H

#include "platform.h"

/*
 * @root is "" for this machine's own root, else an absolute path without a final slash.  @path is
 * absolute.  What does not exist is taken literally.  Fails on a loop of links or a path too long.
 */
bool rootpath(const char *root, const char *path, char out[PLATFORM_PATH_MAX], struct err *err)
	MUST_CHECK;

/* --root as given -> absolute and real, "" for "/"; it must be a directory. */
bool rootpath_open(const char *given, char out[PLATFORM_PATH_MAX], struct err *err) MUST_CHECK;

#endif
