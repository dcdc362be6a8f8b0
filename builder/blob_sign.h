/* SPDX-License-Identifier: MIT */
/*
 * blob_sign.h - what a credential adds to a request: a query, or headers (Azure's "Authorize with Shared
 * Key", service version 2020-12-06).
 */
#ifndef BLOB_SIGN_H
#define BLOB_SIGN_H

#include "web.h"

#define BLOB_VERSION "2020-12-06" /* the service's, as x-ms-version; blocks of up to 4000 MiB */

/*
 * The address to ask, with the SAS in it if it is one, and the value of the header Authorization, or
 * nothing; @headers get the date and the version where they are signed or needed.
 */
bool blob_sign(const struct credential *c, const struct web_request *r, struct web_headers *headers,
	       struct buf *url, struct buf *authorization, struct err *err) MUST_CHECK;

/* What SharedKey signs of a request to @url, whose account is @account. */
void blob_string_to_sign(const char *method, const struct web_headers *headers, uint64_t body_size,
			 const char *account, const char *url, struct buf *out);

#endif
