/* SPDX-License-Identifier: MIT */
/*
 * handler.h - `handler VERB`: this program as the handler of an Azure VM extension.
 *
 *   install    nothing: the driver comes with enable, which the agent repeats
 *   enable     N.settings -> worker (detached) -> install, as anybody could type it -> N.status.
 *              Waits a few seconds for the end, so that what is there already, or refused, is told at
 *              once; anything longer goes on without it
 *   disable    stops the worker, and waits for that; what is installed stays
 *   update     notes that the uninstall to come is that of an older version of the extension, which
 *              has to leave the driver alone
 *   uninstall  removes what install added
 *   worker     (not the agent's) looks after one install and keeps the status fresh
 *
 * None of these reads a bundle: that is done by `install`, which they start, behind its sandbox.  Files
 * of its own are beside HandlerEnvironment.json: "mrseq", the last sequence number; "stop", which ends
 * the worker; and on Windows "lock".
 */
#ifndef HANDLER_H
#define HANDLER_H

#include "background.h"
#include "handler_settings.h"
#include "handler_status.h"
#include "job.h"

#define HANDLER_VERBS "install|enable|disable|update|uninstall"
#define HANDLER_SEQUENCE_FILE "mrseq"
#define HANDLER_STOP_FILE "stop"

/* What the worker tells who started it, a line each; anything else is for the log. */
#define HANDLER_STARTED "=started"
#define HANDLER_DONE "=done " /* REASON MESSAGE */

struct handler {
	struct job *job;
	char home[PLATFORM_PATH_MAX]; /* where HandlerEnvironment.json is */
	char log[PLATFORM_PATH_MAX], status[PLATFORM_PATH_MAX];
	struct handler_environment env;
	struct handler_settings settings;
	uint32_t sequence;
	bool heartbeat;            /* the manifest promises one */
	struct handler_status now; /* what status says */
	uint64_t written;          /* when that was written, monotonic; 0: not yet */
};

/* "HOME/NAME". */
bool handler_path(const struct handler *h, const char *name, char out[PLATFORM_PATH_MAX],
		  struct err *err) MUST_CHECK;

/* N.settings into h->settings; a failure is in N.status, too. */
bool handler_read_settings(struct handler *h, struct err *err) MUST_CHECK;

/* Has somebody asked the worker to end? */
bool handler_is_stopped(const struct handler *h);

/* The kind that has this reason (@len bytes of it); ERR_SYSTEM for a word that is none. */
enum err_code handler_code_of(const char *reason, size_t len);

/* --- lines that come through a pipe ------------------------------------------------------------- */

#define HANDLER_LINE_MAX (32u << 10)

struct handler_lines {
	char text[HANDLER_LINE_MAX]; /* of the line that is not whole yet; what is longer is cut */
	size_t len;
	void (*line)(void *ctx, const char *text);
	void *ctx;
};
void handler_lines_add(struct handler_lines *l, const char *text, size_t len);

/* --- handler_worker.c -------------------------------------------------------------------------- */

/* Write the status (and the heartbeat that is promised); that it can't be is logged. */
void handler_write_status(struct handler *h);

/* How a command of this program, run with --json and --progress, ended. */
struct handler_result {
	bool ok, reboot;
	enum err_code code;
	int exit_code; /* as the extension's */
	char message[HANDLER_TEXT_MAX];
};

/*
 * Run `install` or `uninstall`, as @words have it, at most @limit milliseconds (0: to its end), with
 * the status kept fresh if @tells.  False when it could not be started, or took longer: then it goes
 * on alone.
 */
bool handler_run(struct handler *h, const char *const *words, uint64_t limit, bool tells,
		 struct handler_result *out, struct err *err) MUST_CHECK;

/* `handler worker`. */
bool handler_work(struct handler *h, struct err *err) MUST_CHECK;

#endif
