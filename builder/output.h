/* SPDX-License-Identifier: MIT */
/*
 * output.h - the files that one build writes: one bundle, with the head of each platform.
 *
 * The blocks are compressed once, into the first file, and the root is signed there; the others are
 * copies with another stub.  Every file is verified before any gets its name.  Names can't be given
 * all at once: interrupted in between, some files are the old ones, and each is whole.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "authenticode.h"
#include "bundle_write.h"
#include "seal.h"

#define OUTPUTS_MAX (HEADS_MAX + 1)

/* A program of 4 GiB does not run on Windows: this leaves room for certificates and what aligns them. */
#define EXE_SIZE_MAX ((UINT64_C(4) << 30) - (UINT64_C(64) << 20))

struct output {
	char *path;              /* owned */
	const struct head *head; /* NULL: none, NAME.ibb */
	bool alone;              /* the head only: with the bundle, it would be too large */
	struct seal seal;
	struct authenticode authenticode; /* who signed it as a program */
};

struct outputs {
	struct output v[OUTPUTS_MAX];
	size_t count;
};

struct output_options {
	const struct sign_key *key;                  /* NULL: not signed */
	const struct authenticode_key *authenticode; /* NULL: not signed as a program */
	uint64_t exe_max;                            /* at most EXE_SIZE_MAX */
	uint64_t now;
};

/*
 * Which files @name stands for, opened.  By its ending it is one; without any of them, NAME.run and so
 * on for every head there is, and NAME.ibb.  @no_stub: @name as it is, without a head.
 */
bool outputs_open(struct outputs *o, const char *name, bool no_stub, const struct heads *heads,
		  struct err *err) MUST_CHECK;

/* Write, sign and verify them; in->head is chosen here. */
bool outputs_write(struct outputs *o, const struct bundle_input *in,
		   const struct output_options *how, struct err *err) MUST_CHECK;

/* Final names for all. */
bool outputs_commit(struct outputs *o, struct err *err) MUST_CHECK;

bool output_is_windows(const struct output *out);

void outputs_done(struct outputs *o); /* for AUTO() */

#endif
