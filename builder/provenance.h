/* SPDX-License-Identifier: MIT */
/*
 * provenance.h - how a bundle came about: an in-toto Statement v1 with SLSA's provenance v1 (FORMAT.md,
 * Provenance).
 *
 * The root can't be its subject, since the root names the statement's digest.  The subjects are what
 * the root names besides it.
 */
#ifndef PROVENANCE_H
#define PROVENANCE_H

#include "encode.h"
#include "lock.h"
#include "recompress.h"
#include "root.h"

#define PROVENANCE_STATEMENT "https://in-toto.io/Statement/v1"
#define PROVENANCE_PREDICATE "https://slsa.dev/provenance/v1"
#define PROVENANCE_BUILD "urn:ibbundle:build:v1"     /* what the parameters below mean */
#define PROVENANCE_BUILDER "urn:ibbundle:builder:v1" /* whoever runs it; the signatures say who */

struct provenance {
	const struct lock *lock;
	const struct root *root; /* whole but for the statement itself among the documents */
	const struct encode_options *encode;
	uint64_t block_size;
	struct recompress_rule recompress;
	bool packed; /* .deb files were not opened */
};

/* Canonical JSON. */
bool provenance_write(const struct provenance *p, struct buf *out, struct err *err) MUST_CHECK;

#endif
