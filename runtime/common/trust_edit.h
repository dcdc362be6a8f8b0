/* SPDX-License-Identifier: MIT */
/*
 * trust_edit.h - `ibbundle trust`, on a VM and where images are made: the command line, what it does to
 * a policy, and what it prints.  Files are read and written by those who call (command_trust.c,
 * cmd_trust.c).
 */
#ifndef TRUST_EDIT_H
#define TRUST_EDIT_H

#include "seen.h"

#define TRUST_TEXT_MAX (4u << 20) /* of what is printed */

enum trust_verb { TRUST_ADD, TRUST_REMOVE, TRUST_SET, TRUST_DISTRUST, TRUST_LIST, TRUST_SHOW };

/* What is to become of a yes-or-no key. */
enum trust_flag { FLAG_AS_IS, FLAG_YES, FLAG_NO };

struct trust_request {
	enum trust_verb verb;
	const char *operand; /* CERT of add, what remove and distrust name; else NULL */
	const char *role; /* of add; of the requirement that --signers sets: several, by commas */
	bool has_signers;
	uint64_t signers;                      /* 0: no such requirement */
	const char *algorithms;                /* by commas, or "any" */
	const char *minima[POLICY_MINIMA_MAX]; /* "BUNDLE=VERSION", "BUNDLE=" for none */
	size_t minimum_count;
	bool has_age;
	uint64_t maximum_age; /* 0: any */
	enum trust_flag require_trust, require_crl, post_quantum, accept_expired_signers;
	const char *root, *policy; /* of an image; a file */
	bool json, verbose;
};

/* What `help trust` says beside the usage line. */
#define TRUST_HELP                                                                                 \
	"  add CERT              trust a certificate (PEM or DER), for all bundles that a "        \
	"signer\n"                                                                                 \
	"                        below it signs; --role says whose it is\n"                        \
	"  remove NAME           no longer: a fingerprint or its first digits, a subject, a "      \
	"file's\n"                                                                                 \
	"                        name; also one that came by a bundle's rotation\n"                \
	"  distrust FINGERPRINT  refuse whatever that certificate (or one below it) signed\n"      \
	"  set                   only what the options say\n"                                      \
	"  list                  the certificates, and the lists of revoked ones\n"                \
	"  show                  what is asked of a bundle, and what each line means\n\n"          \
	"  --role ROLE           of CERT; with --signers: of those asked for (ROLE,ROLE: "         \
	"either)\n"                                                                                \
	"  --signers K           ask for K different signers (of --role; 0: no more)\n"            \
	"  --require-trust=yes   refuse every bundle while no certificate is trusted (or no)\n"    \
	"  --require-crl=yes     ask for a list of revoked certificates of every CA (or no)\n"     \
	"  --post-quantum=yes    ask for a signature by ML-DSA, too (or no)\n"                     \
	"  --accept-expired-signers=yes  when they expired after the bundle was made (or no)\n"    \
	"  --algorithms LIST     ecdsa-p256,ecdsa-p384,rsa-3072,rsa-4096,ml-dsa-44,ml-dsa-65,\n"   \
	"                        ml-dsa-87, or any\n"                                              \
	"  --minimum BUNDLE=VERSION  refuse older ones (BUNDLE=: no more; may be given again)\n"   \
	"  --maximum-age DAYS    refuse bundles made longer ago (0: no more)\n"

/* argv[0] is "trust".  Strict, as every command.  Borrows from @argv. */
bool trust_request_parse(int argc, char **argv, struct trust_request *out, struct err *err)
	MUST_CHECK;

/* Does it change a file? */
bool trust_request_changes(const struct trust_request *r);

/*
 * Carry out a change.  @certificate: the content of the file that add names.  The new text of the
 * policy goes to @policy_text and that of what was seen to @seen_text, each of which stays empty when
 * nothing of it changes; and to @said, what was done.  ERR_NO when remove names nothing that is there,
 * ERR_USAGE when it names several.
 *
 * @t: all that is trusted as it stands, to tell what can't be removed here.
 */
bool trust_edit(const struct trust_request *r, struct slice certificate, const struct policy *p,
		struct seen *s, const struct trust *t, struct buf *policy_text,
		struct buf *seen_text, struct buf *said, struct err *err) MUST_CHECK;

/* --- trust_print.c ----------------------------------------------------------------------------- */

/* `list`: every certificate and list of revoked ones, and where it is from. */
bool trust_print_list(const struct trust *t, const struct seen *s, uint64_t now, bool json,
		      struct buf *out, struct err *err) MUST_CHECK;
/* `show`: what is asked of a bundle, a line each.  @path: of the policy; NULL: there is none. */
bool trust_print_policy(const struct policy *p, const char *path, size_t anchor_count,
			const struct seen *s, bool json, struct buf *out, struct err *err)
	MUST_CHECK;

#endif
