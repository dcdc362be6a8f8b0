/* SPDX-License-Identifier: MIT */
/*
 * group.h - which bytes go where: unique files, groups of them, and the blocks of each group.
 *
 * Two files with the same SHA-256 are stored once.  A group holds the files that exactly the same
 * set of packages uses, so that leaving a package out leaves whole blocks out.  The files of a
 * group stand one after the other in one stream: its runs, one for each kind of content that there
 * is enough of, and in each run by path, without what tells versions apart.  A run is cut into
 * blocks where its base is cut, or if it has none, before files that their paths decide about: so the
 * next version of a bundle has the same blocks but where something changed.  No block crosses runs.
 *
 *   groups_add()... -> groups_look() -> groups_sort() -> (family.h: which run is like which) ->
 *   groups_cut() -> groups_piece(), group_read.h, pack.h
 */
#ifndef GROUP_H
#define GROUP_H

#include "block.h"
#include "content.h"

#define GROUP_BLOCK_SIZE (12u << 20)     /* raw bytes at most: LZMA2 decodes two at once */
#define GROUP_BLOCK_SIZE_MAX (24u << 20) /* LZMA2 decodes this in BLOCK_READER_MEMORY */
#define GROUP_PACKED_SIZE (2u << 20) /* of what doesn't get smaller: so that little is changed */
#define GROUP_FILES_MAX (1u << 24)
#define GROUP_RUN_MIN (256u << 10) /* what is less goes into the run before it */
#define GROUP_CODE_ALIGN 16u       /* the ARM64 filter wants 4; what code repeats is so aligned */
#define GROUP_NONE UINT32_MAX

struct group_file { /* one content */
	uint8_t sha256[SHA256_SIZE];
	uint64_t size;
	char *from;         /* owned: where the builder reads it */
	char *sort_key;     /* owned: path_without_versions() */
	uint32_t *packages; /* owned, ascending: who uses it */
	size_t package_count;
	enum content_kind kind;
	uint32_t group;  /* of a file that is not empty: */
	uint64_t offset; /* in the stream of its group */
};

struct group {
	const uint32_t *packages; /* borrowed from one of its files */
	size_t package_count;
	uint32_t first_file, file_count; /* in groups.order */
	uint64_t size;                   /* of the stream */
	uint32_t first_block, block_count;
};

struct group_run {
	uint32_t group;
	enum content_kind kind;          /* of most of it */
	uint32_t first_file, file_count; /* in groups.order */
	uint64_t start, size;            /* in the stream of its group */
	uint32_t base; /* an earlier run, without a base, that this one is like; or GROUP_NONE */
	uint32_t first_block, block_count;
};

struct group_block {
	uint32_t group;
	enum content_kind kind;
	uint32_t file;        /* in groups.order: the first one that reaches into it */
	uint64_t start, size; /* in the stream of its group */
	uint32_t prefix;      /* the block of the base that has the same paths, or GROUP_NONE */
};

struct groups {
	struct group_file *files; /* owned, in the order they were added */
	size_t file_count, file_cap;
	uint32_t *slots; /* owned: hash table of file indices plus one */
	size_t slot_count;
	/* After groups_sort(), owned: */
	uint32_t *order; /* files that are not empty, group by group */
	size_t order_count;
	struct group *groups;
	size_t group_count;
	struct group_run *runs;
	size_t run_count;
	/* After groups_cut(), owned: */
	struct group_block *blocks;
	uint32_t block_count, block_cap;
};

/*
 * Package number @package uses a file with this content at @path; the builder finds the bytes in
 * @from.  Packages come in ascending order.  *file is the content's index.
 */
bool groups_add(struct groups *g, uint32_t package, const uint8_t sha256[SHA256_SIZE],
		uint64_t size, const char *path, const char *from, uint32_t *file, struct err *err)
	MUST_CHECK;

/* Read the first bytes of every content, to know its kind.  Without this all are data. */
bool groups_look(struct groups *g, struct err *err) MUST_CHECK;

/* These depend on nothing but what was added, and not on the memory it lies in. */
bool groups_sort(struct groups *g, struct err *err) MUST_CHECK;
bool groups_cut(struct groups *g, uint64_t block_size, struct err *err) MUST_CHECK;

void groups_done(struct groups *g);

/* One run of a file's bytes in one block. */
struct group_piece {
	uint32_t block;
	uint64_t offset, length;
};

/* The piece of file @file that holds its byte @at (< its size), to the end of that block. */
struct group_piece groups_piece(const struct groups *g, uint32_t file, uint64_t at);

/*
 * "lib/modules/6.1.0-40-amd64/x.ko" and "lib/modules/6.12.9+deb13-arm64/x.ko" give the same text: a
 * version is one 0, an architecture one @.  The caller frees it; NULL when memory has run out.
 */
char *path_without_versions(const char *path);

#endif
