/* SPDX-License-Identifier: MIT */
/* fuzz_url.c - a URL of a manifest: one kind, a local path, and a text that tells no secret. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	AUTO(auto_free) char *url = calloc(size + 1, 1);
	check(url != NULL);
	if (size)
		memcpy(url, data, size);
	AUTO(auto_free) char *text = url_text(url);
	check(text != NULL);
	for (const char *c = text; *c; c++)
		check((unsigned char)*c >= ' ' && *c != 0x7f);
	if (url_kind(url) == URL_HTTP || url_kind(url) == URL_HTTPS) {
		const char *authority = strstr(text, "://") + 3;
		check(!memchr(authority, '@', strcspn(authority, "/?#")));
	}
	if (url_kind(url) == URL_LOCAL) {
		AUTO(auto_free) char *path = url_local_path(url, &err);
		check(path ? path[0] != '\0' : err.msg[0] != '\0');
	}
	return 0;
}
