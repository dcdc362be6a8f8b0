/* SPDX-License-Identifier: MIT */
/* fuzz_key.c - input: the address of a token's key, and what a file of a passphrase holds. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	struct slice line;
	AUTO(buf_done) struct buf uri = BUF_INIT(65536);
	buf_add(&uri, data, size);
	/* No library finds a PIN or a module in what is good: they would be attributes of their own. */
	if (!uri.bad && key_check_uri(buf_str(&uri), &err)) {
		check(!strpbrk(buf_str(&uri), "?&\n"));
		for (const char *at = strchr(buf_str(&uri), ':'); at; at = strchr(at + 1, ';'))
			check(strncmp(at + 1, "pin-", 4) != 0 &&
			      strncmp(at + 1, "module-", 7) != 0);
	}
	if (key_parse_passphrase("input", (struct slice) { data, size }, &line, &err))
		check(line.len > 0 && line.len <= PASSPHRASE_MAX && line.p == data &&
		      line.len <= size && !memchr(line.p, '\n', line.len));
	return 0;
}
