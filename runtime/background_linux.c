/* SPDX-License-Identifier: MIT */
/* background_linux.c - background.h for Linux. */
#include "background.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform.h"

#define WORDS_MAX 128
#define FDS_MAX 4096

/* The words of a command line; the first is the program's path. */
struct words {
	const char *v[WORDS_MAX];
	size_t count;
};

static void add_words(struct words *w, const char *const *more)
{
	for (; *more && w->count + 1 < WORDS_MAX; more++)
		w->v[w->count++] = *more;
	w->v[w->count] = NULL;
}

/*
 * systemd-run starts what it is told as itself, in another cgroup: with a service, which systemd would
 * start, SELinux refuses programs that lie where the agent puts them.
 */
static bool add_scope(struct words *w)
{
	static const char *const places[] = { "/usr/bin/systemd-run", "/bin/systemd-run" };
	static const char *const options[] = { "--scope", "--quiet",
					       "--description=ibbundle, for the Azure guest agent",
					       "--", NULL };
	if (access("/run/systemd/system", F_OK))
		return false;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (access(places[i], X_OK))
			continue;
		w->v[w->count++] = places[i];
		add_words(w, options);
		return true;
	}
	return false;
}

_Noreturn static void exec_words(const struct words *w, const char *const *more, int out)
{
	struct words env = { .v = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin" }, .count = 1 };
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	for (int sig = 1; sig < 32; sig++)
		sigaction(sig, &dfl, NULL);
	add_words(&env, more);
	setsid();
	int null = open("/dev/null", O_RDWR);
	if (null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0 || chdir("/"))
		_exit(127);
	for (int fd = 3; fd < FDS_MAX; fd++)
		close(fd);
	execve(w->v[0], (char *const *)(uintptr_t)w->v, (char *const *)(uintptr_t)env.v);
	dprintf(2, "cannot run '%s': %s\n", w->v[0], strerror(errno));
	_exit(127);
}

bool background_start(const char *const *words, const char *const *env, enum background_how how,
		      struct background *out, struct err *err)
{
	char self[PLATFORM_PATH_MAX];
	struct words w = { .count = 0 };
	int ends[2];
	if (how == BACKGROUND_APART && !add_scope(&w))
		return err_set(err, ERR_NO, "there is no systemd");
	if (!platform_program(self, err))
		return false;
	add_words(&w, (const char *const[]) { self, NULL });
	add_words(&w, words);
	if (pipe2(ends, O_CLOEXEC))
		return err_set(err, ERR_SYSTEM, "cannot make a pipe: %s", strerror(errno));
	fflush(NULL); /* or the other one could hold a second copy of what is buffered */
	pid_t pid = fork();
	if (pid == 0)
		exec_words(&w, env, ends[1]);
	int number = errno;
	close(ends[1]);
	if (pid > 0) {
		*out = (struct background) { pid, ends[0] };
		return true;
	}
	close(ends[0]);
	return err_set(err, ERR_SYSTEM, "cannot start a process: %s", strerror(number));
}

int background_read(struct background *b, char *out, size_t size, uint32_t milliseconds)
{
	struct pollfd p = { .fd = (int)b->output, .events = POLLIN };
	int n = poll(&p, 1, (int)milliseconds);
	if (n == 0 || (n < 0 && errno == EINTR))
		return 0;
	ssize_t got = n < 0 ? -1 : read((int)b->output, out, size);
	if (got < 0 && errno == EINTR)
		return 0;
	return got > 0 ? (int)got : -1;
}

void background_stop(struct background *b)
{
	if (b->process > 0)
		kill((pid_t)b->process, SIGTERM);
}

int background_join(struct background *b)
{
	int status = 0;
	pid_t pid = (pid_t)b->process;
	background_let_go(b);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 127;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void background_let_go(struct background *b)
{
	if (b->output >= 0)
		close((int)b->output);
	*b = BACKGROUND_NONE;
}

bool background_variable(const char *name, char *out, size_t size)
{
	const char *value = getenv(name);
	int n = value ? snprintf(out, size, "%s", value) : -1;
	return n > 0 && (size_t)n < size;
}

bool background_is_absolute(const char *path)
{
	return path[0] == '/';
}
