/* SPDX-License-Identifier: MIT */
/*
 * opened.h - a file of a vendor that is stored as its parts: runs of contents, one after the other.
 *
 * The first content is the frame, all that belongs to nobody else: headers, padding, small files.
 * The others are the files in it, contents like those of any other package.
 */
#ifndef OPENED_H
#define OPENED_H

#include "staging.h"
#include "tar_split.h"

#define OPENED_CONTENTS_MAX (1u << 18)

struct opened_content {
	uint8_t sha256[SHA256_SIZE]; /* its file in the staging directory */
	uint64_t size;
	char *name;    /* owned; what it is like */
	char *from;    /* owned; where it is, if not in the staging directory; or NULL */
	uint32_t file; /* in groups.h, once there */
	/*
	 * Borrowed, or NULL: another one, exact, whose recipe gives this content.  It is what is stored;
	 * the content is made from it when it is laid out.  Its own contents are not made.
	 */
	struct opened *made;
};

struct opened_part {
	uint32_t content;
	uint64_t offset, length; /* in it; length at least 1 */
};

struct opened {
	const struct staging *staging;   /* borrowed; where the contents are */
	struct opened_content *contents; /* owned; [0] is the frame */
	size_t content_count, content_cap;
	struct opened_part *parts; /* owned */
	size_t part_count, part_cap;
	uint64_t size; /* of all parts together */
	uint8_t sha256[SHA256_SIZE];
	uint64_t vendor_size; /* of the file itself */
	uint8_t vendor_sha256[SHA256_SIZE];
	bool exact;        /* @recipe gives the vendor's file */
	struct buf recipe; /* owned: its operations (recipe.h) */
	/* Of its bytes that lie in blocks, in their order, once these are known. */
	bool stored_known;
	uint8_t stored_sha256[SHA256_SIZE];
	uint32_t recipe_number; /* in the tree that is drafted, of one that makes a content */
};

void opened_done(struct opened *o); /* accepts a zeroed struct */

/* Its one content is all of the file at @from; size and sha256 are set. */
bool opened_set_whole(struct opened *o, const char *name, const char *from, struct err *err)
	MUST_CHECK;

/* Where content number @index is.  free() it; NULL without memory. */
char *opened_content_path(const struct opened *o, size_t index) MUST_CHECK;

/* Making one: bytes for the frame and contents of files, in the order in which they stand. */
struct opener {
	struct opened *out;
	struct staging *staging;
	struct staged frame, file;
	uint64_t frame_size, limit;
	bool in_file;
	struct sha256 hash;
};

#define OPENER_INIT ((struct opener) { .frame = STAGED_INIT, .file = STAGED_INIT })

/* @name is the frame's; more than @limit bytes are ERR_FORMAT. */
bool opener_begin(struct opener *o, struct opened *out, struct staging *s, const char *name,
		  uint64_t limit, struct err *err) MUST_CHECK;
bool opener_frame(struct opener *o, const void *p, size_t n, struct err *err) MUST_CHECK;
bool opener_file_begin(struct opener *o, const char *name, struct err *err) MUST_CHECK;
bool opener_file_bytes(struct opener *o, const void *p, size_t n, struct err *err) MUST_CHECK;
bool opener_file_end(struct opener *o, struct err *err)
	MUST_CHECK; /* nothing where none is begun */
/* Of tar_split.h and cpio_split.h: all of an archive goes into @o, which must outlive it. */
struct tar_sink opener_sink(struct opener *o);
bool opener_end(struct opener *o, struct err *err) MUST_CHECK;
void opener_done(struct opener *o); /* for AUTO() */

#endif
