/* SPDX-License-Identifier: MIT */
/*
 * outdir.h - a sink for layout.h that writes to a new directory.
 *
 * Everything goes to a private directory beside the final one, made exclusively; files are created
 * with O_EXCL and no symlink is ever followed.  It gets its final name when all is written and
 * synced; whatever fails before leaves nothing behind.
 */
#ifndef OUTDIR_H
#define OUTDIR_H

#include "layout.h"
#include "path.h"

struct outdir_made { /* a directory that gets its mode and time when all in it is written */
	char *path;
	uint32_t mode;
	int64_t mtime;
};

struct outdir {
	char *path, *temp;  /* owned; temp is NULL once renamed */
	int top;            /* the temporary directory; -1: closed */
	int base;           /* where trees go: top, or a directory in it */
	char *parent_path;  /* owned: directory of the last entry, relative to base */
	int parent;         /* the same, open; -1: none */
	int file;           /* the file that is being written; -1: none */
	uint64_t unwritten; /* of it: bytes that nobody has sent to the disk so far */
	struct outdir_made *made;
	size_t made_count, made_cap;
};

#define OUTDIR_INIT ((struct outdir) { .top = -1, .base = -1, .parent = -1, .file = -1 })

/* @path must not exist, or be an empty directory (ERR_USAGE). */
bool outdir_open(struct outdir *d, const char *path, struct err *err) MUST_CHECK;

/* Trees go to directory @name from now on; made. */
bool outdir_enter(struct outdir *d, const char *name, struct err *err) MUST_CHECK;

/* The sink; ctx is @d. */
struct layout_sink outdir_sink(struct outdir *d);

/* Give the directories of the tree just laid out their modes and times. */
bool outdir_finish_tree(struct outdir *d, struct err *err) MUST_CHECK;

/* Sync, final name. */
bool outdir_commit(struct outdir *d, struct err *err) MUST_CHECK;
void outdir_done(struct outdir *d); /* for AUTO(); removes what was not committed */

#endif
