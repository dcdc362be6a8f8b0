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
#include "source.h"

#define SIGN_CMS_MAX (64u << 10)
#define SIGN_PEM_MAX (1u << 20)

struct sign_key; /* a private key, its certificate, and those that lead from it to an anchor */

/*
 * Read PEM files: the private key (not encrypted), its certificate (the first one in the file; more
 * of them are taken as chain), and further chain certificates from @chain, or NULL.
 * ERR_USAGE when the key is not that of the certificate.
 */
struct sign_key *sign_key_read(const char *key, const char *certificate, const char *chain,
			       struct err *err) MUST_CHECK;
void sign_key_free(struct sign_key *k);
void sign_key_auto_free(struct sign_key **slot); /* for AUTO() */

/*
 * One CMS over all bytes of @content, with @created as its signingTime.  Reads @content twice, in
 * pieces.  ERR_EXPIRED when the certificate was not valid at @created or is not @now.
 */
bool sign_source(const struct sign_key *k, const struct source *content, uint64_t created,
		 uint64_t now, struct buf *cms, struct signer *signer, struct err *err) MUST_CHECK;

/* The same over bytes in memory. */
bool sign_bytes(const struct sign_key *k, struct slice content, uint64_t created, uint64_t now,
		struct buf *cms, struct signer *signer, struct err *err) MUST_CHECK;

/*
 * From a PKCS #7 SignedData in DER: the subject of its first signer, and its certificates, appended as
 * PEM.  Nothing of it is checked.
 */
bool sign_read_pkcs7(struct slice der, char subject[SIGNER_NAME_SIZE], struct buf *pem,
		     struct err *err) MUST_CHECK;

/* The certificates in a file of PEM, or the one in DER, appended as PEM. */
bool sign_add_pem(struct slice pem_or_der, struct buf *pem, struct err *err) MUST_CHECK;

enum sign_algorithm { SIGN_P256, SIGN_P384, SIGN_RSA3072 };

struct sign_keygen {
	const char *name; /* common name of the certificate */
	enum sign_algorithm algorithm;
	uint64_t not_before, not_after; /* seconds since 1970 */
};

/* A fresh key and a self-signed code-signing certificate, as PEM. */
bool sign_keygen(const struct sign_keygen *opt, struct buf *key, struct buf *certificate,
		 struct err *err) MUST_CHECK;

#endif
