/* SPDX-License-Identifier: MIT */
/*
 * trust.h - where trust starts: the certificates that a machine holds (anchors), and what it knows to
 * be revoked.
 *
 * What an anchor may vouch for is said with it (struct anchor) and judged in policy.h; whether its
 * chain leads to a signer is cms_verify()'s to find.
 */
#ifndef TRUST_H
#define TRUST_H

#include <stdint.h>

#include "buf.h"
#include "err.h"
#include "rd.h"

#define FINGERPRINT_SIZE 32       /* SHA-256 of a certificate's DER */
#define CERTIFICATE_NAME_SIZE 256 /* a subject as one line of RFC 2253, cut where it is longer */
#define CRL_SIZE_MAX (1u << 20)   /* all that one file or document holds */

/* What an anchor's name is where it is from no file. */
#define TRUST_POLICY "policy"
#define TRUST_ROTATION "rotation"     /* of the bundle at hand */
#define TRUST_SEEN "earlier rotation" /* of a bundle that was installed here */

struct trust;

/* Strings are the trust's. */
struct anchor {
	uint8_t certificate[FINGERPRINT_SIZE];
	char subject[CERTIFICATE_NAME_SIZE];
	uint64_t not_before, not_after; /* its own validity */
	const char *name;               /* where it is from: a path, "policy", ... */
	const char *role;               /* what the policy calls it; "" */
	const char *bundle;             /* it vouches for bundles of this name only; "": any */
	uint64_t from;                  /* and only for those created from then on */
};

/* What a file in trust.d holds, by its name: "x.pem", ".crt", ".cer", ".der" in any case, or "x.crl". */
enum trust_file { TRUST_FILE_OTHER, TRUST_FILE_CERTIFICATES, TRUST_FILE_CRLS };
enum trust_file trust_file_kind(const char *name);

struct trust *trust_new(struct err *err) MUST_CHECK;
/* Another one with the same anchors and lists, to add to. */
struct trust *trust_copy(const struct trust *t, struct err *err) MUST_CHECK;
void trust_free(struct trust *t);
void trust_auto_free(struct trust **slot);

/*
 * One or more certificates, PEM or DER, called @name in messages.  One that is there already is not
 * added again.
 */
bool trust_add(struct trust *t, const char *name, struct slice pem_or_der, struct err *err)
	MUST_CHECK;
/* The same, for what role, bundle and from of @terms say (its other members are not read). */
bool trust_add_for(struct trust *t, const char *name, struct slice pem_or_der,
		   const struct anchor *terms, struct err *err) MUST_CHECK;

size_t trust_count(const struct trust *t); /* 0 for NULL */
const struct anchor *trust_anchor(const struct trust *t, size_t i);
const struct anchor *trust_find(const struct trust *t, const uint8_t certificate[FINGERPRINT_SIZE]);
/* As PEM, appended. */
bool trust_anchor_pem(const struct trust *t, size_t i, struct buf *out, struct err *err) MUST_CHECK;
bool trust_has_name(const struct trust *t, const char *name);

/* ERR_FORMAT when it has another role already; both returns of ERR_NO: no such anchor. */
bool trust_set_role(struct trust *t, const uint8_t certificate[FINGERPRINT_SIZE], const char *role,
		    struct err *err) MUST_CHECK;
/* The role of all that were added under @name. */
bool trust_set_role_of(struct trust *t, const char *name, const char *role, struct err *err)
	MUST_CHECK;

/* A certificate that nothing may be built on: revoked, whoever says what. */
bool trust_distrust(struct trust *t, const uint8_t certificate[FINGERPRINT_SIZE], struct err *err)
	MUST_CHECK;

/*
 * One or more lists of revoked certificates (RFC 5280), PEM or DER.  They count where they are good:
 * signed by the very CA that issued the certificate in question, SHA-2.  Of one CA's lists the newest
 * counts: the highest number, or else the latest date.  ERR_CRL for what is no such list, or one of a
 * kind that can't be judged alone (delta, indirect, for some reasons only).
 */
bool trust_add_crls(struct trust *t, const char *name, struct slice pem_or_der, struct err *err)
	MUST_CHECK;

/* A list, and whether a CA of this trust was seen to have signed it. */
struct crl_info {
	char issuer[CERTIFICATE_NAME_SIZE];
	uint64_t issued, next; /* next: 0 where it names no date */
	size_t revoked;
	bool proven; /* by an anchor, or by a CA on a path that cms_verify() took from one */
	bool newest; /* of its issuer's; only among those that are proven */
};
size_t trust_crl_count(const struct trust *t);
void trust_crl(const struct trust *t, size_t i, struct crl_info *out);
/* As PEM, appended. */
bool trust_crl_pem(const struct trust *t, size_t i, struct buf *out, struct err *err) MUST_CHECK;

/* Exactly one certificate of PEM or DER: what it says, and itself as PEM, appended to @pem (or NULL). */
bool certificate_read(const char *name, struct slice pem_or_der, struct anchor *out,
		      struct buf *pem, struct err *err) MUST_CHECK;

#endif
