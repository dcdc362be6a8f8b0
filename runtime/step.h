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
	bool locked;           /* the package manager's lock is ours */
	struct state *journal; /* what changes is noted there first; NULL: nothing may change */
	const char *staging;   /* path inside the root where the payload is; NULL: nowhere */
	uint32_t patience;     /* seconds that the device check may wait, at most */
	bool reboot;           /* set when a step says that the machine must start anew */
	bool skipped;          /* set by a check that has nothing to look at here */
	unsigned done;         /* steps that succeeded */
	unsigned programs;     /* that ended by themselves, the last one with: */
	uint32_t exit_code;
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
bool step_file(const struct step *step, struct step_run *run, struct err *err) MUST_CHECK;
bool step_setting(const struct step *step, struct step_run *run, struct err *err) MUST_CHECK;
bool step_dkms(const struct step *step, struct step_run *run, struct err *err) MUST_CHECK;
bool step_modules(const struct step *step, struct step_run *run, struct err *err) MUST_CHECK;
bool step_device(const struct step *step, struct step_run *run, struct err *err) MUST_CHECK;
bool step_msi(const struct step *step, struct step_run *run, struct err *err) MUST_CHECK;
bool step_inf(const struct step *step, struct step_run *run, struct err *err) MUST_CHECK;
bool step_software(const struct step *step, struct step_run *run, struct err *err) MUST_CHECK;
bool step_remove(const struct step *step, struct step_run *run, struct err *err) MUST_CHECK;

/* Run a program; its exit code is kept in @run. */
bool step_program(struct step_run *run, const struct runner_request *req, struct err *err)
	MUST_CHECK;

/* --- dpkg, for those who undo ------------------------------------------------------------------ */

/* Run dpkg with @args; a failure is ERR_STEP with dpkg's own last words. */
bool step_dpkg(struct step_run *run, const char *what, const char *const *args, uint32_t timeout,
	       struct err *err) MUST_CHECK;

/* Purge packages, in one call. */
bool step_purge(struct step_run *run, const struct facts_package *const *list, size_t count,
		struct err *err) MUST_CHECK;

/* --- Windows, for those who undo ---------------------------------------------------------------- */

/* Uninstall one product of Windows Installer; one that is gone is fine.  @name is for messages. */
bool step_msi_uninstall(struct step_run *run, const char *code, const char *name, uint32_t timeout,
			struct err *err) MUST_CHECK;

/* Take "oemN.inf" off its devices and out of the driver store. */
bool step_inf_delete(struct step_run *run, const char *inf, uint32_t timeout, struct err *err)
	MUST_CHECK;

#endif
