/* SPDX-License-Identifier: MIT */
/*
 * figures.c - run a command, and write what it and all that it started took to descriptor 3.
 *
 *   figures COMMAND [ARGUMENT...]        as JSON: wall, cpu (seconds), peak, disk, calls (bytes), status
 *
 * A program of its own, since the kernel counts the memory of who starts a program as that program's.
 * /proc/PID/io is read while the command is a zombie: then its threads and children are in it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* -1 each where the system does not tell. */
static void read_io(pid_t pid, int64_t *disk, int64_t *calls)
{
	char path[64], line[128];
	snprintf(path, sizeof(path), "/proc/%d/io", (int)pid);
	*disk = *calls = -1;
	FILE *f = fopen(path, "r");
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		sscanf(line, "rchar: %" SCNd64, calls);
		sscanf(line, "read_bytes: %" SCNd64, disk);
	}
	fclose(f);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	double start = now();
	pid_t pid = fork();
	if (pid < 0)
		return 2;
	if (pid == 0) {
		close(3);
		execvp(argv[1], argv + 1);
		fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
		_exit(127);
	}
	siginfo_t info;
	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) != 0)
		return 2;
	double wall = now() - start;
	int64_t disk, calls;
	read_io(pid, &disk, &calls);
	struct rusage usage;
	int status;
	if (wait4(pid, &status, 0, &usage) != pid)
		return 2;
	dprintf(3,
		"{\"wall\": %.6f, \"cpu\": %.6f, \"peak\": %" PRId64 ", \"disk\": %" PRId64
		", \"calls\": %" PRId64 ", \"status\": %d}\n",
		wall, seconds(usage.ru_utime) + seconds(usage.ru_stime),
		(int64_t)usage.ru_maxrss * 1024, disk, calls,
		WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return 0;
}
