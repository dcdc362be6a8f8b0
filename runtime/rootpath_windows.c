/* SPDX-License-Identifier: MIT */
/* rootpath_windows.c - see rootpath.h.  The one root there is on Windows is the machine's own. */
#include "rootpath.h"

#include <string.h>

bool rootpath(const char *root, const char *path, char out[PLATFORM_PATH_MAX], struct err *err)
{
	size_t len = strlen(path);
	if (root[0])
		return err_set(err, ERR_USAGE, "there is no image root on Windows");
	if (len >= PLATFORM_PATH_MAX)
		return err_set(err, ERR_SYSTEM, "path is too long: '%.200s...'", path);
	memmove(out, path, len + 1);
	return true;
}

bool rootpath_open(const char *given, char out[PLATFORM_PATH_MAX] UNUSED, struct err *err)
{
	return err_set(err, ERR_USAGE,
		       "'--root %s' is not for Windows: an image of Windows is serviced offline: "
		       "extract the package and add its drivers with DISM",
		       given);
}
