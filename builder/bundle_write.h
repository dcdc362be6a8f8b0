/* SPDX-License-Identifier: MIT */
/*
 * bundle_write.h - write a whole bundle, unsigned: stub, blocks, trees, places, table, catalog,
 * root, room for signatures, locator (FORMAT.md); or copy one, with another stub.
 *
 * The bytes follow from the lock, the contents, the stubs, @created, @level and the versions of the
 * libraries that the root names, and from nothing else.
 */
#ifndef BUNDLE_WRITE_H
#define BUNDLE_WRITE_H

#include "group.h"
#include "head.h"
#include "lock.h"
#include "outfile.h"
#include "pack.h"
#include "payload.h"
#include "recompress.h"

/* Something that is signed with the bundle and is not a package's (FORMAT.md, Documents). */
struct bundle_document {
	const char *name;
	struct slice content; /* not empty */
};

struct bundle_input {
	const struct lock *lock;
	struct payload *payloads;  /* finished; one for each package of the lock, in its order */
	const bool *inexact;       /* as catalog_write() has it */
	uint64_t created;          /* seconds since 1970 */
	const struct heads *heads; /* the root names all of them, */
	const struct head *head;   /* and the file begins with this one; NULL: it has no stub */
	uint64_t block_size;       /* raw bytes of a block aimed at */
	struct pack_options pack;
	struct recompress_rule recompress; /* for the provenance */
	bool packed;                       /* .deb files are as they come: for the provenance */
	const struct bundle_document *documents; /* besides those of documents.h */
	size_t document_count;
};

/* To @out, which is at its start.  Progress is told for the blocks. */
bool bundle_write(const struct bundle_input *in, struct outfile *out, struct err *err) MUST_CHECK;

/*
 * To @out, which is at its start, the bundle in @from with another head: NULL for none.  All that
 * is under the root's digests, the root and its signatures are the same bytes, which is why nothing
 * of them is checked here.
 */
bool bundle_copy(const struct outfile *from, const struct head *head, struct outfile *out,
		 struct err *err) MUST_CHECK;

#endif
