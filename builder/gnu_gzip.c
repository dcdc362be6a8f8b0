/* SPDX-License-Identifier: MIT */
/* gnu_gzip.c - see gnu_gzip.h. */
#include "gnu_gzip.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file.h"
#include "interrupt.h"

#define PROGRAM "/bin/gzip"
#define CHUNK (64u << 10)
#define POLL_MS 200
/* Around the deflate stream, without a name and a time. */
#define HEADER_SIZE 10
#define TRAILER_SIZE 8

struct pipes {
	pid_t pid;
	int to, from;
	const struct recipe_io *io;
	uint64_t left;        /* of the input */
	size_t pending, sent; /* in @in */
	uint64_t seen;        /* bytes of gzip's output */
	uint64_t at;          /* of ours */
	size_t held;          /* the last bytes seen, which may be the trailer */
	uint8_t in[CHUNK], out[TRAILER_SIZE + CHUNK];
};

static void pipes_free(struct pipes **slot)
{
	struct pipes *p = *slot;
	if (!p)
		return;
	auto_close(&p->to);
	auto_close(&p->from);
	if (p->pid > 0) {
		kill(p->pid, SIGKILL);
		waitpid(p->pid, NULL, 0);
	}
	free(p);
}

static bool start(struct pipes *p, uint32_t level, struct err *err)
{
	char option[] = { '-', 'n', 'c', (char)('0' + level), '\0' };
	char *argv[] = { (char *)(uintptr_t)PROGRAM, option, NULL };
	char *environment[] = { NULL }; /* GZIP would be options */
	int in[2], out[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) != 0)
		return err_set(err, ERR_SYSTEM, "cannot make a socket: %s", strerror(errno));
	p->to = in[0];
	AUTO(auto_close) int in_end = in[1];
	if (pipe2(out, O_CLOEXEC) != 0)
		return err_set(err, ERR_SYSTEM, "cannot make a pipe: %s", strerror(errno));
	p->from = out[0];
	AUTO(auto_close) int out_end = out[1];
	posix_spawn_file_actions_t actions;
	if (posix_spawn_file_actions_init(&actions) != 0)
		return err_no_memory(err);
	int e = posix_spawn_file_actions_adddup2(&actions, in_end, 0);
	if (!e)
		e = posix_spawn_file_actions_adddup2(&actions, out_end, 1);
	if (!e)
		e = posix_spawn(&p->pid, PROGRAM, &actions, NULL, argv, environment);
	posix_spawn_file_actions_destroy(&actions);
	if (e)
		p->pid = 0;
	return !e || err_set(err, ERR_SYSTEM, "cannot run '%s': %s", PROGRAM, strerror(e));
}

static bool send_some(struct pipes *p, struct err *err)
{
	if (p->sent == p->pending) {
		size_t got = 0, n = p->left < CHUNK ? (size_t)p->left : CHUNK;
		if (!p->io->read(p->io->ctx, p->in, n, &got, err))
			return false;
		p->left -= got;
		p->pending = got;
		p->sent = 0;
	}
	ssize_t n = send(p->to, p->in + p->sent, p->pending - p->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return err_set(err, ERR_SYSTEM, "cannot write to '%s': %s", PROGRAM,
			       strerror(errno));
	p->sent += n > 0 ? (size_t)n : 0;
	if (p->left > 0 || p->sent < p->pending)
		return true;
	close(p->to); /* the end of its input */
	p->to = -1;
	return true;
}

/* Pass on what is neither header nor, as far as known, trailer. */
static bool receive_some(struct pipes *p, bool *end, struct err *err)
{
	ssize_t n = read(p->from, p->out + p->held, CHUNK);
	if (n < 0)
		return errno == EINTR || err_set(err, ERR_SYSTEM, "cannot read from '%s': %s",
						 PROGRAM, strerror(errno));
	*end = n == 0;
	size_t have = p->held + (size_t)n;
	size_t skip = p->seen < HEADER_SIZE ? (size_t)(HEADER_SIZE - p->seen) : 0;
	skip = skip < have ? skip : have;
	size_t keep = have - skip < TRAILER_SIZE ? have - skip : TRAILER_SIZE;
	size_t pass = have - skip - keep;
	p->seen += skip + pass;
	if (pass && !p->io->write(p->io->ctx, p->at, p->out + skip, pass, err))
		return false;
	p->at += pass;
	memmove(p->out, p->out + skip + pass, keep);
	p->held = keep;
	return true;
}

static bool exchange(struct pipes *p, struct err *err)
{
	for (bool end = false; !end;) {
		struct pollfd fds[] = { { .fd = p->from, .events = POLLIN },
					{ .fd = p->to, .events = POLLOUT } };
		if (!interrupt_check(err))
			return false;
		if (poll(fds, 2, POLL_MS) <= 0)
			continue;
		if (p->to >= 0 && fds[1].revents && !send_some(p, err))
			return false;
		if (fds[0].revents && !receive_some(p, &end, err))
			return false;
	}
	return true;
}

bool gnu_gzip(const struct recipe_op *op, const struct recipe_io *io, uint64_t *at, struct err *err)
{
	AUTO(pipes_free) struct pipes *p = calloc(1, sizeof(*p));
	if (!p)
		return err_no_memory(err);
	p->to = p->from = -1;
	p->io = io;
	p->left = op->length;
	p->at = *at;
	if (!start(p, op->level, err) || !exchange(p, err))
		return false;
	int status = 0;
	while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
		;
	p->pid = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || p->held != TRAILER_SIZE)
		return err_set(err, ERR_SYSTEM, "'%s' failed", PROGRAM);
	*at = p->at;
	return true;
}
