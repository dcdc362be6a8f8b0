/* SPDX-License-Identifier: MIT */
/*
 * job.h - what one run of a command works with, filled in as far as the command goes:
 *
 *   arguments -> root -> (runner) -> bundle -> facts -> plan
 */
#ifndef JOB_H
#define JOB_H

#include "bundle.h"
#include "facts.h"
#include "plan.h"
#include "platform.h"
#include "report.h"
#include "runner.h"
#include "trust_store.h"

#define JOB_FILES_MAX 256

struct state;

struct job {
	const struct arguments *args;
	char root[PLATFORM_PATH_MAX]; /* "" for this machine, else the real path of --root */
	struct report report;
	struct runner *runner;          /* of commands that change something */
	char beside[PLATFORM_PATH_MAX]; /* the bundle beside this program, when it is used */
	struct source source;
	struct source more[JOB_FILES_MAX]; /* further files of the same bundle */
	size_t more_count;
	char volume[PLATFORM_PATH_MAX]; /* while blocks are missing: the volume that is not there */
	struct trust_store store; /* this machine's, with --root, too: it is what runs the bundle */
	struct parallel *parallel; /* owned; reads the bundle's blocks ahead */
	struct bundle bundle;
	struct err downgrade; /* what install says to an older bundle than was seen; or ERR_NONE */
	struct facts machine; /* of --facts */
	struct facts facts;
	struct plan plan;
};

/* Checks and opens --root; starts the runner when the command changes something. */
bool job_init(struct job *j, const struct arguments *args, struct err *err) MUST_CHECK;
void job_done(struct job *j); /* for AUTO() */

/*
 * Give up what the command does not need (sandbox.h), before anything from outside is read.  Where
 * the system can't do that the log says so.
 */
void job_shut_in(struct job *j);

/* For the runner where no step runs: its remarks are said, output is none. */
struct runner_events job_events(struct job *j);

/* ERR_USAGE when there is neither --bundle nor a bundle behind or beside this program. */
bool job_has_bundle(const struct job *j, struct err *err) MUST_CHECK;

/* Open and authenticate the bundle as this machine's policy asks, and say who signed it. */
bool job_open_bundle(struct job *j, struct err *err) MUST_CHECK;

/*
 * Facts of the machine or of --root, or of --facts alone for a command that changes nothing.
 * May be called again, when they may have changed.
 */
bool job_read_facts(struct job *j, struct err *err) MUST_CHECK;

/* Needs bundle and facts.  j->plan is filled as far as it goes even on failure. */
bool job_make_plan(struct job *j, struct err *err) MUST_CHECK;

/*
 * One change at a time to each system; also makes PLACE_STATE.  ERR_LOCKED when another has it.
 */
bool job_lock(const struct job *j, intptr_t *handle, struct err *err) MUST_CHECK;
/* --log, or PLACE_LOG in the root. */
bool job_open_log(struct job *j, struct err *err) MUST_CHECK;

/* The path of "PACKAGE-NAME" in the directory of the log. */
bool job_beside_log(const struct job *j, const char *package, const char *name,
		    char out[PLATFORM_PATH_MAX], struct err *err) MUST_CHECK;
/* Copy a file that a step wrote, @path in the root, there. */
bool job_keep_log(struct job *j, const char *path, const char *package, struct err *err) MUST_CHECK;

/* A path in the root. */
bool job_path(const struct job *j, const char *path, char out[PLATFORM_PATH_MAX], struct err *err)
	MUST_CHECK;

/* The same for a file that is written: links lead to its directory, and never on from its own name. */
bool job_file_path(const struct job *j, const char *path, char out[PLATFORM_PATH_MAX],
		   struct err *err) MUST_CHECK;

/* STATE_FILE or JOURNAL_FILE of the root; as state_read() and state_write(). */
bool job_read_state(const struct job *j, const char *file, struct state *out, struct err *err)
	MUST_CHECK;
bool job_write_state(const struct job *j, const char *file, const struct state *s, struct err *err)
	MUST_CHECK;
/* Their path, and that of SEEN_FILE. */
bool job_state_path(const struct job *j, const char *file, char out[PLATFORM_PATH_MAX],
		    struct err *err) MUST_CHECK;
/* Remove the journal: what it told of is over. */
bool job_end_journal(const struct job *j, struct err *err) MUST_CHECK;

/* --- job_missing.c ----------------------------------------------------------------------------- */

/* As missing_read_tree(), for laying the package out. */
bool job_read_tree(const struct job *j, size_t index, struct tree *out, struct err *err) MUST_CHECK;
/* One more refusal in j->plan, where blocks of the package that it chose are missing. */
bool job_check_blocks(struct job *j, struct err *err) MUST_CHECK;
/* A line for each package that is not whole, and one for the volume that is not there. */
bool job_print_missing(const struct job *j, struct buf *out, struct err *err) MUST_CHECK;

/* --- job_trust.c ------------------------------------------------------------------------------- */

/* What this machine trusts and asks for: into j->store, before the bundle is opened. */
bool job_open_trust(struct job *j, struct err *err) MUST_CHECK;
/* The same of the root: what this machine would trust were it that one. */
bool job_open_trust_of_root(struct job *j, struct trust_store *out, struct err *err) MUST_CHECK;
/* For bundle_open(). */
struct bundle_options job_bundle_options(const struct job *j);
/* The bundle is open: say whose it is, and refuse or say that it is an older one. */
bool job_say_trust(struct job *j, struct err *err) MUST_CHECK;

/*
 * After an install: what is to be remembered of a bundle whose signers were trusted (seen.h).  In an
 * image its version, and what is revoked; which anchors an image trusts is for its own bundles to say.
 */
bool job_remember_bundle(struct job *j, struct err *err) MUST_CHECK;

#endif
