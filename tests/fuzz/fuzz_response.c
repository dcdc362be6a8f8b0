/* SPDX-License-Identifier: MIT */
/* fuzz_response.c - header lines of an HTTP server; what is kept of them can be sent back as one line. */
#include <stdlib.h>
#include <string.h>

#include "response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void check_validator(const char value[VALIDATOR_SIZE])
{
	const char *end = memchr(value, 0, VALIDATOR_SIZE);
	check(end && !strpbrk(value, "\r\n"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct response r = { 0 };
	for (size_t from = 0; from < size;) {
		const uint8_t *end = memchr(data + from, '\n', size - from);
		size_t to = end ? (size_t)(end - data) + 1 : size;
		response_note(&r, (const char *)data + from, to - from);
		from = to;
	}
	check_validator(r.etag);
	check_validator(r.modified);
	check(r.etag[0] == '\0' || r.etag[0] == '"');
	check(!r.exact_range ||
	      (r.has_range && r.range_start <= r.range_last && r.range_last < r.range_total));
	check(memchr(r.reason, 0, sizeof(r.reason)) && memchr(r.md5, 0, sizeof(r.md5)));
	for (const char *c = r.reason; *c; c++)
		check(*c > ' ' && *c < 0x7f);
	check(r.has_range || (!r.range_start && !r.range_total));
	return 0;
}
