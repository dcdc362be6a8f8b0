/* SPDX-License-Identifier: MIT */
/*
 * checksums.h - a file as sha256sum(1) writes it, and what it adds to a manifest.
 *
 * A line is 64 hex digits, a space, a space or '*', and a name; empty lines and lines that start with
 * '#' say nothing.  Of a name only its last part counts.
 */
#ifndef CHECKSUMS_H
#define CHECKSUMS_H

#include "manifest.h"
#include "texts.h"

#define CHECKSUMS_SIZE_MAX (16u << 20)
#define CHECKSUMS_LINES_MAX 65536

struct checksum {
	const char *name; /* without folders */
	uint8_t sha256[SHA256_SIZE];
};

struct checksums {
	struct checksum *list; /* owned; sorted by name, no name with two digests */
	size_t count;
	struct texts texts; /* the names */
};

bool checksums_parse(const char *name, struct slice text, struct checksums *out, struct err *err)
	MUST_CHECK;
void checksums_done(struct checksums *c); /* accepts a zeroed struct; for AUTO() */

/* Counts of files; the texts name each. */
struct checksums_report {
	size_t pinned, same, missing;
	size_t unused; /* digests of files that are not in the manifest */
};

/*
 * The manifest with a `sha256` for each file whose URLs' last parts are named in @c, and, if @source
 * is given, that as their `hash_source`.  A different pin that stands already is ERR_DIGEST, which
 * names the first such file.  @words gets a line per file.
 */
bool checksums_pin(const struct checksums *c, const struct manifest *m, const char *source,
		   struct buf *out, struct buf *words, struct checksums_report *report,
		   struct err *err) MUST_CHECK;

#endif
