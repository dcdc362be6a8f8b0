/* SPDX-License-Identifier: MIT */
/*
 * image.h - what an image root (--root) gets beside the package, so that the machine that is made from
 * it needs nothing more.  Windows has no image roots: there all of it does nothing.
 *
 *   image_check      before anything changes: can what was asked for be done?
 *   image_initramfs  after the steps: what the kernel starts with has the drivers
 *   image_finish     after the checks: trust, and the unit that finishes on the real hardware
 *   image_clean      --generalize, at the very end: logs go, too
 *
 * On that machine the unit runs `first-boot`, and image_forget() takes program and unit away.
 */
#ifndef IMAGE_H
#define IMAGE_H

#include "state.h"
#include "step.h"

/*
 * Needs the plan.  ERR_MISSING when the named kernel is neither in the root nor comes with the package;
 * ERR_USAGE or what trust.h and policy.h say about files that can't be put in.
 */
bool image_check(struct job *job, struct err *err) MUST_CHECK;

/* Make the initramfs of the image's kernel anew, by the root's own program; reported as a step. */
bool image_initramfs(struct step_run *run, struct err *err) MUST_CHECK;

/* Is there something for image_finish() to do where the package is there already? */
bool image_is_unfinished(const struct job *job, const struct state *last);

/*
 * Put anchors and policy in, and what runs at the first boot; @state is told, and is yet to be written.
 * On failure what this call wrote about trust is gone again.
 */
bool image_finish(struct job *job, struct state *state, struct err *err) MUST_CHECK;

/*
 * Remove what belongs to one machine, and what debootstrap and its like took over from this one.  What
 * is mounted into the root from elsewhere is left alone, and named.
 */
bool image_clean(struct job *job, struct err *err) MUST_CHECK;

/* Remove program and unit of the first boot, where they are. */
bool image_forget(const struct job *job, struct err *err) MUST_CHECK;

/* --- image_trust_linux.c, for image_linux.c ---------------------------------------------------- */

/* Can --anchor and --policy be put in?  What they hold, and what stands in their places. */
bool image_trust_check(struct job *job, struct err *err) MUST_CHECK;

/*
 * Put them in.  ERR_POLICY, and none of them is there, when a machine with all that the root then trusts
 * would refuse every bundle: a policy may name certificates that are not there.
 */
bool image_trust_put(struct job *job, struct err *err) MUST_CHECK;

#endif
