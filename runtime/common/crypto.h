/* SPDX-License-Identifier: MIT */
/*
 * crypto.h - digests and signatures that are checked, never made (builder/sign.c makes them).
 *
 * crypto_openssl.c and sha256.c are the one implementation.  In the runtime it links a libcrypto
 * with a trimmed provider (runtime/openssl/); the code is the same.
 */
#ifndef CRYPTO_H
#define CRYPTO_H

#include <stdint.h>

#include "err.h"
#include "rd.h"
#include "source.h"
#include "trust.h"

/* Before any other use of libcrypto; the functions below call it themselves. */
bool crypto_init(struct err *err) MUST_CHECK;

#define SHA256_SIZE 32
#define SHA256_HEX_SIZE 65 /* with its NUL */

struct sha256 {
	void *state; /* owned; released by sha256_final and sha256_done */
};

bool sha256_init(struct sha256 *h, struct err *err) MUST_CHECK;
void sha256_update(struct sha256 *h, const void *p, size_t n);
void sha256_final(struct sha256 *h, uint8_t out[SHA256_SIZE]);
void sha256_done(struct sha256 *h); /* accepts a zeroed struct; for AUTO() */
bool sha256_of(struct slice data, uint8_t out[SHA256_SIZE], struct err *err) MUST_CHECK;

/* Of a part of a file that may be too large to hold. */
bool sha256_of_source(const struct source *src, uint64_t offset, uint64_t size,
		      uint8_t out[SHA256_SIZE], struct err *err) MUST_CHECK;

void sha256_hex(const uint8_t digest[SHA256_SIZE], char out[SHA256_HEX_SIZE]);
bool sha256_from_hex(const char *hex, uint8_t out[SHA256_SIZE]) MUST_CHECK; /* lower case only */

#define SIGNER_NAME_SIZE CERTIFICATE_NAME_SIZE
#define SIGNER_PATHS_MAX 16

/* The key that signed; the last three are signatures that a quantum computer does not forge. */
enum signer_algorithm {
	ALGORITHM_ECDSA_P256,
	ALGORITHM_ECDSA_P384,
	ALGORITHM_RSA,
	ALGORITHM_ML_DSA_44,
	ALGORITHM_ML_DSA_65,
	ALGORITHM_ML_DSA_87,
};

/* One anchor that leads to a signer. */
struct signer_path {
	const struct anchor *anchor; /* borrowed from the trust */
	/* When every certificate from it to the signer is valid, as in struct signer. */
	uint64_t not_before, not_after;
	/* A list of revoked certificates is known of every CA on it, and is to be renewed by then. */
	bool has_crls;
	uint64_t crls_until;
};

struct signer {
	char subject[SIGNER_NAME_SIZE];   /* RFC 2253 one line, control characters escaped */
	uint8_t certificate[SHA256_SIZE]; /* SHA-256 of the signer certificate's DER */
	/*
	 * The same for two certificates of one key, whatever else stands in them and however the key
	 * is written: a digest of an EC point's x, of an RSA modulus, of any other key's bits.
	 */
	uint8_t key[SHA256_SIZE];
	enum signer_algorithm algorithm;
	unsigned bits; /* of an RSA modulus; else 0 */
	bool pinned;   /* its chain ends in an anchor of @trust: path_count is not 0 */
	struct signer_path paths[SIGNER_PATHS_MAX];
	size_t path_count;
	/* When every certificate of the chain is valid, both ends included; seconds since 1970. */
	uint64_t not_before, not_after; /* before 1970: 0; the span is empty if before > after */
};

/*
 * Check one detached CMS signature (RFC 5652, DER) over @content.
 *
 * Exactly one SignerInfo, whose certificate the CMS carries; SHA-256, SHA-384 or SHA-512; ECDSA
 * P-256/P-384, RSA (PKCS #1) of 3072 to 8192 bits, or ML-DSA (FORMAT.md, Signatures).  The signer
 * certificate names the code-signing purpose, and its key usage, where there is one, signatures.  CAs
 * above it: at least RSA 2048 and SHA-2, and code signing where they limit purposes.  An anchor may be
 * any of these certificates, the signer's own included.  With an empty @trust (or NULL) the chain may
 * end in any certificate that the CMS carries, and out->pinned is false.
 *
 * Not yet checked: time.  The moment of signing stands in @content, which nobody may read before
 * this function said yes; the caller then asks signer_check_time() for it and for now.
 *
 * Each anchor is tried alone, so that out->paths has all of those that lead to the signer.
 *
 * ERR_SIGNATURE (bad encoding, bad signature, weak or wrong algorithm, wrong purpose),
 * ERR_UNTRUSTED (anchors are given and none of them leads to the signer), ERR_REVOKED (a certificate
 * on a path is, by what @trust knows), ERR_NOT_CHECKED (it has the form of one by ML-DSA, and this
 * libcrypto has none: it may be good or bad).
 */
bool cms_verify(struct slice cms, struct slice content, const struct trust *trust,
		struct signer *out, struct err *err) MUST_CHECK;

/* The same over all of a file of any size, read in pieces.  Reading errors are the source's. */
bool cms_verify_source(struct slice cms, const struct source *content, const struct trust *trust,
		       struct signer *out, struct err *err) MUST_CHECK;

/*
 * Would a signature by the key of this certificate (DER) be accepted, as far as can be told before it
 * is made: key and purpose.  ERR_SIGNATURE and ERR_NOT_CHECKED as cms_verify() has them.
 */
bool cms_check_certificate(struct slice der, struct err *err) MUST_CHECK;

/* ERR_SIGNER_EXPIRED, naming the signer and both dates, when the chain was not valid at @when. */
bool signer_check_time(const struct signer *s, uint64_t when, const char *when_name,
		       struct err *err) MUST_CHECK;

/* By an algorithm that quantum computers do not break: ML-DSA. */
bool signer_is_post_quantum(const struct signer *s);

/* Version text of the library, as in root's "libraries". */
const char *crypto_version(void);

/* Does it say of itself that it is by ML-DSA?  Nothing of it is checked. */
bool cms_claims_ml_dsa(struct slice cms);

/* Can signatures by ML-DSA (FIPS 204) be made and checked?  OpenSSL 3.5 and newer can. */
bool crypto_has_ml_dsa(void);

#endif
