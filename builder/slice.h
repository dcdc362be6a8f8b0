/* SPDX-License-Identifier: MIT */
/*
 * slice.h - which blocks a slice has: those of some packages, or those that somebody has not got, and
 * how they are spread over volumes.
 */
#ifndef SLICE_H
#define SLICE_H

#include "assemble.h"
#include "facts.h"

struct slice_choice {
	bool *packages; /* owned; one for each of the catalog */
	size_t package_count;
};

/* None is chosen yet. */
bool slice_choice_init(struct slice_choice *c, const struct catalog *catalog, struct err *err)
	MUST_CHECK;
void slice_choice_done(struct slice_choice *c); /* accepts a zeroed struct; for AUTO() */

/*
 * Also the packages that a machine with all that @terms say could get: "os=linux distro=ubuntu
 * release=22.04,24.04", keys and values as in a match rule, blanks between the terms.  ERR_USAGE for
 * terms that make no sense or that fit no package.
 */
bool slice_choose_match(struct slice_choice *c, const struct catalog *catalog, const char *terms,
			struct err *err) MUST_CHECK;

/* Also the package that the machine @facts would get; ERR_... of plan_make() when there is none. */
bool slice_choose_facts(struct slice_choice *c, const struct catalog *catalog,
			const struct facts *facts, struct err *err) MUST_CHECK;

/*
 * Of @origins, as assemble_origins() gave them, those that the chosen packages need stay.
 * ERR_MISSING_BLOCK when one of those is not in the bundle's file itself.
 */
bool slice_keep(const struct bundle *b, const struct slice_choice *c, struct block_origin *origins,
		struct err *err) MUST_CHECK;

/* Those that @have has go. */
void slice_drop(const struct bundle *b, const struct block_index *have,
		struct block_origin *origins);

/*
 * The blocks of the next volume, from block *next on: as many as make @a no larger than @max bytes (0:
 * all).  *next is where the one after it begins.  ERR_USAGE when not one fits.  @a's origins are
 * what it has all together, @out those of the volume.
 */
bool slice_volume(const struct assembly *a, uint64_t max, uint32_t *next, struct block_origin *out,
		  struct err *err) MUST_CHECK;

/*
 * "NAME.2.ibb" for "NAME.run" and 2: volume @number, from 2 on, of a bundle, as the runtime looks for it.
 * The caller frees *out.
 */
bool slice_volume_name(const char *first, size_t number, char **out, struct err *err) MUST_CHECK;

/* "1900M", "2G", "1048576": bytes; K, M, G of 1024. */
bool slice_parse_size(const char *text, uint64_t *out, struct err *err) MUST_CHECK;

#endif
