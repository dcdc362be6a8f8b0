/* SPDX-License-Identifier: MIT */
/*
 * tree.h - one package's payload: its files and where their bytes are (FORMAT.md, Tree).
 *
 * A tree is stored as a block of its own; the catalog names it.
 */
#ifndef TREE_H
#define TREE_H

#include "block.h"

#define TREE_MAGIC "IBBTREE1"
#define TREE_HEADER_SIZE 64
#define TREE_ENTRY_SIZE 96
#define TREE_PIECE_SIZE 24
#define TREE_RECIPE_SIZE 64
#define TREE_SIZE_MAX BLOCK_RAW_MAX
#define TREE_NO_RECIPE 0

enum tree_type { TREE_FILE = 1, TREE_DIR = 2, TREE_SYMLINK = 3 };

struct tree_entry {
	struct slice path;   /* path_is_safe; parents come before children; no path twice */
	struct slice target; /* of a symlink: relative, stays inside the tree */
	enum tree_type type;
	uint32_t mode; /* permission bits only: 07777 without setuid, setgid */
	int64_t mtime; /* seconds since 1970 */
	uint64_t size; /* exact sum of its pieces */
	uint8_t sha256[SHA256_SIZE];
	uint32_t first_piece, piece_count;
	uint32_t recipe; /* index plus one into the recipes, or TREE_NO_RECIPE */
};

struct tree_piece {
	uint32_t block;
	uint64_t offset, length; /* in the raw bytes of the block */
};

/* How a vendor's container is made again from an entry (fields now, kinds later: FORMAT.md). */
struct tree_recipe {
	uint32_t kind;
	struct slice parameters;
	uint64_t exact_size;
	uint8_t exact_sha256[SHA256_SIZE];
};

struct tree {
	uint8_t *bytes; /* owned: the raw tree that all slices point into */
	struct tree_entry *entries;
	struct tree_piece *pieces;
	struct tree_recipe *recipes;
	uint32_t entry_count, piece_count, recipe_count;
	uint64_t total_size; /* sum of the file sizes */
};

/* Takes ownership of @bytes (malloc) in every case.  Pieces are checked against @table. */
bool tree_parse(uint8_t *bytes, size_t len, const struct block_table *table, struct tree *out,
		struct err *err) MUST_CHECK;
void tree_write(const struct tree *t, struct buf *out); /* bytes is not read */
void tree_done(struct tree *t);

#endif
