/* SPDX-License-Identifier: MIT */
/*
 * response.h - what an HTTP response says about its body, as far as resuming and the Blob service
 * need it.
 */
#ifndef RESPONSE_H
#define RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VALIDATOR_SIZE 256
#define REASON_SIZE 64

struct response {
	bool has_range;
	uint64_t range_start;
	uint64_t range_total;          /* 0: not told */
	char etag[VALIDATOR_SIZE];     /* a strong one, with its quotes, or "" */
	char modified[VALIDATOR_SIZE]; /* Last-Modified, or "" */
	/* The range is written as RFC 9110 wants it: first <= last < total, each told. */
	bool exact_range;
	uint64_t range_last;
	char reason[REASON_SIZE]; /* x-ms-error-code, letters and digits only, or "" */
	char md5[REASON_SIZE];    /* x-ms-blob-content-md5 or Content-MD5, base64, or "" */
};

/* Take one header line, or status line, which begins anew: redirects and 100 come before. */
void response_note(struct response *r, const char *data, size_t size);

#endif
