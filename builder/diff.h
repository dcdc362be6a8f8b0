/* SPDX-License-Identifier: MIT */
/*
 * diff.h - what one bundle has that another has not: packages, files, and bytes to carry.
 */
#ifndef DIFF_H
#define DIFF_H

#include "bundle.h"

enum diff_kind { DIFF_ADDED, DIFF_REMOVED, DIFF_CHANGED };

struct diff_file {
	char *path; /* owned */
	enum diff_kind kind;
	uint64_t old_size, new_size; /* 0 of what is no file, or not there */
};

struct diff_package {
	char *id; /* owned */
	enum diff_kind kind;
	char *old_version, *new_version; /* owned; "" where it is not */
	bool described;                  /* it differs in what the catalog says of it, too */
	struct diff_file *files;         /* owned; by path */
	size_t file_count, file_cap;
};

struct diff {
	struct diff_package *packages; /* owned; by id */
	size_t package_count;
	/* Blocks of the new bundle, and their stored bytes; and of these, those that the old one lacks. */
	uint32_t blocks, new_blocks;
	uint64_t bytes, new_bytes;
	bool same_root;
};

/*
 * Trees of both are read, blocks of files are not: digests tell.  ERR_MISSING_BLOCK when a tree was
 * left out of a file.
 */
bool diff_make(const struct bundle *old, const struct bundle *new, struct diff *out,
	       struct err *err) MUST_CHECK;
void diff_done(struct diff *d); /* for AUTO() */

#endif
