/* SPDX-License-Identifier: MIT */
/* process.c - see process.h. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "interrupt.h"

#define CHUNK 65536
#define POLL_MS 200

static uint64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static bool start(const char *const *argv, int out, bool errors, pid_t *pid, struct err *err)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	sigemptyset(&none);
	if (posix_spawn_file_actions_init(&actions) != 0)
		return err_no_memory(err);
	if (posix_spawnattr_init(&attributes) != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return err_no_memory(err);
	}
	int e = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	if (!e)
		e = posix_spawn_file_actions_adddup2(&actions, out, 1);
	if (!e && errors)
		e = posix_spawn_file_actions_adddup2(&actions, out, 2);
	if (!e && !errors)
		e = posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	if (!e)
		e = posix_spawnattr_setsigmask(&attributes, &none);
	if (!e)
		e = posix_spawnattr_setflags(&attributes,
					     POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
	if (!e) /* the interface predates const: the strings are not changed */
		e = posix_spawn(pid, argv[0], &actions, &attributes, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	if (e)
		return err_set(err, ERR_SYSTEM, "cannot run '%s': %s", argv[0], strerror(e));
	return true;
}

/* Read until the other end is closed. */
static bool drain(int fd, const char *name, unsigned seconds, struct buf *out, struct err *err)
{
	uint64_t end = now_ms() + (uint64_t)seconds * 1000;
	AUTO(auto_free) uint8_t *chunk = malloc(CHUNK);
	if (!chunk)
		return err_no_memory(err);
	for (;;) {
		if (!interrupt_check(err))
			return false;
		if (now_ms() >= end)
			return err_set(err, ERR_TIMEOUT, "'%s' took longer than %u seconds", name,
				       seconds);
		struct pollfd p = { .fd = fd, .events = POLLIN };
		if (poll(&p, 1, POLL_MS) <= 0)
			continue;
		ssize_t n = read(fd, chunk, CHUNK);
		if (n == 0)
			return true;
		if (n < 0 && errno != EINTR)
			return err_set(err, ERR_SYSTEM, "cannot read from '%s': %s", name,
				       strerror(errno));
		if (n > 0)
			buf_add(out, chunk, (size_t)n);
		if (!buf_ok(out, "what it prints", err))
			return err_wrap(err, "'%s'", name);
	}
}

static bool run(const char *const *argv, unsigned seconds, bool errors, struct buf *out,
		int *status, struct err *err)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) != 0)
		return err_set(err, ERR_SYSTEM, "cannot make a pipe: %s", strerror(errno));
	AUTO(auto_close) int from = ends[0];
	AUTO(auto_close) int to = ends[1];
	pid_t pid;
	if (!start(argv, to, errors, &pid, err))
		return false;
	close(to);
	to = -1;
	bool ok = drain(from, argv[0], seconds, out, err);
	if (!ok)
		kill(-pid, SIGKILL);
	int wait_status = 0;
	while (waitpid(pid, &wait_status, 0) < 0 && errno == EINTR)
		;
	if (!ok)
		return false;
	if (!WIFEXITED(wait_status))
		return err_set(err, ERR_SYSTEM, "'%s' was ended by a signal", argv[0]);
	*status = WEXITSTATUS(wait_status);
	return true;
}

bool process_capture(const char *const *argv, unsigned seconds, struct buf *out, int *status,
		     struct err *err)
{
	return run(argv, seconds, false, out, status, err);
}

bool process_run(const char *const *argv, unsigned seconds, struct buf *out, int *status,
		 struct err *err)
{
	return run(argv, seconds, true, out, status, err);
}
