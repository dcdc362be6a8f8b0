/* SPDX-License-Identifier: MIT */
/* trust_openssl.h - what trust.c holds, for crl.c and crypto_openssl.c; nobody else includes this. */
#ifndef TRUST_OPENSSL_H
#define TRUST_OPENSSL_H

#include "trust.h"

#include <openssl/x509.h>

#define TRUST_COUNT_MAX 1024

struct trust_anchor {
	X509 *x;
	struct anchor is;
};

struct trust_crl {
	X509_CRL *list;
	bool proven;
};

struct trust {
	struct trust_anchor *anchors; /* owned */
	size_t anchor_count;
	struct trust_crl *crls; /* owned */
	size_t crl_count;
	uint8_t (*distrusted)[FINGERPRINT_SIZE]; /* owned */
	size_t distrusted_count;
};

/* Subject as one line; "..." at the end where it is cut. */
bool x509_name_text(const X509_NAME *name, char out[CERTIFICATE_NAME_SIZE], struct err *err);

/* Seconds since 1970, and 0 before that; false when @t is not a time. */
bool x509_time(const ASN1_TIME *t, uint64_t *out);

bool trust_keep_crl(struct trust *t, X509_CRL *list, bool proven, struct err *err) MUST_CHECK;

/* What stands between the lines of PEM, and what takes the DER of one. */
struct trust_kind {
	const char *begin, *end, *what;
	enum err_code code;
	/* One of it, from *p on, which moves behind it. */
	bool (*take)(void *ctx, const char *name, const unsigned char **p, long size,
		     struct err *err);
};

bool trust_read_all(const struct trust_kind *kind, void *ctx, const char *name, struct slice text,
		    struct err *err) MUST_CHECK;
bool trust_write_pem(const struct trust_kind *kind, const unsigned char *der, int size,
		     struct buf *out, struct err *err) MUST_CHECK;

/* What is known about the certificates of a chain that leads to an anchor. */
struct revocation {
	bool complete;  /* a list is there of every CA between the anchor and the signer */
	uint64_t until; /* the first of them is to be renewed by then */
};

/*
 * ERR_REVOKED, naming the certificate.  @anchor: the one that leads to the chain's first, and what
 * lists are found to be from a CA on it is noted; NULL: nobody's.  What the signer carries above an
 * anchor did issue it, so its lists count, and none is asked for.
 */
bool trust_check_revoked(const struct trust *t, STACK_OF(X509) * chain, const X509 *anchor,
			 struct revocation *out, struct err *err) MUST_CHECK;

#endif
