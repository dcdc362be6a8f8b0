/* SPDX-License-Identifier: MIT */
/*
 * steps_read.h - what steps.c and steps_vendor.c, which read the kinds and members of steps, share.
 */
#ifndef STEPS_READ_H
#define STEPS_READ_H

#include "steps.h"

/* What is said once for all kinds: the step's own value and where the made-up texts go. */
struct steps_reader {
	const struct json *doc;
	const struct json_value *value; /* of the kind's key */
	const struct json_value *step;  /* the whole */
	char *texts;                    /* room for "NAME=value" texts; moves on */
};

/* An array of non-empty strings, put behind those that @s has. */
bool steps_read_args(const struct json *j, const struct json_value *list, struct step *s,
		     struct err *err) MUST_CHECK;
bool steps_has_control(const char *text);

/* steps_vendor.c: kinds, and members of "run" */
bool steps_read_file(struct steps_reader *r, struct step *s, struct err *err) MUST_CHECK;
bool steps_read_setting(struct steps_reader *r, struct step *s, struct err *err) MUST_CHECK;
bool steps_read_dkms(struct steps_reader *r, struct step *s, struct err *err) MUST_CHECK;
bool steps_read_modules(struct steps_reader *r, struct step *s, struct err *err) MUST_CHECK;
bool steps_read_also(struct steps_reader *r, const struct json_value *v, struct step *s,
		     struct err *err) MUST_CHECK;
bool steps_read_meaning(struct steps_reader *r, const struct json_value *v, struct step *s,
			struct err *err) MUST_CHECK;

/* "${kernel}" and such: each must be one that there is. */
bool steps_check_places(const struct json *j, const struct json_value *list, struct err *err)
	MUST_CHECK;

#endif
