/* SPDX-License-Identifier: MIT */
/*
 * apply.h - carry a plan out: space, staging, journal, steps, checks.
 *
 * Every change is preceded by the journal, so that whatever cuts the run off, the next one knows.
 */
#ifndef APPLY_H
#define APPLY_H

#include "state.h"
#include "step.h"

#define STAGING_PREFIX "staging-"

/* The staging directories that a run that was cut off left behind. */
bool apply_clean(struct job *job, struct err *err) MUST_CHECK;

/* All that such a run left; @journal is what it had in hand. */
bool apply_recover(struct job *job, const struct state *journal, struct err *err) MUST_CHECK;

/*
 * Stage the payload and run the install steps, then the checks.  @journal has been written and is
 * kept true to what is on disk.
 */
bool apply_package(struct job *job, struct state *journal, bool *reboot, struct err *err)
	MUST_CHECK;

/*
 * Only the checks, without a payload; @patience: how many seconds the device check may wait.
 */
bool apply_checks(struct job *job, uint32_t patience, bool reboot, struct err *err) MUST_CHECK;

/* After a failure: system_undo(), told.  What can't be removed stays on the list. */
void apply_undo(struct job *job, struct state *journal, const struct state *last);

#endif
