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
#define TREE_ENTRY_SIZE 80
#define TREE_PIECE_SIZE 24
#define TREE_RECIPE_SIZE 96
#define TREE_SIZE_MAX BLOCK_RAW_MAX
#define TREE_ENTRIES_MAX (1u << 18)
#define TREE_PIECES_MAX (1u << 20)
#define TREE_RECIPES_MAX (1u << 18)
#define TREE_PARAMETERS_MAX (1u << 16) /* bytes, of one recipe */
#define TREE_PIECE_MADE UINT32_MAX     /* in place of a block: what a recipe gives */
#define TREE_MODE_MASK 01777u
#define TREE_MTIME_MAX INT64_C(253402300799) /* 9999-12-31 23:59:59 UTC */

enum tree_type {
	TREE_FILE = 1,
	TREE_DIR = 2,
	TREE_SYMLINK = 3,
	TREE_CONTAINER = UINT16_MAX /* in no tree: see layout.h */
};

struct tree_entry {
	struct slice path;   /* path_is_safe; in byte order; its parent is a directory before it */
	struct slice target; /* of a symlink: path_target_is_safe; else empty */
	enum tree_type type;
	uint32_t mode; /* within TREE_MODE_MASK: no setuid, no setgid; 0777 for a symlink */
	int64_t mtime; /* seconds since 1970, not before */
	uint64_t size; /* of a file: exact sum of its pieces; else 0 */
	uint8_t sha256[SHA256_SIZE]; /* of a file's bytes; else zero */
	uint32_t first_piece, piece_count;
	uint32_t recipe; /* of a file: 1 + number of the one that gives the vendor's; 0: none */
};

/* Of an entry without a recipe, pieces come in the order of blocks and of offsets in them. */
struct tree_piece {
	uint32_t block;          /* or TREE_PIECE_MADE: then @offset is a recipe's number */
	uint64_t offset, length; /* in the raw bytes of the block; length at least 1 */
};

enum recipe_kind {
	RECIPE_NONE = 0,      /* how the vendor's file is made is not known, only which it is */
	RECIPE_OPERATIONS = 1 /* recipe.h */
};

/*
 * How one file of a vendor is made from bytes of the bundle.  What it is made from is either the
 * entry that names the recipe, or pieces of its own: then it has a name and is a container whose
 * contents are entries, or it has none and is what pieces with TREE_PIECE_MADE stand for.
 */
struct tree_recipe {
	enum recipe_kind kind;
	struct slice parameters;
	struct slice name;           /* of a container: path_is_safe; else empty */
	uint64_t size;               /* of the vendor's file */
	uint8_t sha256[SHA256_SIZE]; /* of the vendor's file */
	/*
	 * Of the bytes that it is made from, as far as they lie in blocks, in the order in which
	 * they lie there (by block, then offset), so that they can be checked as blocks are read.
	 */
	uint8_t stored_sha256[SHA256_SIZE];
	uint64_t input_size; /* sum of its own pieces; 0: it has none */
	uint32_t first_piece, piece_count;
};

struct tree {
	uint8_t *bytes; /* owned: the raw tree that all slices point into */
	struct tree_entry *entries;
	struct tree_piece *pieces; /* of the entries in their order, then of the recipes */
	struct tree_recipe *recipes;
	uint32_t entry_count, piece_count, recipe_count;
	uint64_t total_size; /* sum of the file sizes */
	uint32_t file_count; /* entries that are files */
};

/* Takes ownership of @bytes (malloc) in every case.  Pieces are checked against @table. */
bool tree_parse(uint8_t *bytes, size_t len, const struct block_table *table, struct tree *out,
		struct err *err) MUST_CHECK;

/* The recipe of @e, or NULL. */
const struct tree_recipe *tree_recipe_of(const struct tree *t, const struct tree_entry *e);

/* Writes entries in their order; total_size, file_count and bytes are not read. */
void tree_write(const struct tree *t, struct buf *out);
void tree_done(struct tree *t);

#endif
