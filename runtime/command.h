/* SPDX-License-Identifier: MIT */
/*
 * command.h - the runtime's commands: one table, which dispatch, help and the tests walk.
 *
 * To add one: command_NAME() in a file of its own or among its kind, and a row in command.c.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include "arguments.h"
#include "buf.h"

#define RUNTIME_VERSION "0.1.0"

struct job;

struct command {
	const char *name;
	const char *operand; /* "DIR", or NULL when there is none; "[COMMAND]" is optional */
	const char *summary;
	unsigned takes; /* TAKES_...; without WRITES_FILES or @changes it can't write (sandbox.h) */
	bool changes;   /* installs or removes: has the extension's exit codes and a runner */
	bool (*run)(struct job *job, struct err *err);
};

extern const struct command commands[]; /* the last has no name */

const struct command *command_find(const char *name);

/* "ibbundle install": usage and options, from the table. */
void command_usage(const struct command *c, struct buf *out);

/* command_install.c */
bool command_install(struct job *job, struct err *err);
/* command_uninstall.c */
bool command_uninstall(struct job *job, struct err *err);
/* first_boot_linux.c; where there are no image roots it only says so */
bool command_first_boot(struct job *job, struct err *err);
/* handler.c */
bool command_handler(struct job *job, struct err *err);
/* command_trust.c */
bool command_trust(struct job *job, struct err *err);
/* command_read.c: these change nothing but the DIR of extract */
bool command_plan(struct job *job, struct err *err);
bool command_facts(struct job *job, struct err *err);
bool command_list(struct job *job, struct err *err);
bool command_verify(struct job *job, struct err *err);
bool command_extract(struct job *job, struct err *err);
bool command_status(struct job *job, struct err *err);

#endif
