/* SPDX-License-Identifier: MIT */
/*
 * seal.h - the two signatures of a bundle, from its unsigned temporary file to the final names.
 *
 *   BUNDLE      one or more CMS over its root, in the section that has room for them
 *   BUNDLE.p7s  one CMS over the whole file, to be checked before the file is ever executed
 *
 * Two files can't change their names at once.  The order here is such that an interruption leaves
 * a good bundle without BUNDLE.p7s at worst, never one with another bundle's.
 */
#ifndef SEAL_H
#define SEAL_H

#include "bundle.h"
#include "outfile.h"
#include "sign.h"

#define SEAL_SUFFIX ".p7s"

struct seal {
	struct outfile bundle, whole; /* whole.fd is -1 without one */
	struct signer signer;         /* who signed last */
	bool partial;                 /* blocks may be left out of it */
};

#define SEAL_INIT ((struct seal) { .bundle = OUTFILE_INIT, .whole = OUTFILE_INIT })

/*
 * Sign the root of the bundle in s->bundle, in place of the signatures that are there or, @add,
 * beside them (which must be good).  No block is looked at: call seal_verify() before anybody sees
 * the signature.
 */
bool seal_root(struct seal *s, const struct sign_key *k, bool add, uint64_t now, struct err *err)
	MUST_CHECK;

/*
 * Put a CMS that was made elsewhere beside the signatures that are there, which must be good.
 * ERR_SIGNATURE or ERR_EXPIRED when it is not good over this root, ERR_USAGE when its signer has signed
 * already.  As with seal_root(), seal_verify() is to follow.
 */
bool seal_attach(struct seal *s, struct slice cms, uint64_t now, struct err *err) MUST_CHECK;

/* Sign all bytes of s->bundle.  Nothing may change in it afterwards. */
bool seal_whole(struct seal *s, const struct sign_key *k, uint64_t created, uint64_t now,
		struct err *err) MUST_CHECK;

/* Read all of s->bundle as any reader would: signatures, stub, blocks, trees, files. */
bool seal_verify(struct seal *s, bool allow_unsigned, bool files, uint64_t now, struct err *err)
	MUST_CHECK;

/* Final names for both; without s->whole, an old BUNDLE.p7s goes. */
bool seal_commit(struct seal *s, unsigned mode, struct err *err) MUST_CHECK;

void seal_done(struct seal *s); /* for AUTO() */

#endif
