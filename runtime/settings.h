/* SPDX-License-Identifier: MIT */
/*
 * settings.h - the files and settings that steps made, put back.  Making them is step_file() and
 * step_setting().
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "job.h"
#include "state.h"

/*
 * Uninstall: put back what @s tells of, the newest first, but for what @done (or NULL) tells of as
 * well.  A file or a line that somebody changed since stays, and is named.
 */
bool settings_remove(struct job *job, const struct state *s, const struct state *done,
		     struct err *err) MUST_CHECK;

/* After a failure: the same but for what @last tells of, which becomes as it was; take it off @s. */
bool settings_undo(struct job *job, struct state *s, const struct state *last, struct err *err)
	MUST_CHECK;

#endif
