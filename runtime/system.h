/* SPDX-License-Identifier: MIT */
/*
 * system.h - installing as this system does it: what its packages are, who else changes them, how
 * they go again.  system_linux.c is dpkg's side, system_windows.c that of Windows Installer and the
 * driver store.
 */
#ifndef SYSTEM_H
#define SYSTEM_H

#include "state.h"
#include "step.h"

/* --- before anything changes ------------------------------------------------------------------- */

/* Can this system do what the plan says? */
bool system_check_plan(const struct job *job, struct err *err) MUST_CHECK;

/*
 * Is what the plan's package brings there already?  @last is how the last run here ended.  Says
 * what it is judged by, where that is not the last run.
 */
bool system_is_installed(struct job *job, const struct state *last);

/* Must the machine start anew to use what the plan's package brings?  And what for? */
bool system_needs_reboot(const struct job *job, const struct state *last);
extern const char system_reboot_reason[]; /* "to use the new kernel or driver" */

/* --- while it changes -------------------------------------------------------------------------- */

/*
 * Nobody else changes packages from here on, until the runner ends.  *waited: somebody did
 * meanwhile, so what was read about them is old.
 */
bool system_lock(struct job *job, bool *waited, struct err *err) MUST_CHECK;

/* Finish what a run that was cut off had begun; @journal is what it left. */
bool system_recover(struct job *job, const struct state *journal, struct err *err) MUST_CHECK;

/* Right before the first step: what has to stand while steps run.  @journal is kept true. */
bool system_prepare(struct job *job, struct state *journal, struct err *err) MUST_CHECK;

/* Take away what system_prepare() put there. */
bool system_tidy(struct job *job, struct err *err) MUST_CHECK;

/* After the last step: note in @journal what came, beyond what the plan names. */
bool system_note_changes(struct job *job, struct state *journal, struct err *err) MUST_CHECK;

/* --- and back ---------------------------------------------------------------------------------- */

/*
 * After a failure: remove what @journal added and what did not come with the install that @last
 * tells of; take it off @journal.  @detail: what was done.  Facts are read anew.
 */
bool system_undo(struct job *job, struct state *journal, const struct state *last,
		 char detail[STEP_DETAIL_SIZE], struct err *err) MUST_CHECK;

/* Uninstall: remove what @state and @journal added and nothing else needs. */
bool system_remove(struct job *job, const struct state *state, const struct state *journal,
		   bool *reboot, struct err *err) MUST_CHECK;

#endif
