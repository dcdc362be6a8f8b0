/* SPDX-License-Identifier: MIT */
/*
 * seen.h - what a machine remembers of the bundles that it installed and whose signers it trusted.
 *
 * A file beside its state, which only the administrator may write (manifests/README.md, Memory): by it
 * an older bundle is known to be older, a revoked signer stays revoked, and a signer who gave way to
 * another stays replaced, whatever the next bundle carries.
 */
#ifndef SEEN_H
#define SEEN_H

#include "policy.h"

#define SEEN_FILE "seen.json"
#define SEEN_SIZE_MAX (16u << 20)
#define SEEN_VERSIONS_MAX 1024
#define SEEN_ANCHORS_MAX 64
#define SEEN_RETIRED_MAX 256
#define SEEN_CRLS_MAX 256

struct seen_version {
	const char *bundle, *version; /* the newest of this name */
};

struct seen_anchor {
	const char *certificate; /* PEM */
	const char *role;        /* "" */
	const char *bundle;      /* for bundles of this name */
	uint64_t from;           /* created from then on */
	const char *origin;      /* "NAME VERSION": the bundle that brought it */
};

/* Arrays are owned, their strings are those of doc. */
struct seen {
	struct json *doc;
	uint64_t latest; /* when the newest of all bundles was created */
	struct seen_version *versions;
	size_t version_count;
	struct seen_anchor *anchors;
	size_t anchor_count;
	struct retired *retired;
	size_t retired_count;
	const char **crls; /* PEM, one list each */
	size_t crl_count;
};

/* ERR_POLICY for what is not as seen_write() writes it. */
bool seen_parse(const char *name, struct slice text, struct seen *out, struct err *err) MUST_CHECK;
bool seen_write(const struct seen *s, struct buf *out, struct err *err) MUST_CHECK;
/* Nothing remembered yet. */
bool seen_new(struct seen *out, struct err *err) MUST_CHECK;
void seen_done(struct seen *s); /* for AUTO() */

/* The newest version of a bundle's name, or NULL. */
const char *seen_version(const struct seen *s, const char *bundle);

/* Anchors and lists into @t. */
bool seen_apply(const struct seen *s, struct trust *t, struct err *err) MUST_CHECK;

/*
 * Remember a bundle that was trusted and installed.  Its version, if it is newer than what was seen;
 * when it was created; of @trust the lists that an anchor vouches for, the newest of each CA, in place
 * of those remembered so far; and, with @rotated, its rotation's anchors and @retired.
 *
 * @trust and @retired are those that the bundle was judged by, so what was remembered is among them.
 */
struct seen_bundle {
	const char *bundle, *version;
	uint64_t created;
	const struct trust *trust;
	const struct retired *retired;
	size_t retired_count;
	bool rotated;
};
bool seen_remember(struct seen *s, const struct seen_bundle *b, struct err *err) MUST_CHECK;

/* Forget an anchor that came by rotation; what it retired stays so.  False when there is none. */
bool seen_forget_anchor(struct seen *s, const uint8_t certificate[SHA256_SIZE]);

#endif
