/* SPDX-License-Identifier: MIT */
/*
 * runner_root_linux.c - see runner_root.h.
 *
 * Its mount namespace is its own, so nothing it mounts is seen by the host or outlives it; and
 * after chroot() all that steps write, dpkg's log included, goes into the root.  Steps see neither
 * this machine's /sys nor its name.
 */
#include "runner_root.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rootpath.h"

/* What programs of an image may write down as the name of the machine. */
#define HOST_NAME "localhost"

static bool is_dir(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Maintainer scripts redirect to /dev/null: a root without devices gets the harmless ones. */
static bool mount_devices(const char *dev)
{
	static const char *const nodes[] = { "null", "zero", "full", "random", "urandom", "tty" };
	char path[PLATFORM_PATH_MAX + 16], from[32];
	struct stat st;
	snprintf(path, sizeof(path), "%s/null", dev);
	if (stat(path, &st) == 0 && S_ISCHR(st.st_mode))
		return true;
	if (mount("tmpfs", dev, "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755,size=64k"))
		return false;
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dev, nodes[i]);
		snprintf(from, sizeof(from), "/dev/%s", nodes[i]);
		FILE *f = fopen(path, "we"); /* something to bind on */
		if (f)
			fclose(f);
		if (mount(from, path, NULL, MS_BIND, NULL) && i == 0)
			return false; /* without null there is no point */
	}
	return true;
}

bool runner_root_enter(const char *root, void (*note)(void *ctx, const char *text), void *ctx,
		       struct err *err)
{
	char path[PLATFORM_PATH_MAX];
	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL)) {
		note(ctx, "no mount namespace can be had here: the root gets no /proc");
	} else {
		if (!rootpath(root, "/proc", path, err))
			return false;
		if (!is_dir(path) ||
		    mount("proc", path, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
			note(ctx, "/proc can't be mounted in the root");
		if (!rootpath(root, "/dev", path, err))
			return false;
		if (!is_dir(path) || !mount_devices(path))
			note(ctx, "the root has no /dev/null and can't be given one");
	}
	if (unshare(CLONE_NEWUTS) || sethostname(HOST_NAME, sizeof(HOST_NAME) - 1))
		note(ctx, "programs of the root see this machine's name");
	if (chdir(root) || chroot(".") || chdir("/"))
		return err_set(err, ERR_SYSTEM, "cannot enter root '%s': %s", root,
			       strerror(errno));
	return true;
}
