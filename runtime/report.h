/* SPDX-License-Identifier: MIT */
/*
 * report.h - what people, agents and the log are told.
 *
 * Text mode: results and one line per step on standard output.  --json: exactly one document there,
 * printed at the end.  Everything that happens goes into the log with a time stamp.  Progress
 * goes to a terminal on standard error only.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdio.h>

#include "arguments.h"
#include "buf.h"
#include "json.h"

struct report {
	const struct arguments *args;
	FILE *log;
	struct buf early; /* what was logged before the log was opened */
	struct json *doc; /* of --json; NULL without it */
	bool printed;     /* the one document is out */
	bool reboot;      /* what succeeded needs a reboot */
	struct {
		const char *title; /* NULL: no progress line stands */
		uint64_t start, shown;
		bool drawn;
	} progress;
};

bool report_init(struct report *r, const struct arguments *args, struct err *err) MUST_CHECK;
void report_done(struct report *r); /* for AUTO() */

/* Open the log and write what was said so far into it. */
bool report_open_log(struct report *r, const char *path, struct err *err) MUST_CHECK;

/* A line for people and for the log; and one for the log alone (and people with --verbose). */
void report_say(struct report *r, const char *fmt, ...) PRINTF_LIKE(2, 3);
void report_log(struct report *r, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * With --progress, standard error has REPORT_PHASE and the name of a phase where that begins, and
 * REPORT_LINE and the text of each line for people.
 */
#define REPORT_PHASE "=phase "
#define REPORT_LINE '-'
void report_phase(const struct report *r, const char *name);

/* A step that ended: a line, and an entry in the document's "steps". */
void report_step(struct report *r, const char *name, const char *outcome, const char *detail);
/* The same for one that ran a program: what that ended with. */
void report_step_code(struct report *r, const char *name, const char *outcome, const char *detail,
		      uint32_t exit_code);

/* Text or a document for standard output, as it is. */
bool report_print(struct report *r, const struct buf *text, struct err *err) MUST_CHECK;

/* @total 0: unknown.  Draws on a terminal only, a few times a second. */
void report_progress_begin(struct report *r, const char *title);
void report_progress(struct report *r, uint64_t done, uint64_t total, const char *unit);
void report_progress_end(struct report *r);

/*
 * The last word: the error line on standard error, the log's, the document of a command that
 * changes something or that failed.  Returns the exit status.
 */
int report_finish(struct report *r, bool ok, const struct err *err);

/* A change that succeeded needs a reboot (or none): goes into document and exit status. */
void report_reboot(struct report *r, bool reboot);

/*
 * What a kind means to a command: those that install have the extension's own codes.  The Windows
 * extension's (-1 is seen as 4294967295 by callers): 0, 3010 reboot needed, 100 refused or failed,
 * 240 waited too long for a lock, 840 a step exceeded its time, -1 internal error.
 */
int report_exit_status(enum exit_codes codes, bool changes, enum err_code code, bool reboot);

#endif
