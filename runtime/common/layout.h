/* SPDX-License-Identifier: MIT */
/*
 * layout.h - lay a tree out through a sink: every byte checked, every file's digest read to its end.
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
	/* One file at a time: begin, write any number of times, end (after its digest matched). */
	bool (*file_begin)(void *ctx, const struct tree_entry *e, struct err *err);
	bool (*file_write)(void *ctx, const uint8_t *p, size_t n, struct err *err);
	bool (*file_end)(void *ctx, const struct tree_entry *e, struct err *err);
	/* Progress: @done of tree->total_size bytes; may be NULL.  False stops with ERR_INTERRUPTED. */
	bool (*progress)(void *ctx, uint64_t done, uint64_t total);
};

/* A sink that writes nothing. */
extern const struct layout_sink layout_verify_only;

bool layout_tree(struct bundle *b, const struct tree *t, const struct layout_sink *sink,
		 struct err *err) MUST_CHECK;

#endif
