/* SPDX-License-Identifier: MIT */
/*
 * stanza.h - paragraphs of "Field: value" lines: Release and Packages files (deb822(5)).
 *
 * Strict: a line that is neither a field, a continuation nor blank is an error with its line
 * number, and so is a field given twice in one paragraph.  Nothing is copied.
 */
#ifndef STANZA_H
#define STANZA_H

#include "crypto.h"
#include "err.h"
#include "rd.h"

#define STANZA_FIELDS_MAX 128

struct stanza_field {
	struct slice name,
		value; /* value: without outer blanks; continuation lines as they stand */
};

struct stanza {
	struct stanza_field fields[STANZA_FIELDS_MAX];
	size_t count;
	size_t line; /* of its first field, from 1 */
};

struct stanza_reader {
	const char *name; /* of the text, for messages */
	struct slice rest;
	size_t line; /* lines consumed so far */
};

/* The next paragraph.  At the end: true with out->count 0. */
bool stanza_next(struct stanza_reader *r, struct stanza *out, struct err *err) MUST_CHECK;

/* The value of @field (names compare without case), or an empty slice. */
struct slice stanza_get(const struct stanza *s, const char *field);

/* The same, but missing or empty is an error that names text, line and field. */
bool stanza_need(const struct stanza_reader *r, const struct stanza *s, const char *field,
		 struct slice *out, struct err *err) MUST_CHECK;

bool slice_is(struct slice s, const char *text);
struct slice slice_trim(struct slice s);

/* Cut the next word or line off @rest; false at its end. */
bool slice_next_word(struct slice *rest, struct slice *word);
bool slice_next_line(struct slice *rest, struct slice *line);

/* Decimal digits and nothing else, at most @max. */
bool slice_number(struct slice s, uint64_t max, uint64_t *out);
bool slice_sha256(struct slice s, uint8_t out[SHA256_SIZE]);

#endif
