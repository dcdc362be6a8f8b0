/* SPDX-License-Identifier: MIT */
/*
 * runner.h - the second process, which executes.
 *
 * It is started before a byte of the bundle is read and does nothing but run what its parent
 * sends.  The parent parses, verifies and extracts, and never executes anything.
 *
 * A step gets no input, a clean environment, its own session and a time limit on everything it
 * starts.  Output comes back line by line.  When the parent dies, a step that must not be cut
 * (dpkg) still finishes within its limit; any other is ended; then the runner exits.
 */
#ifndef RUNNER_H
#define RUNNER_H

#include <stdint.h>

#include "err.h"

#define RUNNER_LINE_MAX 4096

struct runner;

/*
 * Where there is no fork(), the runner is this program, started again: then this serves and does
 * not return.  main() calls it right after platform_start().
 */
void runner_serve_if_asked(int argc, char **argv);

/* @root: the image root that steps run in, "" for this machine.  NULL on failure. */
struct runner *runner_start(const char *root, struct err *err) MUST_CHECK;
/* Ends the runner and waits for it; NULL is accepted. */
void runner_free(struct runner *r);
void runner_auto_free(struct runner **slot); /* for AUTO() */

/* Lines of output, and the runner's own remarks, as they come. */
struct runner_events {
	void (*line)(void *ctx, const char *text);
	void (*note)(void *ctx, const char *text);
	void *ctx;
};

struct runner_request {
	/*
	 * NULL-terminated.  argv[0] with a slash is in dir; any other is the system's: of PATH, or on
	 * Windows of System32 alone.
	 */
	const char *const *argv;
	const char *const *env; /* "K=V" besides the clean ones, NULL-terminated; or NULL */
	const char *cmdline;    /* Windows: the arguments as one text, verbatim; or NULL */
	const char *dir;        /* working directory, as a path inside the root */
	uint32_t timeout;       /* seconds */
	bool finish;            /* the first stop lets it finish; a second one does not */
};

struct runner_result {
	int exit_code; /* 128 + N when signal N ended it */
	/* Processes that the step left running, on this machine; on Windows they are ended. */
	unsigned left_over;
};

/*
 * Run one step to its end.  Success says only that it ended by itself: look at the exit code.
 * ERR_TIMEOUT after the whole process tree was ended, ERR_INTERRUPTED likewise, ERR_STEP when it
 * can't be started.
 */
bool runner_run(struct runner *r, const struct runner_request *req, const struct runner_events *ev,
		struct runner_result *out, struct err *err) MUST_CHECK;

/*
 * Enter the image root: a mount namespace of its own with /proc, and /dev where the root has none, and
 * "localhost" for a name.
 * Without a root it does nothing.
 */
bool runner_enter(struct runner *r, const struct runner_events *ev, struct err *err) MUST_CHECK;

/*
 * Take the package manager's lock, and keep it until the runner ends; wait at most @timeout
 * seconds.  *waited tells that somebody else held it: what was read about packages before is old.
 */
bool runner_lock_packages(struct runner *r, uint32_t timeout, const struct runner_events *ev,
			  bool *waited, struct err *err) MUST_CHECK;

#endif
