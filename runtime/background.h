/* SPDX-License-Identifier: MIT */
/*
 * background.h - this program, started once more to go on by itself: the worker that outlives the
 * command of the guest agent, and the install that it looks after.
 *
 * What it prints, on both outputs, comes back through a pipe; it has no input, and a clean
 * environment.
 */
#ifndef BACKGROUND_H
#define BACKGROUND_H

#include <stdint.h>

#include "err.h"

enum background_how {
	/* Ours to stop; in a session of its own, so that what ends our process group does not reach it. */
	BACKGROUND_CHILD,
	/* To go on without us: the same; on Windows with a console of its own, which nobody sees. */
	BACKGROUND_SESSION,
	/*
	 * Moreover out of what else the one who started us may end as a whole: the cgroup on Linux (a
	 * scope of systemd's, so that SELinux sees the same program in the same domain), the job on
	 * Windows.  ERR_NO where there is no systemd, or the job lets nobody go.  That systemd-run itself
	 * fails is seen in what comes back.
	 */
	BACKGROUND_APART,
};

struct background {
	intptr_t process, output; /* output -1: there is none */
};
#define BACKGROUND_NONE ((struct background) { -1, -1 })

/*
 * @words: the arguments after the program's name; @env: "NAME=value" beside what every program needs.
 * Both end with NULL.
 */
bool background_start(const char *const *words, const char *const *env, enum background_how how,
		      struct background *out, struct err *err) MUST_CHECK;

/* What it printed, waiting at most @milliseconds: bytes; 0 for nothing so far, -1 at the end. */
int background_read(struct background *b, char *out, size_t size, uint32_t milliseconds);

/* Ask it to stop, as a signal from a terminal would. */
void background_stop(struct background *b);

/* Wait for its end: the exit status, 128 + N by signal N. */
int background_join(struct background *b);

/* It goes on without us. */
void background_let_go(struct background *b); /* for AUTO() */

/* A variable of this process' own environment.  False when it is not set, or too long. */
bool background_variable(const char *name, char *out, size_t size);

/* Does @path say where it is whatever the current directory? */
bool background_is_absolute(const char *path);

#endif
