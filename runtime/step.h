/* SPDX-License-Identifier: MIT */
/*
 * step.h - carry out one step of a package.
 *
 * To add a kind: step_NAME_SYSTEM.c, its declaration below, a case in step_SYSTEM.c, the kind in
 * common/catalog.h and its section in manifests/README.md.
 */
#ifndef STEP_H
#define STEP_H

#include "job.h"

#define STEP_DETAIL_SIZE 512

struct step_run {
	struct job *job;
	const struct package *package;
	const char *staging; /* path inside the root where the payload is; NULL: nowhere */
	uint32_t patience;   /* seconds that the device check may wait, at most */
	bool reboot;         /* set when a step says that the machine must start anew */
	bool skipped;        /* set by a check that has nothing to look at here */
	char detail[STEP_DETAIL_SIZE];    /* one line on what was done or seen */
	char last_line[STEP_DETAIL_SIZE]; /* of output: often the reason of a failure */
};

/* Do it, and report it as a line. */
bool step_do(const struct step *step, struct step_run *run, struct err *err) MUST_CHECK;

/* Handlers for the runner: every line goes into the log. */
struct runner_events step_events(struct step_run *run);

/* step_SYSTEM.c: by its kind. */
bool step_dispatch(const struct step *step, struct step_run *run, struct err *err) MUST_CHECK;

bool step_run(const struct step *step, struct step_run *run, struct err *err) MUST_CHECK;
bool step_deb(const struct step *step, struct step_run *run, struct err *err) MUST_CHECK;
bool step_installed(const struct step *step, struct step_run *run, struct err *err) MUST_CHECK;
bool step_libraries(const struct step *step, struct step_run *run, struct err *err) MUST_CHECK;
bool step_device(const struct step *step, struct step_run *run, struct err *err) MUST_CHECK;

/* --- dpkg, for those who undo ------------------------------------------------------------------ */

/* Run dpkg with @args; a failure is ERR_STEP with dpkg's own last words. */
bool step_dpkg(struct step_run *run, const char *what, const char *const *args, uint32_t timeout,
	       struct err *err) MUST_CHECK;

/* Purge packages, in one call. */
bool step_purge(struct step_run *run, const struct facts_package *const *list, size_t count,
		struct err *err) MUST_CHECK;

#endif
