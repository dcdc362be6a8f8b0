/* SPDX-License-Identifier: MIT */
/*
 * group.h - which bytes go where: unique files, groups of them, and the blocks of each group.
 *
 * Two files with the same SHA-256 are stored once.  A group holds the files that exactly the same
 * set of packages uses, so that leaving a package out leaves whole blocks out.  The files of a
 * group stand one after the other in one stream, and the stream is cut into blocks of about the
 * same size; a block never crosses groups.
 */
#ifndef GROUP_H
#define GROUP_H

#include "block.h"

#define GROUP_BLOCK_SIZE (16u << 20) /* raw bytes aimed at: 11 to 24 MiB in a larger group */
#define GROUP_FILES_MAX (1u << 24)

struct group_file { /* one content */
	uint8_t sha256[SHA256_SIZE];
	uint64_t size;
	char *from;         /* owned: where the builder reads it */
	char *sort_key;     /* owned: path without its digits, to make near-duplicates neighbours */
	uint32_t *packages; /* owned, ascending: who uses it */
	size_t package_count;
	uint32_t group;  /* of a file that is not empty: */
	uint64_t offset; /* in the stream of its group */
};

struct group {
	const uint32_t *packages; /* borrowed from one of its files */
	size_t package_count;
	uint32_t first_file, file_count; /* in groups.order */
	uint64_t size;                   /* of the stream */
	uint32_t first_block, block_count;
	uint64_t block_size; /* raw; the last block may be shorter */
};

struct groups {
	struct group_file *files; /* owned, in the order they were added */
	size_t file_count, file_cap;
	uint32_t *slots; /* owned: hash table of file indices plus one */
	size_t slot_count;
	uint32_t *order; /* owned, after groups_finish: files that are not empty, group by group */
	size_t order_count;
	struct group *groups;
	size_t group_count;
	uint32_t block_count;
};

/*
 * Package number @package uses a file with this content at @path; the builder finds the bytes in
 * @from.  Packages come in ascending order.  *file is the content's index.
 */
bool groups_add(struct groups *g, uint32_t package, const uint8_t sha256[SHA256_SIZE],
		uint64_t size, const char *path, const char *from, uint32_t *file, struct err *err)
	MUST_CHECK;

/* Sort and cut.  Depends on nothing but what was added, and not on the memory it lies in. */
bool groups_finish(struct groups *g, uint64_t block_size, struct err *err) MUST_CHECK;
void groups_done(struct groups *g);

/* One run of a file's bytes in one block. */
struct group_piece {
	uint32_t block;
	uint64_t offset, length;
};

/* The piece of file @file that holds its byte @at (< its size), to the end of that block. */
struct group_piece groups_piece(const struct groups *g, uint32_t file, uint64_t at);

/* Raw size of block number @block of group @grp, counted from the group's first. */
uint64_t group_block_size(const struct group *grp, uint32_t block);

#endif
