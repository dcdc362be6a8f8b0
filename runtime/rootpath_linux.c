/* SPDX-License-Identifier: MIT */
/* rootpath_linux.c - see rootpath.h.  openat2(RESOLVE_IN_ROOT) would do it, but is newer than 3.10. */
#include "rootpath.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as the kernel's own limit */

static bool too_long(const char *path, struct err *err)
{
	return err_set(err, ERR_SYSTEM, "path is too long: '%.200s...'", path);
}

/* Append "/name" to @out, or climb for "..": never above @floor bytes. */
static bool step(char out[PLATFORM_PATH_MAX], size_t floor, const char *name, size_t len,
		 struct err *err)
{
	size_t used = strlen(out);
	if (len == 2 && name[0] == '.' && name[1] == '.') {
		while (used > floor && out[used - 1] != '/')
			used--;
		out[used > floor ? used - 1 : floor] = '\0';
		return true;
	}
	if (used + 1 + len >= PLATFORM_PATH_MAX)
		return too_long(out, err);
	out[used] = '/';
	memcpy(out + used + 1, name, len);
	out[used + 1 + len] = '\0';
	return true;
}

/* Put the target of the link @out in front of @rest, and take the link's own name off @out. */
static bool follow(char out[PLATFORM_PATH_MAX], size_t floor, char rest[PLATFORM_PATH_MAX],
		   struct err *err)
{
	char target[PLATFORM_PATH_MAX], joined[PLATFORM_PATH_MAX];
	ssize_t n = readlink(out, target, sizeof(target) - 1);
	if (n < 0)
		return err_set(err, ERR_SYSTEM, "cannot read link '%s': %s", out, strerror(errno));
	target[n] = '\0';
	size_t tail = strlen(rest);
	if ((size_t)n + 1 + tail >= sizeof(joined))
		return too_long(target, err);
	memcpy(joined, target, (size_t)n);
	joined[n] = '/';
	memcpy(joined + n + 1, rest, tail + 1);
	memcpy(rest, joined, (size_t)n + 1 + tail + 1);
	if (target[0] == '/')
		out[floor] = '\0';
	else if (!step(out, floor, "..", 2, err))
		return false;
	return true;
}

bool rootpath(const char *root, const char *path, char out[PLATFORM_PATH_MAX], struct err *err)
{
	size_t floor = strlen(root);
	char built[PLATFORM_PATH_MAX], rest[PLATFORM_PATH_MAX];
	if (floor + strlen(path) >= sizeof(built))
		return too_long(path, err);
	memcpy(built, root, floor + 1);
	memcpy(rest, path, strlen(path) + 1);
	if (!floor) { /* the kernel resolves this machine's own links */
		memcpy(out, rest, strlen(rest) + 1);
		return true;
	}
	for (unsigned links = 0; rest[0];) {
		size_t skip = strspn(rest, "/");
		size_t len = strcspn(rest + skip, "/");
		char name[PLATFORM_PATH_MAX];
		memcpy(name, rest + skip, len);
		memmove(rest, rest + skip + len, strlen(rest + skip + len) + 1);
		if (!len || (len == 1 && name[0] == '.'))
			continue;
		if (!step(built, floor, name, len, err))
			return false;
		struct stat st;
		if (lstat(built, &st) || !S_ISLNK(st.st_mode))
			continue;
		if (++links > LINKS_MAX)
			return err_set(err, ERR_SYSTEM, "too many links in '%s%s'", root, path);
		if (!follow(built, floor, rest, err))
			return false;
	}
	memcpy(out, built, strlen(built) + 1);
	return true;
}

bool rootpath_open(const char *given, char out[PLATFORM_PATH_MAX], struct err *err)
{
	AUTO(auto_free) char *real = realpath(given, NULL);
	struct stat st;
	if (!real || stat(real, &st))
		return err_set(err, ERR_SYSTEM, "cannot open root '%s': %s", given,
			       strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return err_set(err, ERR_USAGE,
			       "'%s' is not a directory: --root wants an image root", given);
	if (strlen(real) >= PLATFORM_PATH_MAX / 2)
		return too_long(real, err);
	memcpy(out, real, strlen(real) + 1);
	if (strcmp(out, "/") == 0)
		out[0] = '\0';
	return true;
}
