/* SPDX-License-Identifier: MIT */
/*
 * authenticode.h - sign a Windows executable, and check its signature, with osslsigncode.
 *
 * A bundle's own signatures say the same and more; this one is for Windows and for whoever knows no
 * other.  Without a time stamp, since there is no network: it holds as long as its certificate does.
 */
#ifndef AUTHENTICODE_H
#define AUTHENTICODE_H

#include "crypto.h"
#include "key.h"
#include "locator.h"
#include "options.h"
#include "outfile.h"

struct authenticode_key {
	struct key_place place;   /* a PKCS #12 file instead of PEM, too; no key: nothing to do */
	const char *certificates; /* PEM, the signer's first; NULL with PKCS #12 */
};

enum authenticode_state {
	AUTHENTICODE_NONE,      /* it is not signed */
	AUTHENTICODE_TRUSTED,   /* good, and an anchor leads to the signer */
	AUTHENTICODE_GOOD,      /* good by the certificates that it carries itself */
	AUTHENTICODE_NO_ROOT,   /* its digest is right, but its chain ends nowhere: not checked */
	AUTHENTICODE_UNCHECKED, /* osslsigncode is not installed */
};

struct authenticode {
	enum authenticode_state state;
	char subject[SIGNER_NAME_SIZE]; /* of the signer, as the file has it */
};

/* Rows for an options table, filled into a `struct authenticode_key k`. */
#define AUTHENTICODE_OPTIONS(k)                                                                    \
	{ "authenticode", 0, OPTION_TEXT, &(k).place.key, 0, 0 },                                  \
		{ "authenticode-cert", 0, OPTION_TEXT, &(k).certificates, 0, 0 },                  \
	{                                                                                          \
		"authenticode-passphrase-file", 0, OPTION_TEXT, &(k).place.passphrase_file, 0, 0   \
	}

/* What the help of each of these commands says about them. */
#define AUTHENTICODE_HELP                                                                          \
	"\nAuthenticode, with osslsigncode:\n"                                                     \
	"  --authenticode KEY      sign NAME.exe for Windows, too: a PKCS #12 file, a PEM key, "   \
	"or\n"                                                                                     \
	"                          a token's key, as with --key\n"                                 \
	"  --authenticode-cert FILE  its certificate and those above it (PEM; in PKCS #12 they "   \
	"are\n"                                                                                    \
	"                          inside)\n"                                                      \
	"  --authenticode-passphrase-file FILE  where --passphrase-file is not for this key, "     \
	"too\n"

/*
 * What was given for the bundle's own key is for this one as well, where it has nothing of its own.
 * ERR_USAGE when there is a token's library, and no token.
 */
bool authenticode_share(struct authenticode_key *k, const struct key_place *own, struct err *err)
	MUST_CHECK;

/*
 * With a key: ERR_USAGE for what does not fit together, ERR_SYSTEM where osslsigncode is missing.
 * Without one, ERR_USAGE if anything else is given.
 */
bool authenticode_check_options(const struct authenticode_key *k, struct err *err) MUST_CHECK;

/* Sign @f, a whole executable, in place of the signature that it may have; then verify that. */
bool authenticode_sign(const struct authenticode_key *k, uint64_t created, struct outfile *f,
		       struct authenticode *out, struct err *err) MUST_CHECK;

/*
 * Check the signature of an executable whose certificates are at @certificates.  @anchors are PEM,
 * empty for none.  ERR_SIGNATURE when it does not hold, ERR_EXPIRED when a certificate does not.
 */
bool authenticode_verify(const struct source *src, struct extent certificates, struct slice anchors,
			 struct authenticode *out, struct err *err) MUST_CHECK;

/* What authenticode_sign() has to say of the chain, to go after the signer's name; often "". */
const char *authenticode_note(const struct authenticode *a);

/* What came out, for people: "trusted", or why not. */
const char *authenticode_text(const struct authenticode *a);
/* The same, for programs: "trusted", "good", "no-root", "unchecked"; NULL without a signature. */
const char *authenticode_word(const struct authenticode *a);

#endif
