/* SPDX-License-Identifier: MIT */
/*
 * documents.h - what `build` signs with a bundle to say what it is: bills of materials and provenance
 * (FORMAT.md, Documents); and reading them back.
 */
#ifndef DOCUMENTS_H
#define DOCUMENTS_H

#include "bundle.h"
#include "bundle_write.h"
#include "sbom.h"

#define DOCUMENT_CYCLONEDX "cyclonedx.json.zst"
#define DOCUMENT_PROVENANCE "provenance.json.zst"
#define DOCUMENT_SPDX "spdx.json.zst"
#define DOCUMENT_RAW_MAX (64u << 20) /* of each, decoded */
#define DOCUMENTS_MADE 3

struct documents {
	struct bundle_document list[ROOT_PARTS_MAX]; /* sorted by name */
	size_t count;
	struct buf made[DOCUMENTS_MADE]; /* owned: the contents of those that were made here */
	size_t made_count;
};

/* Those of @in, and the three above.  @root is whole but for its documents. */
bool documents_make(const struct bundle_input *in, const struct root *root, struct documents *out,
		    struct err *err) MUST_CHECK;
void documents_done(struct documents *d); /* accepts a zeroed struct; for AUTO() */

/* Is it one of the three? */
bool document_is_made(const char *name);

/* The text of the document called @name, whose digest is the signed one.  ERR_NO: there is none. */
bool document_read(const struct bundle *b, const char *name, struct buf *out, struct err *err)
	MUST_CHECK;

#endif
