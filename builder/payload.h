/* SPDX-License-Identifier: MIT */
/*
 * payload.h - what one package lays down: a list of files, directories and symlinks that becomes
 * its tree.
 */
#ifndef PAYLOAD_H
#define PAYLOAD_H

#include "opened.h"
#include "tree.h"

#define PAYLOAD_NO_FILE UINT32_MAX

struct payload_entry {
	char *path; /* owned; path_is_safe */
	enum tree_type type;
	uint32_t mode;
	int64_t mtime;
	char *target; /* owned; of a symlink, else NULL */
	/* Of a file: */
	uint64_t size;
	uint8_t sha256[SHA256_SIZE];
	char *from;            /* owned; where the builder finds its bytes */
	uint32_t file;         /* its content's index in groups.h, once there */
	struct opened *opened; /* borrowed; instead of both: a vendor's file in parts; or NULL */
};

/* An archive whose tree is in the payload, at @path. */
struct payload_container {
	char *path;            /* owned */
	struct opened *opened; /* borrowed; without exact, only what the vendor's file was */
};

struct payload {
	struct payload_entry *entries; /* owned */
	size_t count, cap;
	struct payload_container *containers; /* owned */
	size_t container_count;
};

/*
 * Add one entry.  @e's texts are copied, @prefix (or "") and a slash put before its path.  Refuses
 * what a reader of the tree would: unsafe paths and targets, too many entries.
 */
bool payload_add(struct payload *p, const char *prefix, const struct payload_entry *e,
		 struct err *err) MUST_CHECK;

bool payload_add_container(struct payload *p, const char *path, struct opened *opened,
			   struct err *err) MUST_CHECK;

/*
 * Make it a tree: directories that nobody named get 0755 and @mtime, entries are sorted by path.
 * Two of one path are an error unless both are directories.
 */
bool payload_finish(struct payload *p, int64_t mtime, struct err *err) MUST_CHECK;

void payload_done(struct payload *p); /* accepts a zeroed struct; for AUTO() */

#endif
