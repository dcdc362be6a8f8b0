/* SPDX-License-Identifier: MIT */
/*
 * remake.h - pieces of files that recipes make while a tree is laid out (FORMAT.md, Recipes): what
 * was compressed inside of a vendor's file is compressed again, on all processors.
 *
 * The input of such a recipe is gathered in memory as its blocks go by.  When it is whole, a job of
 * the pool makes the piece and compares its size and SHA-256; then it is handed to the caller, on
 * his thread, in the order in which the jobs were started.
 */
#ifndef REMAKE_H
#define REMAKE_H

#include <stdatomic.h>

#include "parallel.h"
#include "tree.h"

#define REMAKE_MEMORY_MAX (UINT64_C(1) << 30) /* a tree that needs more is refused */
/*
 * Inputs and pieces per thread, beside encoders: while one thread makes the largest piece of a
 * kernel, of 30 MB, the others go on with small ones.
 */
#define REMAKE_AHEAD (UINT64_C(32) << 20)

/* What all of that costs for one tree.  It follows from the tree alone. */
struct remake_cost {
	uint64_t files; /* recipes that make pieces */
	uint64_t bytes; /* sum of their inputs */
	/*
	 * Without which it can't be done: the most that inputs of which some bytes are still to come
	 * take at once, and the largest job.  0: there are none.
	 */
	uint64_t memory;
	uint64_t encoder; /* the largest; no more than memory */
};

/* ERR_FORMAT when it takes more than REMAKE_MEMORY_MAX, or what no reader can do. */
bool remake_measure(const struct tree *t, struct remake_cost *out, struct err *err) MUST_CHECK;

struct remake_job;

struct remake {
	/* The caller's: */
	const struct tree *tree;
	struct parallel *parallel; /* or NULL */
	uint64_t memory;           /* at most, or what remake_measure() says */
	void *ctx;
	/* A piece is there; on the caller's thread. */
	bool (*deliver)(void *ctx, uint32_t recipe, struct slice made, struct err *err);
	/* Whether to stop; on any thread.  May be NULL. */
	bool (*stops)(void *stop_ctx);
	void *stop_ctx;
	/* remake.c's: */
	struct remake_job *jobs;          /* owned; one a recipe of the tree */
	struct remake_job *first, **last; /* started and not handed over */
	unsigned started, started_max;
	uint64_t held, held_max;  /* bytes that inputs and pieces take */
	struct monitor *monitor;  /* guards the next two */
	struct xz_encoder **idle; /* owned, as are they; room for one a thread */
	unsigned idle_count;
	atomic_bool stop;
};

bool remake_init(struct remake *r, struct err *err) MUST_CHECK;
void remake_done(struct remake *r); /* ends what is under way; accepts a zeroed struct */

/* Bytes of the input of @recipe, which belong at @at.  May hand pieces over, to have room. */
bool remake_add(struct remake *r, uint32_t recipe, uint64_t at, struct slice bytes, struct err *err)
	MUST_CHECK;

/* The input of @recipe is whole, and what it should be. */
bool remake_start(struct remake *r, uint32_t recipe, struct err *err) MUST_CHECK;

/* Hand over all that were started. */
bool remake_finish(struct remake *r, struct err *err) MUST_CHECK;

#endif
