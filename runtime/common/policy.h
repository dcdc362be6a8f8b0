/* SPDX-License-Identifier: MIT */
/*
 * policy.h - what a machine asks of a bundle before it uses it: whose signatures and how many, which
 * algorithms, how old.  manifests/README.md (Policy) describes every key.
 *
 * Nothing here reads a file, a clock or a certificate: a policy is parsed from text, and judged over
 * what cms_verify() found out.
 */
#ifndef POLICY_H
#define POLICY_H

#include "buf.h"
#include "crypto.h"
#include "json.h"

#define POLICY_SCHEMA 1
#define POLICY_SIZE_MAX (1u << 20)
#define POLICY_ANCHORS_MAX 64
#define POLICY_REQUIREMENTS_MAX 8
#define POLICY_ROLES_MAX 8
#define POLICY_ALGORITHMS_MAX 8
#define POLICY_MINIMA_MAX 64
#define POLICY_DISTRUSTED_MAX 256
#define POLICY_SIGNERS_MAX 16
#define POLICY_DAYS_MAX 36500

/* A certificate that is trusted, by exactly one of these three. */
struct policy_anchor {
	const char *role;        /* "": none */
	const char *certificate; /* PEM, or NULL */
	const char *file;        /* the name of a file in trust.d, or NULL */
	bool has_sha256;         /* one that a file in trust.d holds */
	uint8_t sha256[SHA256_SIZE];
};

/* So many different signers, each of whom an anchor of one of these roles leads to (of any: none). */
struct policy_requirement {
	const char *roles[POLICY_ROLES_MAX];
	size_t role_count;
	uint64_t signers;
};

struct policy_algorithm {
	enum signer_algorithm algorithm;
	unsigned bits; /* at least: of an RSA key */
};

struct policy_minimum {
	const char *bundle, *version;
};

/* A zeroed one asks for nothing. */
struct policy {
	struct json *doc; /* owns the strings of one that was parsed */
	struct policy_anchor anchors[POLICY_ANCHORS_MAX];
	size_t anchor_count;
	struct policy_requirement requirements[POLICY_REQUIREMENTS_MAX];
	size_t requirement_count;
	struct policy_algorithm algorithms[POLICY_ALGORITHMS_MAX]; /* none: all that are checked */
	size_t algorithm_count;
	struct policy_minimum minima[POLICY_MINIMA_MAX];
	size_t minimum_count;
	uint8_t distrusted[POLICY_DISTRUSTED_MAX][SHA256_SIZE];
	size_t distrusted_count;
	uint64_t maximum_age; /* days; 0: any */
	bool require_trust, require_crl, post_quantum, accept_expired_signers;
};

/* ERR_POLICY: unknown keys, and whatever else is not as described.  @name is for messages. */
bool policy_parse(const char *name, struct slice text, struct policy *out, struct err *err)
	MUST_CHECK;
/* Readable text, which policy_parse() takes. */
bool policy_write(const struct policy *p, struct buf *out, struct err *err) MUST_CHECK;
void policy_done(struct policy *p); /* for AUTO() */

/* "rsa-3072" */
#define POLICY_ALGORITHM_SIZE 16
void policy_algorithm_text(enum signer_algorithm algorithm, unsigned bits,
			   char out[POLICY_ALGORITHM_SIZE]);
bool policy_algorithm_parse(const char *text, struct policy_algorithm *out) MUST_CHECK;

/* [a-z0-9][a-z0-9.+_-]* and not longer than a name */
bool policy_role_is_safe(const char *role);

/*
 * Put what the policy says of certificates into @t, which has those of trust.d (and only those: a
 * "file" is looked for among their names, under @dir and @slash).  ERR_POLICY for one that is not
 * there: what a policy names and a machine has not must not make it ask for less.
 */
bool policy_apply(const struct policy *p, const char *dir, const char *slash, struct trust *t,
		  struct err *err) MUST_CHECK;

/* --- policy_check.c ---------------------------------------------------------------------------- */

/*
 * An anchor that gave way to another, for bundles of one name (rotation.h).  From that moment on it
 * counts no more, whenever a bundle says that it was created: who stole the old key may say what he
 * likes.
 */
struct retired {
	uint8_t certificate[SHA256_SIZE];
	const char *bundle;
	uint64_t from;
};

/* What is judged, and when. */
struct policy_case {
	const char *bundle, *version; /* name and version of the bundle */
	uint64_t created, expires;    /* expires 0: never */
	const struct signer *signers;
	size_t signer_count;
	size_t anchor_count; /* that this machine holds; 0: signers prove integrity only */
	const struct retired *retired;
	size_t retired_count;
	uint64_t now;
	uint64_t latest;    /* no clock that is right can be earlier; 0: nothing known */
	bool ignore_clock;  /* judge as at the moment of creation */
	bool require_trust; /* --require-trust, whatever the policy says */
	bool crls_later; /* lists of revoked certificates are still to come: don't ask for them */
};

/* Each stands for "no policy" where @p is NULL. */

/*
 * ERR_CLOCK (the clock is before the bundle's creation, or before c->latest), ERR_EXPIRED, ERR_AGE
 * (older than the policy lets it be).
 */
bool policy_check_time(const struct policy *p, const struct policy_case *c, struct err *err)
	MUST_CHECK;

/* ERR_MINIMUM: the policy has a minimum for this bundle, and it is not reached. */
bool policy_check_version(const struct policy *p, const struct policy_case *c, struct err *err)
	MUST_CHECK;

/*
 * Are the signers those that the policy asks for?  Without requirements, and with anchors: one.  A
 * signer that can't be counted is as if it were not there.  Two with one key are one; nobody counts
 * for two requirements.
 *
 * ERR_UNPINNED (trust is required, and there are no anchors), ERR_UNTRUSTED (no anchor leads to any),
 * ERR_SIGNERS; or where it would do but for that: ERR_SIGNER_EXPIRED, ERR_ALGORITHM,
 * ERR_CRL_MISSING, ERR_POST_QUANTUM.
 */
bool policy_check_signers(const struct policy *p, const struct policy_case *c, struct err *err)
	MUST_CHECK;

/* An older version than @seen, the newest of its name that was installed: ERR_DOWNGRADE. */
bool policy_check_downgrade(const char *bundle, const char *version, const char *seen,
			    struct err *err) MUST_CHECK;

#endif
