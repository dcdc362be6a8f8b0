/* SPDX-License-Identifier: MIT */
/* process_tree_linux.c - see process_tree.h. */
#include "process_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform.h"

#define PROCESSES_MAX 65536
#define KILL_PATIENCE_MS 5000 /* for what sits in the kernel */

struct process {
	pid_t pid, parent;
};

/* "PID (NAME) STATE PPID ...": the name may hold anything, so look behind its last ')'. */
static bool read_parent(int proc, const char *pid, pid_t *parent)
{
	char path[64], stat[512];
	snprintf(path, sizeof(path), "%.20s/stat", pid);
	int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t n = read(fd, stat, sizeof(stat) - 1);
	close(fd);
	if (n <= 0)
		return false;
	stat[n] = '\0';
	const char *p = strrchr(stat, ')');
	if (!p || p[1] != ' ' || !p[2] || p[2] == 'Z')
		return false; /* a zombie is not living */
	long value = strtol(p + 3, NULL, 10);
	*parent = (pid_t)value;
	return true;
}

static size_t read_processes(int proc, struct process *out, size_t max)
{
	int fd = openat(proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	size_t n = 0;
	for (const struct dirent *e; n < max && (e = readdir(d));) {
		char *end;
		long pid = strtol(e->d_name, &end, 10);
		if (pid <= 0 || *end || !read_parent(proc, e->d_name, &out[n].parent))
			continue;
		out[n++].pid = (pid_t)pid;
	}
	closedir(d);
	return n;
}

static bool holds(const struct process_tree *t, pid_t pid)
{
	for (size_t i = 0; t && i < t->count; i++)
		if (t->pids[i] == pid)
			return true;
	return false;
}

void process_tree_read(int proc, struct process_tree *out)
{
	out->count = 0;
	AUTO(auto_free) struct process *all = malloc(PROCESSES_MAX * sizeof(*all));
	size_t n = all ? read_processes(proc, all, PROCESSES_MAX) : 0;
	pid_t self = getpid();
	/* A parent may stand behind its child in the list: repeat until nothing is added. */
	for (bool added = true; added;) {
		added = false;
		for (size_t i = 0; i < n && out->count < PROCESS_TREE_MAX; i++)
			if ((all[i].parent == self || holds(out, all[i].parent)) &&
			    !holds(out, all[i].pid)) {
				out->pids[out->count++] = all[i].pid;
				added = true;
			}
	}
}

static size_t signal_tree(int proc, const struct process_tree *spare, int sig)
{
	struct process_tree now;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	process_tree_read(proc, &now);
	size_t found = 0;
	for (size_t i = 0; i < now.count; i++)
		if (!holds(spare, now.pids[i])) {
			if (sig)
				kill(now.pids[i], sig);
			found++;
		}
	return found;
}

size_t process_tree_end(int proc, const struct process_tree *spare, unsigned grace_ms)
{
	size_t first = signal_tree(proc, spare, SIGTERM);
	uint64_t start = platform_monotonic();
	while (signal_tree(proc, spare, 0) && platform_monotonic() - start < grace_ms)
		platform_sleep(20);
	start = platform_monotonic();
	while (signal_tree(proc, spare, SIGKILL) && platform_monotonic() - start < KILL_PATIENCE_MS)
		platform_sleep(20);
	return first;
}
