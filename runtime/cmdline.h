/* SPDX-License-Identifier: MIT */
/*
 * cmdline.h - Windows hands a program one line; its arguments are what the program makes of it.
 *
 * The rules are those of CommandLineToArgvW(), which the C runtimes share but for the case that is
 * never written here (two quotes inside of quotes).  The line is UTF-8.
 */
#ifndef CMDLINE_H
#define CMDLINE_H

#include "buf.h"

#define CMDLINE_MAX 32766 /* UTF-16 units that CreateProcessW() takes, without the final NUL */

struct cmdline {
	char **argv; /* owned, as one allocation; argv[argc] is NULL */
	int argc;    /* at least 1 */
};

bool cmdline_split(const char *line, struct cmdline *out, struct err *err) MUST_CHECK;
void cmdline_done(struct cmdline *c); /* for AUTO() */

/*
 * Append the line that is split into @argv (which ends with NULL) by every program that knows the
 * rules.  False when there is none, since @argv is empty or the program's name has a quote in it;
 * and when @out is full or memory ran out: buf_ok() tells.
 */
bool cmdline_quote(const char *const *argv, struct buf *out) MUST_CHECK;

#endif
