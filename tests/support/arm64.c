/* SPDX-License-Identifier: MIT */
/*
 * arm64.c - run a command where the kernel starts aarch64 programs, by way of qemu:
 *
 *   arm64 COMMAND [ARG...]
 *
 * Where the machine itself does so already (Debian's qemu-user-static registers it), the command is
 * just run.  Else the machine's own table of formats (binfmt_misc) stays as it is: since Linux 6.7 a
 * user namespace has one of its own.  The command is root in a user namespace, in which users are
 * numbered as outside, and in a mount namespace.  It can't make devices.  Needs root, and
 * qemu-aarch64-static.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#define FORMATS "/proc/sys/fs/binfmt_misc"

/*
 * Programs by the ELF header's class, byte order, type (fixed or movable) and machine.  F: qemu is
 * opened now, so that a chroot needs no copy of it.
 */
static const char aarch64[] =
	":aarch64:M::"
	"\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\xb7\\x00:"
	"\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff"
	"\\xff\\xff:/usr/bin/qemu-aarch64-static:F";

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "arm64: %s: %s\n", what, strerror(errno));
	exit(126);
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), path);
	close(fd);
}

static void map_users(pid_t pid)
{
	static const char *const maps[] = { "uid_map", "gid_map" };
	char path[64];
	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, maps[i]);
		put(path, "0 0 65536");
	}
}

/* One byte from one process to the other; false when the other one ended. */
static bool hear(int fd)
{
	char byte;
	return read(fd, &byte, 1) == 1;
}

static void say(int fd)
{
	must(write(fd, "", 1) == 1, "pipe");
}

int main(int argc, char **argv)
{
	int up[2], down[2], status;
	if (argc < 2) {
		fprintf(stderr, "usage: arm64 COMMAND [ARG...]\n");
		return 2;
	}
	if (access(FORMATS "/qemu-aarch64", F_OK) == 0) {
		execvp(argv[1], argv + 1);
		must(false, argv[1]);
	}
	must(pipe2(up, O_CLOEXEC) == 0 && pipe2(down, O_CLOEXEC) == 0, "pipe");
	pid_t helper = fork();
	must(helper >= 0, "fork");
	if (helper == 0) {
		close(up[1]);
		if (!hear(up[0]))
			_exit(126);
		map_users(getppid());
		say(down[1]);
		_exit(0);
	}
	must(unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0, "a user namespace");
	close(down[1]);
	say(up[1]);
	must(hear(down[0]), "mapping users");
	must(waitpid(helper, &status, 0) == helper, "wait");
	must(mount("binfmt_misc", FORMATS, "binfmt_misc", 0, NULL) == 0,
	     "mounting " FORMATS " (this needs Linux 6.7)");
	put(FORMATS "/register", aarch64);
	execvp(argv[1], argv + 1);
	must(false, argv[1]);
	return 126;
}
