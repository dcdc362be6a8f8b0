/* SPDX-License-Identifier: MIT */
/*
 * runner_child_linux.c - runner_child.h for Linux.
 *
 * The runner is a subreaper, so that whatever a step starts stays below it and can be ended;
 * signals from a terminal are the parent's business.  When the parent is gone, its pipe ends.
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
#include "runner_child.h"
#include "runner_root.h"

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

static struct {
	int null, proc;
	int lock;                  /* dpkg's frontend lock, or -1 */
	struct process_tree spare; /* what earlier steps left running: not ours to end */
} host;

/* --- output ------------------------------------------------------------------------------------ */

/* Read what is there.  False at the end of the pipe. */
static bool drain(const struct child *c, struct child_lines *l, int fd)
{
	char chunk[8192];
	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));
		if (n > 0)
			child_add_output(c, l, chunk, (size_t)n);
		else
			return n < 0 && (errno == EAGAIN || errno == EINTR);
	}
}

/* --- one step ---------------------------------------------------------------------------------- */

_Noreturn static void exec_step(const struct wire_run *j, int out)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	for (int sig = 1; sig < 32; sig++)
		sigaction(sig, &dfl, NULL);
	setsid();
	umask(022);
	if (dup2(host.null, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
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
static enum ending watch(struct child *c, const struct wire_run *j, pid_t pid, int out, int *status)
{
	struct child_lines l = { .len = 0 };
	uint64_t start = platform_monotonic(), limit = (uint64_t)j->timeout * 1000;
	enum ending ending = BY_ITSELF;
	bool open = true;
	for (;;) {
		struct pollfd p[2] = { { .fd = open ? out : -1, .events = POLLIN },
				       { .fd = c->parent_gone ? -1 : (int)c->wire.in,
					 .events = POLLIN } };
		poll(p, 2, TICK_MS);
		if (p[0].revents)
			open = drain(c, &l, out);
		bool stop = p[1].revents && child_heard_stop(c);
		pid_t got = waitpid(pid, status, WNOHANG);
		if (got == pid)
			break;
		if (stop || (c->parent_gone && !j->finish))
			ending = STOPPED;
		else if (platform_monotonic() - start >= limit)
			ending = TIMED_OUT;
		if (ending != BY_ITSELF) {
			process_tree_end(host.proc, &host.spare, GRACE_MS);
			break;
		}
	}
	drain(c, &l, out);
	child_flush_line(c, &l);
	return ending;
}

/* What still runs: ended in an image root, which has nothing to serve; left alone elsewhere. */
static uint32_t settle_leftovers(struct child *c)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	struct process_tree now;
	process_tree_read(host.proc, &now);
	size_t before = host.spare.count;
	if (c->root[0] && now.count) {
		size_t n = process_tree_end(host.proc, NULL, GRACE_MS);
		char text[96];
		snprintf(text, sizeof(text), "ended %zu process(es) that the step left running", n);
		child_note(c, text);
		return 0;
	}
	host.spare = now;
	return now.count > before ? (uint32_t)(now.count - before) : 0;
}

static bool start_step(const struct wire_run *j, pid_t *pid, int *out, struct err *err)
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
		exec_step(j, pipes[1]);
	close(pipes[1]);
	fcntl(pipes[0], F_SETFL, O_NONBLOCK);
	*out = pipes[0];
	return true;
}

bool child_run(struct child *c, const struct wire_run *run, struct runner_result *out,
	       struct err *err)
{
	pid_t pid;
	int pipe_end, status = 0;
	if (!start_step(run, &pid, &pipe_end, err))
		return false;
	enum ending ending = watch(c, run, pid, pipe_end, &status);
	close(pipe_end);
	out->left_over = settle_leftovers(c);
	if (ending == TIMED_OUT)
		return err_set(err, ERR_TIMEOUT,
			       "'%s' took longer than %u seconds and was ended with all it started",
			       run->argv[0], (unsigned)run->timeout);
	if (ending == STOPPED)
		return err_set(err, ERR_INTERRUPTED, "'%s' was ended by a stop signal",
			       run->argv[0]);
	out->exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
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
			child_note(c, text);
		told = *waited = true;
		struct pollfd p = { .fd = (int)c->wire.in, .events = POLLIN };
		bool stop =
			poll(&p, 1, LOCK_POLL_MS) > 0 && (child_heard_stop(c) || c->parent_gone);
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
		host.lock = fd; /* for the runner's life: closing any descriptor of it ends it */
	else
		close(fd);
	return true;
}

bool child_lock(struct child *c, uint32_t seconds, bool *waited, struct err *err)
{
	uint64_t until = platform_monotonic() + (uint64_t)seconds * 1000;
	/* A dpkg that was started by hand and is older than the frontend lock has only the second. */
	return (host.lock >= 0 ||
		wait_lock(c, "/var/lib/dpkg/lock-frontend", true, until, waited, err)) &&
	       wait_lock(c, "/var/lib/dpkg/lock", false, until, waited, err);
}

bool child_enter(struct child *c, struct err *err)
{
	return runner_root_enter(c->root, child_note, c, err);
}

/* --- its life ---------------------------------------------------------------------------------- */

/* Serve @wire until its other end closes. */
_Noreturn static void live(struct wire wire, const char *root)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigaction(SIGINT, &ignore, NULL);
	sigaction(SIGTERM, &ignore, NULL);
	sigaction(SIGHUP, &ignore, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	setsid();
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	struct child c = { .wire = wire, .root = root };
	host.lock = -1;
	host.null = open("/dev/null", O_RDWR | O_CLOEXEC);
	host.proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; host.null >= 0 && i < 3; i++)
		dup2(host.null, i); /* or a pipe that reads our parent would wait for us too */
	child_serve(&c);
	_exit(0);
}

void runner_serve_if_asked(int argc UNUSED, char **argv UNUSED)
{
	/* it is forked */
}

/*
 * Two pipes and not a pair of sockets: a whole run makes no network call at all, so that the parent
 * may be forbidden every one of them (sandbox.h).
 */
bool runner_spawn(struct runner *r, const char *root, struct err *err)
{
	int down[2], up[2];
	if (pipe2(down, O_CLOEXEC))
		return err_set(err, ERR_SYSTEM, "cannot make a pipe: %s", strerror(errno));
	if (pipe2(up, O_CLOEXEC)) {
		err_set(err, ERR_SYSTEM, "cannot make a pipe: %s", strerror(errno));
		close(down[0]);
		close(down[1]);
		return false;
	}
	/* A runner that ended is an error of the step, not the end of this process. */
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigaction(SIGPIPE, &ignore, NULL);
	pid_t pid = fork();
	if (pid == 0) {
		close(down[1]);
		close(up[0]);
		live((struct wire) { down[0], up[1] }, root);
	}
	int number = errno;
	close(down[0]);
	close(up[1]);
	r->wire = (struct wire) { up[0], down[1] };
	r->process = pid;
	if (pid > 0)
		return true;
	close(up[0]);
	close(down[1]);
	return err_set(err, ERR_SYSTEM, "cannot start the runner: %s", strerror(number));
}

void runner_join(struct runner *r)
{
	close((int)r->wire.out); /* the runner sees the end and exits */
	close((int)r->wire.in);
	while (waitpid((pid_t)r->process, NULL, 0) < 0 && errno == EINTR)
		;
}
