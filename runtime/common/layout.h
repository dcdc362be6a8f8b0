/* SPDX-License-Identifier: MIT */
/*
 * layout.h - lay a tree out through a sink: every byte checked, every file's digest read to its end.
 *
 * Each block is decoded once and what it holds goes where it belongs, so that a file whose pieces
 * lie in many blocks is written in runs, here and there, with other files between.
 *
 * The sink is builder/outdir.c or the runtime's platform; one that ignores everything makes it a
 * verification.
 */
#ifndef LAYOUT_H
#define LAYOUT_H

#include "bundle.h"

struct layout_sink {
	void *ctx;
	bool (*dir)(void *ctx, const struct tree_entry *e, struct err *err);
	bool (*symlink)(void *ctx, const struct tree_entry *e, struct err *err);
	/*
	 * One file at a time: begin, write any number of times, end (after its digest matched); between
	 * writes it may be left and resumed.  Every byte is written once, at its offset in the file.
	 */
	bool (*file_begin)(void *ctx, const struct tree_entry *e, struct err *err);
	bool (*file_write)(void *ctx, uint64_t at, const uint8_t *p, size_t n, struct err *err);
	bool (*file_leave)(void *ctx, const struct tree_entry *e, struct err *err);
	bool (*file_resume)(void *ctx, const struct tree_entry *e, struct err *err);
	bool (*file_end)(void *ctx, const struct tree_entry *e, struct err *err);
	/*
	 * Also the bytes that containers are made from, each as a file of type TREE_CONTAINER with the
	 * container's name, which is that of a directory of the tree.  They do not count as progress.
	 */
	bool containers;
	/*
	 * May be NULL.  Whether what recipes have to make of @e, or of a container, is wanted at all; if
	 * not, these bytes are left out, which spares the work.
	 */
	bool (*wants_made)(void *ctx, const struct tree_entry *e);
	/* May be NULL.  Whether to stop, asked for on any thread while pieces are made. */
	bool (*stops)(void *ctx);
	/* Progress: @done of tree->total_size bytes; may be NULL.  False stops with ERR_INTERRUPTED. */
	bool (*progress)(void *ctx, uint64_t done, uint64_t total);
};

/* A sink that writes nothing, and wants nothing made: what it is made from is checked. */
extern const struct layout_sink layout_verify_only;

/*
 * Directories, then symlinks, both in the tree's order; then files, in the order of their blocks.
 * What only containers are made from is not read unless the sink asks for it.
 */
bool layout_tree(struct bundle *b, const struct tree *t, const struct layout_sink *sink,
		 struct err *err) MUST_CHECK;

/* What layout_verify() went through. */
struct layout_verified {
	const char *stub;        /* platform of the stub in this file, or NULL */
	size_t packages;         /* whole: its tree is good, and with @files every file's digest */
	size_t packages_missing; /* not whole here, since blocks were left out of this file */
	uint32_t blocks, blocks_missing;
	uint64_t bytes; /* of the files of all whole packages */
};

/*
 * Everything in the file that bundle_open() left open: the stub, the documents, every block that is
 * here and every tree.  That is every byte.  With @files blocks are decoded, too, and every file's digest is
 * compared: what is in the blocks was signed, so only a mistake of its builder can show there.
 * @progress as in layout_sink, counting stored and, with @files, laid out bytes; may be NULL.
 */
bool layout_verify(struct bundle *b, bool files,
		   bool (*progress)(void *ctx, uint64_t done, uint64_t total), void *ctx,
		   struct layout_verified *out, struct err *err) MUST_CHECK;

#endif
