/* SPDX-License-Identifier: MIT */
/*
 * cpio_split.h - cut a cpio stream, as it is in an .rpm, into the contents of its files and all the
 * rest, byte by byte.
 *
 * Two kinds of headers: those of "newc" (magic 070701 and 070702), and the ones that rpm writes since 4.12
 * where a file has 4 GiB (07070X): these have nothing but the number of the file, whose name and size are
 * in the package's own header.  As with tar_split.h nothing is unpacked and nothing is judged.
 */
#ifndef CPIO_SPLIT_H
#define CPIO_SPLIT_H

#include "tar_split.h"

#define CPIO_HEADER_SIZE 110
#define CPIO_FILE_MIN TAR_FILE_MIN

/* What the package's header knows of a file. */
struct cpio_file {
	const char *dir, *base; /* borrowed; the name is one after the other */
	uint64_t size; /* of what stands in the stream: of hard links the last one has it all */
};

struct cpio_split {
	struct tar_sink sink;
	const struct cpio_file *files; /* borrowed */
	size_t file_count;
	enum { CPIO_HEADER, CPIO_NAME, CPIO_NAME_END, CPIO_FILE, CPIO_SKIP, CPIO_REST } state;
	uint8_t header[CPIO_HEADER_SIZE];
	size_t have, want; /* bytes of it */
	uint64_t left;     /* of what is being read after it */
	size_t padding;    /* of the header with its name */
	bool is_file;      /* a regular one, */
	uint64_t size;     /* of this size */
	struct buf name;   /* owned */
};

void cpio_split_init(struct cpio_split *c, const struct tar_sink *sink,
		     const struct cpio_file *files, size_t file_count);
bool cpio_split_feed(struct cpio_split *c, const uint8_t *p, size_t n, struct err *err) MUST_CHECK;
bool cpio_split_finish(struct cpio_split *c, struct err *err) MUST_CHECK; /* what was held back */
void cpio_split_done(struct cpio_split *c);                               /* for AUTO() */

#endif
