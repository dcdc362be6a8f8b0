/* SPDX-License-Identifier: MIT */
/*
 * matrix.h - what a manifest covers: every documented machine, and which package it would get.
 *
 * Worked out from the manifest alone.  Rules and choice are the runtime's own (plan_choose()); what
 * is installed on a machine plays no part.
 */
#ifndef MATRIX_H
#define MATRIX_H

#include "candidates.h"
#include "machines.h"
#include "texts.h"

enum matrix_state {
	MATRIX_COVERED,
	MATRIX_BELOW_FLOOR, /* covered, by a driver that is older than the size's documented floor */
	MATRIX_GAP,
};

struct matrix_machine {
	const struct machine_size *size;
	const struct machine_image *image;
	enum matrix_state state;
	bool tie;                               /* a gap because two packages fit equally well */
	const struct manifest_package *package; /* NULL: a gap */
	const char *reason;
};

struct matrix_options {
	unsigned documented; /* bits of enum machine_documented: machines that one of them names */
	const char *on;      /* leave out sizes that are retired on that day, or NULL */
};

struct matrix {
	const struct manifest *manifest;
	const struct machines *machines;
	struct candidates candidates;
	struct matrix_machine *list; /* owned; size by size in the data's order, images within */
	size_t count;
	size_t covered, below_floor, gaps; /* covered counts those below their floor */
	size_t *got;                       /* owned; how many machines get each candidate */
	struct texts texts;                /* the reasons */
};

/* *out borrows from @manifest and @machines. */
bool matrix_make(const struct manifest *manifest, const struct machines *machines,
		 const struct matrix_options *options, struct matrix *out, struct err *err)
	MUST_CHECK;
void matrix_done(struct matrix *m); /* accepts a zeroed struct; for AUTO() */

/* "covered", "below floor", "gap" */
const char *matrix_state_name(enum matrix_state state);

/* The machine of @size and @image, or NULL when it is not one of the matrix. */
const struct matrix_machine *matrix_find(const struct matrix *m, const struct machine_size *size,
					 const struct machine_image *image);

/* The same image, state and reason: told together.  Is number @at the first of such machines? */
bool matrix_same_story(const struct matrix_machine *a, const struct matrix_machine *b);
bool matrix_starts_story(const struct matrix *m, size_t at);

/*
 * What --strict refuses, one text each: ties on a machine of the matrix and ties that `build` finds,
 * rules that nothing can satisfy, packages that no machine gets.  Where a package says
 * "unreachable_ok" that last one is a warning.
 */
bool matrix_check(const struct matrix *m, struct texts *problems, struct texts *warnings,
		  struct err *err) MUST_CHECK;

/* For a terminal; one JSON document; one HTML page that needs nothing else. */
bool matrix_write_text(const struct matrix *m, struct buf *out, struct err *err) MUST_CHECK;
bool matrix_write_json(const struct matrix *m, struct buf *out, struct err *err) MUST_CHECK;
bool matrix_write_html(const struct matrix *m, struct buf *out, struct err *err) MUST_CHECK;

#endif
