/* SPDX-License-Identifier: MIT */
/*
 * sbom.h - the bill of materials of a bundle: everything that it carries, with what is known of it.
 *
 *   the bundle -> packages -> .debs and the vendors' files
 *              -> stubs    -> the libraries that they are linked with
 *
 * One collection, written in two formats.  What nobody stated is NULL here, and is said to be unknown
 * there: nothing is guessed.  The texts follow from lock, stubs and @created alone; what has to be
 * unique is derived from their digests.
 */
#ifndef SBOM_H
#define SBOM_H

#include "head.h"
#include "lock.h"
#include "texts.h"

enum sbom_kind { SBOM_BUNDLE, SBOM_PACKAGE, SBOM_DEB, SBOM_FILE, SBOM_STUB, SBOM_LIBRARY };

struct sbom_component { /* texts: NULL where not known */
	enum sbom_kind kind;
	const char *ref; /* unique; letters, digits, '.' and '-' */
	const char *name;
	const char *version, *title, *supplier, *license;
	const char *file_name, *purl;
	const struct terms *terms; /* of the package; or NULL */
	const char *url;           /* where it was fetched from; of the web */
	const uint8_t *sha256;     /* or NULL */
	uint32_t *parts;           /* owned; components that it has in it, ascending */
	size_t part_count;
};

struct sbom {
	const char *name, *version;
	uint64_t created;
	char uuid[37];
	struct sbom_component *components; /* owned; the bundle is the first */
	size_t count, cap;
	struct texts texts;
	uint8_t (*stub_digests)[SHA256_SIZE]; /* owned */
};

bool sbom_collect(const struct lock *lock, const struct heads *heads, uint64_t created,
		  struct sbom *out, struct err *err) MUST_CHECK;
void sbom_done(struct sbom *s); /* accepts a zeroed struct; for AUTO() */

/* One canonical JSON document each (json.h). */
bool sbom_write_spdx(const struct sbom *s, struct buf *out, struct err *err) MUST_CHECK;
bool sbom_write_cyclonedx(const struct sbom *s, struct buf *out, struct err *err) MUST_CHECK;

/* "2026-11-26T16:17:18Z" */
#define SBOM_TIME_SIZE 24
const char *sbom_time(uint64_t when, char out[SBOM_TIME_SIZE]);

#endif
