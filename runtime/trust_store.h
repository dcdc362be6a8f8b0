/* SPDX-License-Identifier: MIT */
/*
 * trust_store.h - whom this machine trusts, and what it asks of a bundle.
 *
 *   PLACE_POLICY  what it asks, and certificates (policy.h)
 *   PLACE_TRUST   certificates, and lists of revoked ones (*.crl)
 *   SEEN_FILE     what earlier bundles brought (seen.h)
 *   --trust       certificates
 *
 * Each of these only where nobody but root can have put it there.  Nothing else: no environment
 * variable, no file in the current directory.
 */
#ifndef TRUST_STORE_H
#define TRUST_STORE_H

#include "crypto.h"
#include "policy.h"
#include "seen.h"

struct trust_store {
	bool has_policy; /* there is such a file; else policy asks for nothing */
	struct policy policy;
	struct seen seen;
	struct trust *trust;
};

/* Where it looks; PLACE_... but in tests. */
struct trust_places {
	const char *policy, *dir;
	const char *seen; /* a file */
};

/*
 * ERR_POLICY where what decides about trust can't be used: nothing may go on then as if it were not
 * there.  A certificate or list that others could have written is not used, and @ignored (may be
 * NULL) hears its path.  @files of --trust must be readable and hold certificates.
 */
bool trust_store_open(const struct trust_places *where, const char *const *files, size_t file_count,
		      void (*ignored)(void *ctx, const char *path), void *ctx,
		      struct trust_store *out, struct err *err) MUST_CHECK;
void trust_store_done(struct trust_store *s); /* for AUTO() */

/* The policy alone, ERR_NO when there is none; and what was seen, empty when there is nothing yet. */
bool trust_store_read_policy(const char *path, struct policy *out, struct err *err) MUST_CHECK;
bool trust_store_read_seen(const char *path, struct seen *out, struct err *err) MUST_CHECK;

#endif
