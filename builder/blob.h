/* SPDX-License-Identifier: MIT */
/*
 * blob.h - the few operations of the Blob service that an upload needs (Azure Storage's REST API).
 *
 * Nothing is overwritten unasked: what makes a blob carries a condition, about the blob as it was found.
 */
#ifndef BLOB_H
#define BLOB_H

#include "block_list.h"
#include "web.h"

#define BLOB_PUT_MAX (UINT64_C(5000) << 20) /* bytes in one Put Blob, by the service */
#define BLOB_METADATA_MAX 4

/* What is there under a name. */
enum blob_state {
	BLOB_NONE,
	BLOB_THERE,
	BLOB_SECRET, /* this credential may not look */
};

struct blob_found {
	enum blob_state state;
	uint64_t size;
	char etag[VALIDATOR_SIZE];
	char md5[REASON_SIZE]; /* base64, or "" */
};

struct blob_new {
	const struct blob_url *url;
	char md5[MD5_TEXT_SIZE]; /* of all of it */
	struct {
		const char *name; /* letters, digits, underscores */
		const char *value;
	} metadata[BLOB_METADATA_MAX];
	const char *if_match; /* an ETag: replace just this one; NULL: there must be none */
};

enum blob_made { BLOB_MADE, BLOB_IN_THE_WAY };

bool blob_look(struct web_pool *p, const struct blob_url *url, struct blob_found *out,
	       struct err *err) MUST_CHECK;

/* Put Blob: all of @src at once.  BLOB_IN_THE_WAY when the condition does not hold. */
bool blob_put(struct web_pool *p, const struct blob_new *b, const struct source *src,
	      enum blob_made *made, struct err *err) MUST_CHECK;

/* Put Block, with the MD5 of its bytes. */
bool blob_put_block(struct web_pool *p, const struct blob_url *url, const char *name,
		    const struct source *src, uint64_t offset, uint64_t size,
		    const uint8_t md5[MD5_SIZE], struct err *err) MUST_CHECK;

/* Get Block List: those that wait.  *secret: this credential may not look. */
bool blob_list(struct web_pool *p, const struct blob_url *url, struct block_list *out, bool *secret,
	       struct err *err) MUST_CHECK;

/* Put Block List. */
bool blob_commit(struct web_pool *p, const struct blob_new *b, const char (*names)[BLOCK_NAME_SIZE],
		 size_t count, enum blob_made *made, struct err *err) MUST_CHECK;

#endif
