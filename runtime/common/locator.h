/* SPDX-License-Identifier: MIT */
/*
 * locator.h - the fixed-size end of a bundle file, which says where everything else is.
 *
 * Unsigned: it only says where to look (FORMAT.md, Locator).  What it leads to is authenticated by
 * the signature over the root and by digests.
 */
#ifndef LOCATOR_H
#define LOCATOR_H

#include "buf.h"
#include "err.h"
#include "source.h"

#define LOCATOR_SIZE 128
#define LOCATOR_MAGIC "IBBUNDL1"
#define LOCATOR_VERSION 1
#define LOCATOR_CHECK_SIZE 16 /* first bytes of the SHA-256 of all before them */

struct extent {
	uint64_t offset, size;
};

struct locator {
	uint64_t stub_size;   /* blocks start here; 0 in a file without a stub */
	uint64_t blocks_end;  /* end of the block region */
	struct extent places; /* u64 per block: offset in this file, or BLOCK_NOT_HERE */
	struct extent table;
	struct extent catalog;
	struct extent documents; /* what lies between the catalog and the root; may be empty */
	struct extent root;
	struct extent signatures;
};

/* Where a file's locator stands, and what comes after it. */
struct locator_place {
	uint64_t offset;            /* of the locator */
	struct extent certificates; /* up to the file's end; size 0: none */
	bool lost;                  /* the headers tell of some that do not end there */
};

/*
 * The one place where the locator of @src can be: its end, or, in a Windows executable whose
 * certificates end there, before them and the zeros that align them.  Nothing but the certificates'
 * place and those zeros is checked.
 */
bool locator_find(const struct source *src, struct locator_place *out, struct err *err) MUST_CHECK;

/* Read the locator at @place, and that the file has certificates only behind a stub. */
bool locator_read(const struct source *src, const struct locator_place *place, struct locator *out,
		  struct err *err) MUST_CHECK;

/*
 * Parse the LOCATOR_SIZE bytes that stand at @offset of the file.
 *
 * On success the sections lie one directly after the other, without a gap: blocks from stub_size,
 * places, table, catalog, documents, root, signatures, and then @offset.  Sizes of sections are not
 * yet compared with anything else.
 */
bool locator_parse(struct slice raw, uint64_t offset, struct locator *out, struct err *err)
	MUST_CHECK;

/* The same sections, behind a stub and blocks of other sizes. */
struct locator locator_moved(const struct locator *l, uint64_t stub_size, uint64_t blocks_end);

bool locator_write(const struct locator *l, struct buf *out, struct err *err) MUST_CHECK;

#endif
