/* SPDX-License-Identifier: MIT */
/*
 * runner_child.c - the runner itself: it executes what the parent sends, one step at a time.
 *
 * It is a subreaper, so that whatever a step starts stays below it and can be ended; signals from
 * a terminal are the parent's business.  When the parent is gone, the socket ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform.h"
#include "process_tree.h"
#include "runner.h"
#include "runner_wire.h"

#define GRACE_MS 5000    /* between SIGTERM and SIGKILL */
#define TICK_MS 50       /* how soon the end of a step is seen when its output stays open */
#define LOCK_POLL_MS 250 /* as often as apt looks */
#define FDS_MAX 4096

static const char *const clean_env[] = {
	"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
	"LC_ALL=C",
	"HOME=/root",
	"TERM=dumb",
	"DEBIAN_FRONTEND=noninteractive",
	"DEBCONF_NONINTERACTIVE_SEEN=true",
	NULL,
};

struct child {
	int sock, null, proc;
	int lock; /* dpkg's frontend lock, or -1 */
	const char *root;
	bool parent_gone;
	struct process_tree spare; /* what earlier steps left running: not ours to end */
};

struct job {
	uint32_t timeout, finish;
	char *dir, **argv, **env; /* owned */
};

static void job_done(struct job *j)
{
	free(j->dir);
	wire_free_list(&j->argv);
	wire_free_list(&j->env);
}

/* --- what the parent hears --------------------------------------------------------------------- */

static void note(void *ctx, const char *text)
{
	const struct child *c = ctx;
	wire_send(c->sock, WIRE_NOTE, slice_str(text));
}

static void send_done(const struct child *c, uint32_t exit_code, uint32_t left, uint32_t waited)
{
	AUTO(buf_done) struct buf b = BUF_INIT(12);
	buf_add_u32le(&b, exit_code);
	buf_add_u32le(&b, left);
	buf_add_u32le(&b, waited);
	wire_send(c->sock, WIRE_DONE, buf_slice(&b));
}

static void send_fail(const struct child *c, const struct err *err)
{
	AUTO(buf_done) struct buf b = BUF_INIT(sizeof(err->msg) + 16);
	buf_add_u32le(&b, (uint32_t)err->code);
	wire_add_text(&b, err->msg);
	wire_send(c->sock, WIRE_FAIL, buf_slice(&b));
}

/* A message while something runs: a stop, or the parent's end.  True on a stop. */
static bool heard_stop(struct child *c)
{
	AUTO(buf_done) struct buf unused = BUF_INIT(0);
	struct wire_frame f = { .payload = unused };
	if (!wire_receive(c->sock, &f)) {
		c->parent_gone = true;
		return false;
	}
	buf_done(&f.payload);
	return f.kind == WIRE_STOP;
}

/* --- output, line by line ---------------------------------------------------------------------- */

struct lines {
	char text[RUNNER_LINE_MAX];
	size_t len;
};

static void flush_line(const struct child *c, struct lines *l)
{
	if (l->len)
		wire_send(c->sock, WIRE_LINE, (struct slice) { (uint8_t *)l->text, l->len });
	l->len = 0;
}

static void add_output(const struct child *c, struct lines *l, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n' || p[i] == '\r' || l->len == sizeof(l->text))
			flush_line(c, l);
		if (p[i] != '\n' && p[i] != '\r')
			l->text[l->len++] = p[i] == '\0' ? ' ' : p[i];
	}
}

/* Read what is there.  False at the end of the pipe. */
static bool drain(const struct child *c, struct lines *l, int fd)
{
	char chunk[8192];
	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));
		if (n > 0)
			add_output(c, l, chunk, (size_t)n);
		else
			return n < 0 && (errno == EAGAIN || errno == EINTR);
	}
}

/* --- one step ---------------------------------------------------------------------------------- */

_Noreturn static void exec_step(const struct child *c, const struct job *j, int out)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	for (int sig = 1; sig < 32; sig++)
		sigaction(sig, &dfl, NULL);
	setsid();
	umask(022);
	if (dup2(c->null, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(127);
	for (int fd = 3; fd < FDS_MAX; fd++)
		close(fd);
	size_t n = 0;
	const char *env[64];
	for (; clean_env[n]; n++)
		env[n] = clean_env[n];
	for (size_t i = 0; j->env[i] && n + 1 < sizeof(env) / sizeof(env[0]); i++)
		env[n++] = j->env[i];
	env[n] = NULL;
	if (chdir(j->dir)) {
		dprintf(2, "cannot enter '%s': %s\n", j->dir, strerror(errno));
		_exit(127);
	}
	environ = (char **)(uintptr_t)env; /* execvp looks PATH up in the clean environment */
	execvp(j->argv[0], j->argv);
	dprintf(2, "cannot run '%s': %s\n", j->argv[0], strerror(errno));
	_exit(127);
}

enum ending { BY_ITSELF, TIMED_OUT, STOPPED };

/* Wait until the step's own process ends, or until it has to be ended. */
static enum ending watch(struct child *c, const struct job *j, pid_t pid, int out, int *status)
{
	struct lines l = { .len = 0 };
	uint64_t start = platform_monotonic(), limit = (uint64_t)j->timeout * 1000;
	enum ending ending = BY_ITSELF;
	bool open = true;
	for (;;) {
		struct pollfd p[2] = { { .fd = open ? out : -1, .events = POLLIN },
				       { .fd = c->parent_gone ? -1 : c->sock, .events = POLLIN } };
		poll(p, 2, TICK_MS);
		if (p[0].revents)
			open = drain(c, &l, out);
		bool stop = p[1].revents && heard_stop(c);
		pid_t got = waitpid(pid, status, WNOHANG);
		if (got == pid)
			break;
		if (stop || (c->parent_gone && !j->finish))
			ending = STOPPED;
		else if (platform_monotonic() - start >= limit)
			ending = TIMED_OUT;
		if (ending != BY_ITSELF) {
			process_tree_end(c->proc, &c->spare, GRACE_MS);
			break;
		}
	}
	drain(c, &l, out);
	flush_line(c, &l);
	return ending;
}

/* What still runs: ended in an image root, which has nothing to serve; left alone elsewhere. */
static uint32_t settle_leftovers(struct child *c)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	struct process_tree now;
	process_tree_read(c->proc, &now);
	size_t before = c->spare.count;
	if (c->root[0] && now.count) {
		size_t n = process_tree_end(c->proc, NULL, GRACE_MS);
		char text[96];
		snprintf(text, sizeof(text), "ended %zu process(es) that the step left running", n);
		note(c, text);
		return 0;
	}
	c->spare = now;
	return now.count > before ? (uint32_t)(now.count - before) : 0;
}

static bool start_step(struct child *c, const struct job *j, pid_t *pid, int *out, struct err *err)
{
	int pipes[2];
	if (pipe2(pipes, O_CLOEXEC))
		return err_set(err, ERR_STEP, "cannot make a pipe: %s", strerror(errno));
	*pid = fork();
	if (*pid < 0) {
		close(pipes[0]);
		close(pipes[1]);
		return err_set(err, ERR_STEP, "cannot start a process: %s", strerror(errno));
	}
	if (*pid == 0)
		exec_step(c, j, pipes[1]);
	close(pipes[1]);
	fcntl(pipes[0], F_SETFL, O_NONBLOCK);
	*out = pipes[0];
	return true;
}

static bool run_step(struct child *c, struct slice payload, struct err *err)
{
	struct rd rd = rd_new(payload);
	AUTO(job_done) struct job j = { .timeout = rd_u32le(&rd), .finish = rd_u32le(&rd) };
	j.dir = wire_take_text(&rd);
	j.argv = wire_take_list(&rd);
	j.env = wire_take_list(&rd);
	if (!rd_end(&rd) || !j.argv[0])
		return err_set(err, ERR_STEP, "a malformed request reached the runner");
	pid_t pid;
	int out, status = 0;
	if (!start_step(c, &j, &pid, &out, err))
		return false;
	enum ending ending = watch(c, &j, pid, out, &status);
	close(out);
	uint32_t left = settle_leftovers(c);
	if (ending == TIMED_OUT)
		return err_set(err, ERR_TIMEOUT,
			       "'%s' took longer than %u seconds and was ended with all it started",
			       j.argv[0], (unsigned)j.timeout);
	if (ending == STOPPED)
		return err_set(err, ERR_INTERRUPTED, "'%s' was ended by a stop signal", j.argv[0]);
	send_done(c, (uint32_t)(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status)),
		  left, 0);
	return true;
}

/* --- dpkg's locks ------------------------------------------------------------------------------ */

/* Try one lock.  Taken or, with @keep false, only found free. */
static bool try_lock(int fd, bool keep, pid_t *holder)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	if (keep && fcntl(fd, F_SETLK, &fl) == 0)
		return true;
	fl = (struct flock) { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	if (fcntl(fd, F_GETLK, &fl) || fl.l_type == F_UNLCK)
		return !keep;
	*holder = fl.l_pid;
	return false;
}

static bool wait_lock(struct child *c, const char *path, bool keep, uint64_t until, bool *waited,
		      struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0)
		return err_set(err, ERR_SYSTEM, "cannot open '%s': %s", path, strerror(errno));
	pid_t holder = 0;
	bool told = false;
	while (!try_lock(fd, keep, &holder)) {
		char text[256];
		snprintf(text, sizeof(text), "the package manager is busy (process %ld holds '%s')",
			 (long)holder, path);
		if (!told)
			note(c, text);
		told = *waited = true;
		struct pollfd p = { .fd = c->sock, .events = POLLIN };
		bool stop = poll(&p, 1, LOCK_POLL_MS) > 0 && (heard_stop(c) || c->parent_gone);
		if (stop || platform_monotonic() >= until) {
			close(fd);
			return stop ? err_set(err, ERR_INTERRUPTED, "stopped while %s", text)
				    : err_set(err, ERR_LOCKED,
					      "%s and did not finish in time: "
					      "try again when it is done",
					      text);
		}
	}
	if (keep)
		c->lock = fd; /* for the runner's life: closing any descriptor of it ends it */
	else
		close(fd);
	return true;
}

static bool lock_dpkg(struct child *c, struct slice payload, struct err *err)
{
	struct rd rd = rd_new(payload);
	uint64_t until = platform_monotonic() + (uint64_t)rd_u32le(&rd) * 1000;
	bool waited = false;
	if (c->lock < 0 && !wait_lock(c, "/var/lib/dpkg/lock-frontend", true, until, &waited, err))
		return false;
	/* A dpkg that was started by hand and is older than the frontend lock has only this one. */
	if (!wait_lock(c, "/var/lib/dpkg/lock", false, until, &waited, err))
		return false;
	send_done(c, 0, 0, waited);
	return true;
}

/* --- the loop ---------------------------------------------------------------------------------- */

static bool serve(struct child *c, const struct wire_frame *f, struct err *err)
{
	switch (f->kind) {
	case WIRE_ENTER:
		if (!runner_root_enter(c->root, note, c, err))
			return false;
		send_done(c, 0, 0, 0);
		return true;
	case WIRE_LOCK:
		return lock_dpkg(c, buf_slice(&f->payload), err);
	case WIRE_RUN:
		return run_step(c, buf_slice(&f->payload), err);
	default: /* a stop that came after the step's end */
		return true;
	}
}

_Noreturn void runner_child(int fd, const char *root)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigaction(SIGINT, &ignore, NULL);
	sigaction(SIGTERM, &ignore, NULL);
	sigaction(SIGHUP, &ignore, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	setsid();
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	static struct child c; /* large, and there is one */
	c.sock = fd;
	c.root = root;
	c.lock = -1;
	c.null = open("/dev/null", O_RDWR | O_CLOEXEC);
	c.proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; c.null >= 0 && i < 3; i++)
		dup2(c.null, i); /* or a pipe that reads our parent would wait for us too */
	struct wire_frame f = { .payload = BUF_INIT(0) };
	while (!c.parent_gone && wire_receive(fd, &f)) {
		struct err err = { 0 };
		if (!serve(&c, &f, &err))
			send_fail(&c, &err);
	}
	_exit(0);
}
