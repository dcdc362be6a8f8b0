/* SPDX-License-Identifier: MIT */
/*
 * runner_child.h - the runner itself: it executes what its parent sends, one step at a time.
 *
 * runner_child.c is the conversation, the same on every system; runner_child_SYSTEM.c does what is
 * asked for.
 */
#ifndef RUNNER_CHILD_H
#define RUNNER_CHILD_H

#include "runner_wire.h"

struct child {
	struct wire wire;
	const char *root; /* the image root, "" for this machine */
	bool parent_gone;
};

/* Serve the parent until it closes the connection. */
void child_serve(struct child *c);

/* A remark for the parent; @ctx is the child. */
void child_note(void *ctx, const char *text);

/* A message while something runs: a stop, or the parent's end (c->parent_gone).  True on a stop. */
bool child_heard_stop(struct child *c);

/* Output on its way to the parent, cut into lines. */
struct child_lines {
	char text[RUNNER_LINE_MAX];
	size_t len;
};
void child_add_output(const struct child *c, struct child_lines *l, const char *p, size_t n);
void child_flush_line(const struct child *c, struct child_lines *l);

/* --- runner_child_linux.c, runner_child_windows.c ------------------------------------------------ */

/* Enter c->root. */
bool child_enter(struct child *c, struct err *err) MUST_CHECK;

/* As runner_lock_packages(). */
bool child_lock(struct child *c, uint32_t seconds, bool *waited, struct err *err) MUST_CHECK;

/* As runner_run(). */
bool child_run(struct child *c, const struct wire_run *run, struct runner_result *out,
	       struct err *err) MUST_CHECK;

#endif
