/* SPDX-License-Identifier: MIT */
/*
 * zip_write.h - a ZIP file of a few files, the same bytes every time: stored, in the order in which
 * they are added, all of one time and of nobody.
 */
#ifndef ZIP_WRITE_H
#define ZIP_WRITE_H

#include "buf.h"
#include "outfile.h"
#include "source.h"

struct zip {
	struct outfile file;
	void *archive; /* owned: libarchive's */
	int64_t mtime;
	struct err failed; /* what writing said, within libarchive */
};

#define ZIP_INIT ((struct zip) { .file = OUTFILE_INIT })

/* @mtime: of every file in it, seconds since 1970. */
bool zip_open(struct zip *z, const char *path, uint64_t mtime, struct err *err) MUST_CHECK;
bool zip_add(struct zip *z, const char *name, unsigned mode, const struct source *src,
	     struct err *err) MUST_CHECK;
bool zip_add_text(struct zip *z, const char *name, unsigned mode, struct slice text,
		  struct err *err) MUST_CHECK;

/* It is whole: give it its name. */
bool zip_commit(struct zip *z, struct err *err) MUST_CHECK;
void zip_done(struct zip *z); /* for AUTO(); removes what was not committed */

#endif
