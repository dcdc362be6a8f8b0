/* SPDX-License-Identifier: MIT */
/*
 * fuzz_blob_url.c - an address, and a SAS with it: what is accepted goes into one line of a request, and
 * nothing that is said repeats the secret.
 */
#include <stdlib.h>
#include <string.h>

#include "blob_sign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void sign(const struct blob_url *u, enum credential_kind kind, struct slice secret)
{
	AUTO(credential_done) struct credential c = { .secret = BUF_INIT(CREDENTIAL_MAX) };
	AUTO(buf_done) struct buf url = BUF_INIT(1u << 20), authorization = BUF_INIT(1u << 20);
	struct web_request r = { .method = "GET", .url = u, .query = "comp=blocklist" };
	struct web_headers h = { 0 };
	if (!credential_parse(kind, "a file", secret, &c, NULL) ||
	    !blob_sign(&c, &r, &h, &url, &authorization, NULL))
		return;
	check(!strpbrk(buf_str(&url), " \r\n#"));
	check(!strpbrk(buf_str(&authorization), "\r\n"));
	char hint[CREDENTIAL_HINT_SIZE];
	check(!strpbrk(credential_hint(&c, hint), "\x1b\r\n"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(blob_url_done) struct blob_url u = { 0 }, in = { 0 };
	const uint8_t *end = memchr(data, '\n', size);
	size_t n = end ? (size_t)(end - data) : size;
	AUTO(auto_free) char *text = calloc(n + 1, 1);
	if (!text)
		return 0;
	memcpy(text, data, n);
	if (!blob_url_parse(text, &u, NULL))
		return 0;
	check(u.path + u.path_len <= u.query && u.query <= strlen(u.text) && u.path_len >= 2);
	check(!strstr(u.text, "sig=") || strchr(u.text, '?') > strstr(u.text, "sig=") ||
	      !strchr(u.text, '?') || !strstr(u.text, "&sig="));
	struct slice rest = { data + n + (end != NULL), size - n - (end != NULL) };
	for (int kind = CREDENTIAL_SAS; kind <= CREDENTIAL_TOKEN; kind++)
		sign(&u, (enum credential_kind)kind, rest);
	if (blob_url_is_folder(&u) && blob_url_in(&u, "a b.run", &in, NULL))
		check(!blob_url_is_folder(&in));
	return 0;
}
