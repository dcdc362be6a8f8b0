/* SPDX-License-Identifier: MIT */
/*
 * rotation.h - a signer gives way to another: the document "rotation" of a bundle.
 *
 * One step after the other, each a statement and the signatures over it, by those whom the machine
 * trusted so far (FORMAT.md, Rotation).  A step is believed on the terms on which a bundle would be:
 * who may sign bundles alone may name a successor alone, and where it takes two, it takes the same two.
 */
#ifndef ROTATION_H
#define ROTATION_H

#include "policy.h"

#define ROTATION_DOCUMENT "rotation"
#define ROTATION_SIZE_MAX (256u << 10)
#define ROTATION_STEPS_MAX 8
#define ROTATION_STATEMENT_MAX (16u << 10)
#define ROTATION_SIGNATURES_MAX 16
#define ROTATION_REPLACES_MAX 8

/* What is signed: canonical JSON. */
struct rotation {
	struct json *doc;        /* owns the strings of one that was parsed */
	const char *bundle;      /* for bundles of this name */
	const char *certificate; /* PEM: the new anchor */
	uint64_t from;           /* and created from then on */
	/* It stands for the first of these that a machine holds, and takes its role. */
	uint8_t replaces[ROTATION_REPLACES_MAX][SHA256_SIZE];
	size_t replaces_count;
	bool retire; /* which count no more, from that moment on */
};

/* ERR_ROTATION when it is not the one way to write it. */
bool rotation_parse(struct slice statement, struct rotation *out, struct err *err) MUST_CHECK;
bool rotation_write(const struct rotation *r, struct buf *out, struct err *err) MUST_CHECK;
void rotation_done(struct rotation *r); /* for AUTO() */

/* One step of a document; all of it is borrowed. */
struct rotation_step {
	struct slice statement;
	struct slice cms[ROTATION_SIGNATURES_MAX];
	size_t count;
};

/* Framing alone.  ERR_ROTATION; nothing is authenticated, and no statement is looked at. */
bool rotation_split(struct slice document, struct rotation_step steps[ROTATION_STEPS_MAX],
		    size_t *count, struct err *err) MUST_CHECK;
bool rotation_join(const struct rotation_step *steps, size_t count, struct buf *out,
		   struct err *err) MUST_CHECK;

/* What a rotation retires. */
#define ROTATION_RETIRED_MAX (ROTATION_STEPS_MAX * ROTATION_REPLACES_MAX)
struct rotation_result {
	struct retired retired[ROTATION_RETIRED_MAX]; /* bundle is that of the case */
	size_t retired_count;
	size_t followed; /* steps that were believed */
};

/*
 * Follow the steps of @document: the anchors that they bring are added to @t.  A statement is parsed
 * only when a signature over it is good and an anchor leads to who made it.  A step that no anchor
 * leads to, or that is not signed as @p asks, is passed over: it is about somebody whom this machine
 * does not know.  ERR_ROTATION for a bad signature, a statement for another bundle, or one that is not
 * by a signer of what it replaces.
 *
 * @c: the bundle, its name and creation; its signers are not looked at.
 */
bool rotation_follow(struct slice document, const struct policy *p, const struct policy_case *c,
		     struct trust *t, struct rotation_result *out, struct err *err) MUST_CHECK;

#endif
