/* SPDX-License-Identifier: MIT */
/*
 * cmd.h - the builder's commands.
 *
 * To add one: cmd_NAME.c with cmd_NAME() and cmd_NAME_help, their two declarations here, one row
 * in main.c's table, and tests/cli/NAME.sh.  Dispatch, help and the test that every command has
 * golden help text walk that table.
 */
#ifndef CMD_H
#define CMD_H

#include <stdbool.h>

#include "err.h"

#define IBBUNDLE_VERSION "0.1.0"

struct command {
	const char *name;
	const char *args;    /* after the name in the usage line */
	const char *summary; /* one line of `ibbundle help` */
	const char *help;    /* what `ibbundle help NAME` prints below usage and summary */

	/* argv[0] is the command's name.  Results go to stdout, never errors or progress. */
	bool (*run)(int argc, char **argv, struct err *err);
};

/* What `export` is about, each a command of its own; ended by a row without a name. */
extern const struct command export_kinds[];

/* The one of @kinds that is called @name; ERR_USAGE where there is none. */
const struct command *command_kind(const struct command *kinds, const char *name, struct err *err)
	MUST_CHECK;

#define COMMAND(name)                                                                              \
	bool cmd_##name(int argc, char **argv, struct err *err);                                   \
	extern const char cmd_##name##_help[]

/* one a line, in alphabetical order */
COMMAND(build);
COMMAND(diff);
COMMAND(export);
COMMAND(extract);
COMMAND(fetch);
COMMAND(help);
COMMAND(import);
COMMAND(inspect);
COMMAND(join);
COMMAND(keygen);
COMMAND(list);
COMMAND(lock);
COMMAND(matrix);
COMMAND(plan);
COMMAND(publish);
COMMAND(pull);
COMMAND(rotate);
COMMAND(sign);
COMMAND(slice);
COMMAND(trust);
COMMAND(verify);
COMMAND(version);

#endif
