/* SPDX-License-Identifier: MIT */
/* mac.h - what the Blob service asks of libcrypto besides TLS: HMAC, MD5, base64. */
#ifndef MAC_H
#define MAC_H

#include "buf.h"
#include "crypto.h"

#define MD5_SIZE 16
#define MD5_TEXT_SIZE 25 /* base64, with its NUL */

bool hmac_sha256(struct slice key, struct slice data, uint8_t out[SHA256_SIZE], struct err *err)
	MUST_CHECK;

/*
 * Not for security: it is the service's check of what was sent.  ERR_SYSTEM where this system's
 * libcrypto offers no MD5.
 */
bool md5_of_source(const struct source *src, uint64_t offset, uint64_t size, uint8_t out[MD5_SIZE],
		   struct err *err) MUST_CHECK;

/* Standard base64 with padding, no line breaks, appended to @out. */
void base64_add(struct slice data, struct buf *out);

/* False for anything else than that; blanks and line breaks included. */
bool base64_parse(const char *text, size_t len, struct buf *out) MUST_CHECK;

/* Nothing of what it held is left in memory. */
void buf_wipe(struct buf *b); /* for AUTO() */

#endif
