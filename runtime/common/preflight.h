/* SPDX-License-Identifier: MIT */
/*
 * preflight.h - can the chosen package be installed on this machine?  Everything that facts tell is
 * looked at before anything is touched, and all of it is said: one line each, with what to do.
 */
#ifndef PREFLIGHT_H
#define PREFLIGHT_H

#include "facts.h"

#define PREFLIGHT_TEXT_SIZE 512
#define PREFLIGHT_LINES_MAX 256 /* more are not listed: who has that many has enough to do */

struct plan;
struct plan_options;

struct preflight_line {
	enum err_code code; /* err_reason() is the stable word */
	bool refuse;        /* install refuses; else it is only said */
	char text[PREFLIGHT_TEXT_SIZE];
};

/* Fill in plan->preflight, when all else of the plan stands.  @opt may be NULL. */
bool preflight_make(const struct facts *facts, const struct plan_options *opt, struct plan *plan,
		    struct err *err) MUST_CHECK;

/* One line more: a refusal. */
bool preflight_add(struct plan *plan, enum err_code code, const char *text, struct err *err)
	MUST_CHECK;

/* The first line that refuses, but for those of kind @except (ERR_NONE: for none); NULL: none. */
const struct preflight_line *preflight_refusal(const struct plan *plan, enum err_code except);

/* As an array "preflight" of objects: reason, text, refuse. */
void preflight_write(struct json *j, struct json_value *parent, const struct plan *plan);

#endif
