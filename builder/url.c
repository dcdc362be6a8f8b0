/* SPDX-License-Identifier: MIT */
/* url.c - see url.h. */
#include "url.h"

#include <string.h>
#include <strings.h>

#include "hex.h"

static bool starts(const char *text, const char *prefix)
{
	return strncasecmp(text, prefix, strlen(prefix)) == 0;
}

enum url_kind url_kind(const char *url)
{
	if (starts(url, "http://"))
		return URL_HTTP;
	if (starts(url, "https://"))
		return URL_HTTPS;
	if (starts(url, "file:") || !strstr(url, "://"))
		return *url ? URL_LOCAL : URL_UNSUPPORTED;
	return URL_UNSUPPORTED;
}

/* Undo percent escapes in place. */
static bool unescape(char *text)
{
	char *out = text;
	for (const char *in = text; *in; in++) {
		if (*in != '%') {
			*out++ = *in;
			continue;
		}
		int high = hex_digit(in[1]);
		int low = high < 0 ? -1 : hex_digit(in[2]);
		if (low < 0 || (high == 0 && low == 0))
			return false;
		*out++ = (char)(high * 16 + low);
		in += 2;
	}
	*out = '\0';
	return true;
}

char *url_local_path(const char *url, struct err *err)
{
	const char *path = url;
	bool is_url = starts(url, "file:");
	if (is_url) {
		path += strlen("file:");
		if (starts(path, "//localhost/"))
			path += strlen("//localhost");
		else if (starts(path, "///"))
			path += 2;
		if (path[0] != '/' || path[1] == '/') {
			err_set(err, ERR_FORMAT, "'%s' must be file:///ABSOLUTE/PATH", url);
			return NULL;
		}
	}
	char *copy = strdup(path);
	if (!copy) {
		err_no_memory(err);
		return NULL;
	}
	if (is_url && !unescape(copy)) {
		free(copy);
		err_set(err, ERR_FORMAT, "'%s' has a broken percent escape", url);
		return NULL;
	}
	return copy;
}

char *url_text(const char *url)
{
	char *out = malloc(strlen(url) + sizeof("?..."));
	if (!out)
		return NULL;
	size_t len = 0;
	const char *rest = url;
	const char *authority = strstr(url, "://");
	if (authority && url_kind(url) != URL_LOCAL) {
		authority += strlen("://");
		len = (size_t)(authority - url);
		memcpy(out, url, len);
		/* the last @ counts: a password may hold another */
		rest = authority;
		for (const char *c = authority; *c && !strchr("/?#", *c); c++)
			if (*c == '@')
				rest = c + 1;
	}
	size_t keep = authority ? strcspn(rest, "?#") : strlen(rest);
	memcpy(out + len, rest, keep);
	len += keep;
	out[len] = '\0';
	if (rest[keep])
		memcpy(out + len, "?...", sizeof("?..."));
	for (char *c = out; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	return out;
}
