/* SPDX-License-Identifier: MIT */
/* purl.c - see purl.h. */
#include "purl.h"

#include <string.h>

#define PURL_MAX 16384

static const char unreserved[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:";

/* All but what may stand as it is: @more are further characters of that kind. */
static void add_encoded(struct buf *b, const char *text, const char *more)
{
	for (; *text; text++) {
		if (strchr(unreserved, *text) || strchr(more, *text))
			buf_add(b, text, 1);
		else
			buf_printf(b, "%%%02X", (unsigned)(unsigned char)*text);
	}
}

static const char *keep(struct texts *t, const struct buf *b)
{
	t->bad |= b->bad;
	return texts_add(t, buf_slice(b));
}

/* "Debian" -> "debian" */
static bool namespace_of(const char *origin, char out[64])
{
	size_t n = strlen(origin);
	if (n == 0 || n >= 64)
		return false;
	for (size_t i = 0; i <= n; i++) {
		char c = origin[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (c && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '.' && c != '-')
			return false;
		out[i] = c;
	}
	return true;
}

/* "glibc (2.36-9)" -> "glibc" */
static void add_source(struct buf *b, const char *source)
{
	AUTO(auto_free) char *name = strndup(source, strcspn(source, " ("));
	if (!name)
		b->bad = true;
	else if (*name) {
		buf_add_str(b, "&upstream=");
		add_encoded(b, name, "");
	}
}

const char *purl_of_deb(struct texts *t, const struct lock_deb *deb,
			const uint8_t sha256[SHA256_SIZE], const char *url)
{
	char space[64];
	if (!namespace_of(deb->origin, space))
		return purl_of_file(t, deb->package, deb->version, sha256, url);
	AUTO(buf_done) struct buf b = BUF_INIT(PURL_MAX);
	buf_printf(&b, "pkg:deb/%s/", space);
	add_encoded(&b, deb->package, "");
	buf_add_str(&b, "@");
	add_encoded(&b, deb->version, "");
	buf_add_str(&b, "?arch=");
	add_encoded(&b, deb->arch, "");
	if (*deb->distro) {
		buf_add_str(&b, "&distro=");
		add_encoded(&b, deb->distro, "");
	}
	add_source(&b, deb->source);
	return keep(t, &b);
}

const char *purl_of_source(struct texts *t, const char *name, const char *version)
{
	AUTO(buf_done) struct buf b = BUF_INIT(PURL_MAX);
	buf_add_str(&b, "pkg:deb/debian/");
	add_encoded(&b, name, "");
	buf_add_str(&b, "@");
	add_encoded(&b, version, "");
	buf_add_str(&b, "?arch=source");
	return keep(t, &b);
}

const char *purl_of_file(struct texts *t, const char *name, const char *version,
			 const uint8_t *sha256, const char *url)
{
	AUTO(buf_done) struct buf b = BUF_INIT(PURL_MAX);
	const char *before = "?";
	buf_add_str(&b, "pkg:generic/");
	add_encoded(&b, name, "");
	if (version) {
		buf_add_str(&b, "@");
		add_encoded(&b, version, "");
	}
	if (sha256) {
		char hex[SHA256_HEX_SIZE];
		sha256_hex(sha256, hex);
		buf_printf(&b, "?checksum=sha256:%s", hex);
		before = "&";
	}
	if (url) {
		buf_printf(&b, "%sdownload_url=", before);
		add_encoded(&b, url, "/");
	}
	return keep(t, &b);
}
