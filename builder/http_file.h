/* SPDX-License-Identifier: MIT */
/*
 * http_file.h - a file of an HTTP server, read by ranges: always of the same state of it, never more or
 * less than was asked for.
 *
 * The server is not trusted.  What it says about the file's size and state is taken once and must stay;
 * what it sends is for others to check.
 */
#ifndef HTTP_FILE_H
#define HTTP_FILE_H

#include "web.h"

#define HTTP_FILE_SIZE_MAX (UINT64_C(1) << 42)

struct http_file {
	struct web_pool *pool; /* borrowed, like url */
	const struct blob_url *url;
	uint64_t size;
	/* How it is told from another state of it; both may be "". */
	char etag[VALIDATOR_SIZE], modified[VALIDATOR_SIZE];
};

/* Takes bytes of the file as they come; @offset is theirs in the file. */
struct http_sink {
	bool (*write)(void *ctx, uint64_t offset, const uint8_t *p, size_t n, struct err *err);
	void *ctx;
};

/*
 * Ask for its first @first bytes, which says whether there are ranges: ERR_NO_RANGES when not.  Fewer
 * bytes come of a shorter file.
 */
#define ERR_NO_RANGES ERR_NO
bool http_file_open(struct web_pool *pool, const struct blob_url *url, uint64_t first,
		    const struct http_sink *sink, struct http_file *out, struct err *err)
	MUST_CHECK;

/*
 * @size bytes, at least 1, from @offset on, which lie in the file.  After an error that may pass it goes
 * on behind the last byte that came.  ERR_CONFLICT when the file is another one than at first.
 */
bool http_file_get(const struct http_file *f, uint64_t offset, uint64_t size,
		   const struct http_sink *sink, struct err *err) MUST_CHECK;

/* All of it, from a server without ranges; from the start again after an error.  Sets the size. */
bool http_file_get_whole(struct web_pool *pool, const struct blob_url *url,
			 const struct http_sink *sink, struct http_file *out, struct err *err)
	MUST_CHECK;

#endif
