/* SPDX-License-Identifier: MIT */
/*
 * outfile.h - one large file being written: without a name, or where that can't be under a
 * temporary one beside the final one; synced and renamed at the end.  Whatever fails before that
 * leaves nothing behind.
 */
#ifndef OUTFILE_H
#define OUTFILE_H

#include <stdint.h>

#include "err.h"

struct outfile {
	char *path;      /* owned: the final name */
	char *temp;      /* owned: where it can be read meanwhile; NULL once renamed */
	bool named;      /* temp is a name of its own, not one below /proc */
	int fd;          /* -1 when closed */
	uint64_t offset; /* where the next outfile_write() goes */
};

#define OUTFILE_INIT ((struct outfile) { .fd = -1 })

/* Mode 0600 until outfile_commit(). */
bool outfile_open(struct outfile *f, const char *path, struct err *err) MUST_CHECK;
bool outfile_write(struct outfile *f, const void *p, size_t n, struct err *err) MUST_CHECK;
bool outfile_write_at(struct outfile *f, uint64_t offset, const void *p, size_t n, struct err *err)
	MUST_CHECK;

/*
 * Append @size bytes that stand at @offset of file @from; in the kernel where it can.  @name of it is
 * for messages.  Adds to the progress that runs.
 */
bool outfile_copy(struct outfile *f, int from, const char *name, uint64_t offset, uint64_t size,
		  struct err *err) MUST_CHECK;

/* Take the file @path, which is on the same file system, in the place of what was written so far. */
bool outfile_replace(struct outfile *f, const char *path, struct err *err) MUST_CHECK;

/* Everything written is on the disk. */
bool outfile_sync(struct outfile *f, struct err *err) MUST_CHECK;

/* Sync, give it @mode less the umask and its final name. */
bool outfile_commit(struct outfile *f, unsigned mode, struct err *err) MUST_CHECK;

void outfile_done(struct outfile *f); /* for AUTO(); removes what was not committed */

#endif
