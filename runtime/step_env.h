/* SPDX-License-Identifier: MIT */
/*
 * step_env.h - what a vendor's program is told by its environment while it runs as a step.
 */
#ifndef STEP_ENV_H
#define STEP_ENV_H

#include "step.h"

struct step_env {
	const char *vars[4];          /* "K=V", NULL-terminated */
	char text[PLATFORM_PATH_MAX]; /* one of them */
	char file[PLATFORM_PATH_MAX]; /* made for it; "": none */
};

/* @out is released with step_env_done() in every case. */
bool step_env_make(const struct step_run *run, struct step_env *out, struct err *err) MUST_CHECK;
void step_env_done(struct step_env *e); /* for AUTO() */

#endif
