/* SPDX-License-Identifier: MIT */
/* blob_url.c - see blob_url.h. */
#include "blob_url.h"

#include <string.h>
#include <strings.h>

#include "hex.h"
#include "url.h"

void blob_url_done(struct blob_url *u)
{
	free(u->text);
	free(u->shown);
	free(u->account);
	*u = (struct blob_url) { 0 };
}

void url_unescape(const char *text, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		int high = text[i] == '%' && n - i > 2 ? hex_digit(text[i + 1]) : -1;
		int low = high < 0 ? -1 : hex_digit(text[i + 2]);
		char c = low < 0 ? text[i] : (char)(high * 16 + low);
		buf_add(out, &c, 1);
		i += low < 0 ? 0 : 2;
	}
}

bool query_value(const char *query, const char *name, struct buf *out)
{
	size_t len = strlen(name);
	for (const char *at = query; *at;) {
		size_t n = strcspn(at, "&");
		if (n > len && at[len] == '=' && strncasecmp(at, name, len) == 0) {
			url_unescape(at + len + 1, n - len - 1, out);
			return !out->bad;
		}
		at += n;
		at += *at == '&';
	}
	return false;
}

/* --- parsing ------------------------------------------------------------------------------------ */

static bool wrong(struct err *err, const char *why)
{
	return err_set(err, ERR_USAGE, "the URL %s", why);
}

static bool check_characters(const char *text, struct err *err)
{
	if (strlen(text) > BLOB_URL_MAX)
		return wrong(err, "is too long");
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f ||
		    strchr("\"<>\\^`{|}", *c))
			return wrong(err,
				     "has a character that must be escaped: write a blank as %20");
	return !strchr(text, '#') || wrong(err, "must not have a '#': write %23");
}

/* A signature, whoever makes it: Azure's sig, X-Amz-Signature, X-Goog-Signature, Signature. */
static bool check_no_secret(const char *query, struct err *err)
{
	for (const char *at = query; *at; at++) {
		bool begins = at == query || at[-1] == '&';
		size_t key = strcspn(at, "=&");
		if (!begins || at[key] != '=')
			continue;
		if (strncasecmp(at, "sig=", 4) == 0 ||
		    (key >= 9 && strncasecmp(at + key - 9, "signature", 9) == 0))
			return wrong(err,
				     "carries a signature, which everybody on this machine can "
				     "see: put what follows its '?' into a file, and give "
				     "--auth sas --secret-file FILE");
	}
	return true;
}

static bool is_number(const char *text, size_t n, unsigned max)
{
	unsigned value = 0;
	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9' || n > 5)
			return false;
		value = value * 10 + (unsigned)(text[i] - '0');
	}
	return n > 0 && value <= max;
}

/* "127.0.0.1" */
static bool is_ipv4(const char *host, size_t n)
{
	unsigned parts = 0;
	for (size_t i = 0; i <= n; parts++) {
		size_t len = 0;
		while (i + len < n && host[i + len] != '.')
			len++;
		if (!is_number(host + i, len, 255))
			return false;
		i += len + 1;
	}
	return parts == 4;
}

static bool is_name(const char *host, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char c = host[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '.' || c == '-' || c == '_'))
			return false;
	}
	return n > 0;
}

static bool is_ipv6(const char *host, size_t n)
{
	if (n < 4 || host[0] != '[' || host[n - 1] != ']')
		return false;
	for (size_t i = 1; i < n - 1; i++)
		if (hex_digit(host[i]) < 0 && host[i] != ':' && host[i] != '.')
			return false;
	return true;
}

static bool is(const char *host, size_t n, const char *word)
{
	return n == strlen(word) && strncasecmp(host, word, n) == 0;
}

/* HOST or HOST:PORT */
static bool check_host(const char *host, size_t n, struct blob_url *u, size_t *name_len,
		       struct err *err)
{
	static const char private[] = ".privatelink.";
	size_t len = 0;
	if (host[0] == '[')
		while (len < n && host[len++] != ']')
			;
	else
		while (len < n && host[len] != ':')
			len++;
	bool v4 = is_ipv4(host, len), v6 = is_ipv6(host, len);
	if (len < n && (host[len] != ':' || !is_number(host + len + 1, n - len - 1, 65535)))
		return wrong(err, "has a port that is no number");
	if (!v4 && !v6 && !is_name(host, len))
		return wrong(err, "has no host that could be one");
	for (size_t i = 0; len > sizeof(private) && i < len - sizeof(private); i++)
		if (strncasecmp(host + i, private, sizeof(private) - 1) == 0)
			return wrong(err,
				     "must be the account's usual one, without 'privatelink': the "
				     "name service leads it to the private endpoint");
	u->loopback = (v4 && strncmp(host, "127.", 4) == 0) || is(host, len, "[::1]") ||
		      is(host, len, "localhost");
	u->path_style = v4 || v6 || is(host, len, "localhost");
	*name_len = len;
	return true;
}

/* What curl would take out of the path before it is sent, but not of what is signed. */
static bool check_path(const char *path, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = 0;
		if (path[i] != '/')
			continue;
		while (i + 1 + len < n && path[i + 1 + len] != '/')
			len++;
		if ((len == 1 && path[i + 1] == '.') ||
		    (len == 2 && memcmp(path + i + 1, "..", 2) == 0))
			return wrong(err, "has '.' or '..' for a part of its path");
	}
	return true;
}

static bool take_account(struct blob_url *u, const char *host, size_t name_len, struct err *err)
{
	const char *from = host;
	size_t n = 0;
	if (u->path_style) {
		from = u->text + u->path + 1;
		while (from + n < u->text + u->path + u->path_len && from[n] != '/')
			n++;
	} else {
		while (n < name_len && host[n] != '.')
			n++;
	}
	u->account = strndup(from, n);
	return u->account || err_no_memory(err);
}

static bool parse(struct blob_url *u, struct err *err)
{
	enum url_kind kind = url_kind(u->text);
	if (kind != URL_HTTP && kind != URL_HTTPS)
		return wrong(err, "must begin with https:// or http://");
	u->https = kind == URL_HTTPS;
	size_t host = u->https ? strlen("https://") : strlen("http://"), name_len = 0;
	size_t n = strcspn(u->text + host, "/?");
	if (memchr(u->text + host, '@', n))
		return wrong(err, "must not have a name or a password in it");
	if (!check_host(u->text + host, n, u, &name_len, err))
		return false;
	u->path = host + n;
	u->path_len = strcspn(u->text + u->path, "?");
	u->query = u->path + u->path_len;
	u->query += u->text[u->query] == '?';
	if (u->path_len < 2)
		return wrong(err,
			     "names no file: https://ACCOUNT.blob.core.windows.net/CONTAINER/BLOB");
	return check_no_secret(u->text + u->query, err) &&
	       check_path(u->text + u->path, u->path_len, err) &&
	       take_account(u, u->text + host, name_len, err);
}

bool blob_url_parse(const char *text, struct blob_url *out, struct err *err)
{
	AUTO(blob_url_done) struct blob_url u = { 0 };
	if (!check_characters(text, err))
		return false;
	u.text = strdup(text);
	u.shown = url_text(text);
	if (!u.text || !u.shown)
		return err_no_memory(err);
	if (!parse(&u, err))
		return false;
	*out = u;
	u = (struct blob_url) { 0 };
	return true;
}

bool blob_url_is_folder(const struct blob_url *u)
{
	return u->text[u->path + u->path_len - 1] == '/';
}

bool blob_url_with(const struct blob_url *u, const char *suffix, struct blob_url *out,
		   struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(BLOB_URL_MAX);
	buf_add(&text, u->text, u->path + u->path_len);
	buf_add_str(&text, suffix);
	buf_add_str(&text, u->text + u->path + u->path_len);
	return buf_ok(&text, "the URL", err) && blob_url_parse(buf_str(&text), out, err);
}

bool blob_url_in(const struct blob_url *folder, const char *name, struct blob_url *out,
		 struct err *err)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+";
	AUTO(buf_done) struct buf escaped = BUF_INIT(BLOB_URL_MAX);
	for (const char *c = name; *c; c++) {
		if (strchr(plain, *c))
			buf_add(&escaped, c, 1);
		else
			buf_printf(&escaped, "%%%02X", (unsigned)(unsigned char)*c);
	}
	return buf_ok(&escaped, "the URL", err) &&
	       blob_url_with(folder, buf_str(&escaped), out, err);
}
