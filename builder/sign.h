/* SPDX-License-Identifier: MIT */
/*
 * sign.h - make keys, certificates and detached CMS signatures (RFC 5652, DER).
 *
 * What a good signature is, crypto.h decides: each one made here is first checked by cms_verify(),
 * so that nothing is signed which no reader would accept.
 */
#ifndef SIGN_H
#define SIGN_H

#include "buf.h"
#include "crypto.h"
#include "key.h"
#include "source.h"

#define SIGN_CMS_MAX (64u << 10)
#define SIGN_PEM_MAX (1u << 20)

struct sign_files {
	struct key_place key;
	const char
		*certificate; /* PEM: the key's, and any of those that lead from it to an anchor */
	const char *chain;    /* PEM: more of the latter, or NULL */
};

/* Rows for an options table, filled into a `struct sign_files f`. */
#define SIGN_OPTIONS(f)                                                                            \
	KEY_OPTIONS((f).key), { "cert", 0, OPTION_TEXT, &(f).certificate, 0, 0 },                  \
	{                                                                                          \
		"chain", 0, OPTION_TEXT, &(f).chain, 0, 0                                          \
	}

/* What the help of each of these commands says about them. */
#define SIGN_HELP                                                                                  \
	"  --key KEY               private key: a file (PEM, encrypted or not), or a token's "     \
	"key\n"                                                                                    \
	"                          \"pkcs11:token=...;object=...\" (RFC 7512, without PIN)\n"      \
	"  --cert FILE             its certificate, for code signing, and others that lead from "  \
	"it\n"                                                                                     \
	"                          to the one that readers trust (PEM, in any order)\n"            \
	"  --chain FILE            more of those (PEM)\n"                                          \
	"  --passphrase-file FILE  its one line is the passphrase of the key, or the token's "     \
	"PIN;\n"                                                                                   \
	"                          without it, you are asked on the terminal.  It should be\n"     \
	"                          readable for you alone, and a key that is not encrypted, "      \
	"too:\n"                                                                                   \
	"                          there is a warning where everybody can read them\n"             \
	"  --pkcs11-module FILE    the token's library\n"                                          \
	"An RSA key signs with the same bytes every time.  ECDSA does not, but for a key in a "    \
	"file\n"                                                                                   \
	"with OpenSSL 3.2 or newer.\n"

/* Nothing but what can be told from the options; see key_check_place(). */
bool sign_check_files(const struct sign_files *from, struct err *err) MUST_CHECK;

struct sign_key; /* a private key, its certificate, and those that lead from it to an anchor */

/*
 * Read them.  ERR_USAGE when the key is that of no certificate; ERR_SIGNATURE when readers accept no
 * signature of it: for its purpose, its algorithm, its length.  Time is not looked at yet.
 */
struct sign_key *sign_key_read(const struct sign_files *from, struct err *err) MUST_CHECK;
void sign_key_free(struct sign_key *k);
void sign_key_auto_free(struct sign_key **slot); /* for AUTO() */

/*
 * One CMS over all bytes of @content, with @created as its signingTime.  Reads @content twice, in
 * pieces.  ERR_SIGNER_EXPIRED when the certificate was not valid at @created or is not @now.
 */
bool sign_source(const struct sign_key *k, const struct source *content, uint64_t created,
		 uint64_t now, struct buf *cms, struct signer *signer, struct err *err) MUST_CHECK;

/* The same over bytes in memory. */
bool sign_bytes(const struct sign_key *k, struct slice content, uint64_t created, uint64_t now,
		struct buf *cms, struct signer *signer, struct err *err) MUST_CHECK;

/*
 * A CMS that was made elsewhere: is it good over @content, and its certificate valid at @created and
 * @now, as every reader will ask?
 */
bool sign_check(struct slice cms, struct slice content, uint64_t created, uint64_t now,
		struct signer *signer, struct err *err) MUST_CHECK;

/*
 * From a PKCS #7 SignedData in DER: the subject of its first signer, and its certificates, appended as
 * PEM.  Nothing of it is checked.
 */
bool sign_read_pkcs7(struct slice der, char subject[SIGNER_NAME_SIZE], struct buf *pem,
		     struct err *err) MUST_CHECK;

/* The certificates in a file of PEM, or the one in DER, appended as PEM. */
bool sign_add_pem(struct slice pem_or_der, struct buf *pem, struct err *err) MUST_CHECK;

struct sign_keygen {
	const char *name;               /* common name of the certificate */
	const char *algorithm;          /* "p256", "p384", "rsa3072" */
	uint64_t not_before, not_after; /* seconds since 1970 */
	struct slice passphrase;        /* that encrypts the key; empty: it is not encrypted */
};

/* A fresh key and a self-signed code-signing certificate, as PEM.  ERR_USAGE for another algorithm. */
bool sign_keygen(const struct sign_keygen *opt, struct buf *key, struct buf *certificate,
		 struct err *err) MUST_CHECK;

#endif
