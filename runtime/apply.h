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
#define POLICY_FILE "/usr/sbin/policy-rc.d"

/* Refuses, before anything changes, what could only fail later: no space, read-only, no exec. */
bool apply_check_room(struct job *job, struct err *err) MUST_CHECK;

/* Has the plan to do with dpkg at all? */
bool apply_needs_dpkg(const struct job *job);

/*
 * What a run that was cut off left behind: staging directories, a policy-rc.d of ours, packages
 * that are half configured.  @journal is what it had in hand.
 */
bool apply_recover(struct job *job, const struct state *journal, struct err *err) MUST_CHECK;
/* Only the staging directories and policy-rc.d. */
bool apply_clean(struct job *job, bool policy, struct err *err) MUST_CHECK;

/*
 * Stage the payload and run the install steps, then the checks.  @journal has been written; its
 * policy member is kept true to what is on disk.
 */
bool apply_package(struct job *job, struct state *journal, bool *reboot, struct err *err)
	MUST_CHECK;

/*
 * Only the checks, without a payload; @patience: how many seconds the device check may wait.
 */
bool apply_checks(struct job *job, uint32_t patience, bool reboot, struct err *err) MUST_CHECK;

/*
 * After a failure: purge the packages of @journal that are new and did not come with the install
 * that @last tells of, and take them off the list.  What can't be removed stays on it, and is
 * named.
 */
void apply_undo(struct job *job, struct state *journal, const struct state *last);

#endif
