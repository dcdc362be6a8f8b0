/* SPDX-License-Identifier: MIT */
/* runner_root.h - how the runner enters an image root (Linux). */
#ifndef RUNNER_ROOT_H
#define RUNNER_ROOT_H

#include "err.h"

/* Enter @root, or say why not; remarks go to @note. */
bool runner_root_enter(const char *root, void (*note)(void *ctx, const char *text), void *ctx,
		       struct err *err) MUST_CHECK;

#endif
