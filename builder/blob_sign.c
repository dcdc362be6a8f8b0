/* SPDX-License-Identifier: MIT */
/* blob_sign.c - see blob_sign.h. */
#include "blob_sign.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define STRING_MAX (64u << 10)
#define PARAMETERS_MAX 64

/* --- the string to sign ------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	return strcasecmp((*(const struct web_header *const *)a)->name,
			  (*(const struct web_header *const *)b)->name);
}

static void add_lower(struct buf *out, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char c = (char)tolower((unsigned char)p[i]);
		buf_add(out, &c, 1);
	}
}

static void add_service_headers(const struct web_headers *h, struct buf *out)
{
	const struct web_header *sorted[WEB_HEADERS_MAX];
	size_t n = 0;
	for (size_t i = 0; i < h->count; i++)
		if (strncasecmp(h->v[i].name, "x-ms-", 5) == 0)
			sorted[n++] = &h->v[i];
	if (n)
		qsort(sorted, n, sizeof(sorted[0]), by_name);
	for (size_t i = 0; i < n; i++) {
		add_lower(out, sorted[i]->name, strlen(sorted[i]->name));
		buf_printf(out, ":%s\n", sorted[i]->value);
	}
}

struct parameter {
	const char *name, *value;
	size_t name_len, value_len;
};

static int by_parameter(const void *a, const void *b)
{
	const struct parameter *x = a, *y = b;
	size_t n = x->name_len < y->name_len ? x->name_len : y->name_len;
	int order = strncasecmp(x->name, y->name, n);
	return order ? order : (x->name_len > y->name_len) - (x->name_len < y->name_len);
}

/* Each parameter on a line of its own, sorted; what is escaped is signed as it is meant. */
static void add_parameters(const char *query, struct buf *out)
{
	struct parameter v[PARAMETERS_MAX];
	size_t n = 0;
	for (const char *at = query; *at && n < PARAMETERS_MAX;) {
		size_t len = strcspn(at, "&"), key = strcspn(at, "=&");
		size_t value = key < len ? key + 1 : len;
		if (key)
			v[n++] = (struct parameter) { at, at + value, key, len - value };
		at += len;
		at += *at == '&';
	}
	if (n)
		qsort(v, n, sizeof(v[0]), by_parameter);
	for (size_t i = 0; i < n; i++) {
		buf_add_str(out, "\n");
		add_lower(out, v[i].name, v[i].name_len);
		buf_add_str(out, ":");
		url_unescape(v[i].value, v[i].value_len, out);
	}
}

void blob_string_to_sign(const char *method, const struct web_headers *headers, uint64_t body_size,
			 const char *account, const char *url, struct buf *out)
{
	/* in this order; Content-Length stands third, and Date is x-ms-date's */
	static const char *const lines[] = { "Content-MD5",         "Content-Type", "Date",
					     "If-Modified-Since",   "If-Match",     "If-None-Match",
					     "If-Unmodified-Since", "Range" };
	buf_printf(out, "%s\n%s\n%s\n", method, web_header_value(headers, "Content-Encoding"),
		   web_header_value(headers, "Content-Language"));
	if (body_size)
		buf_printf(out, "%llu", (unsigned long long)body_size);
	buf_add_str(out, "\n");
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		buf_printf(out, "%s\n", web_header_value(headers, lines[i]));
	add_service_headers(headers, out);
	const char *host = strstr(url, "://");
	const char *path = host ? host + 3 + strcspn(host + 3, "/?") : url;
	size_t len = strcspn(path, "?");
	buf_printf(out, "/%s%.*s", account, (int)len, path);
	add_parameters(path[len] ? path + len + 1 : "", out);
}

/* --- what it adds ------------------------------------------------------------------------------- */

static bool add_date(struct web_headers *h, struct err *err)
{
	/* not strftime's names, which are the locale's */
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t now = time(NULL);
	struct tm t;
	if (!gmtime_r(&now, &t))
		return err_set(err, ERR_SYSTEM, "cannot tell the time");
	web_header(h, "x-ms-date", "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
		   days + (size_t)(t.tm_wday * 3), t.tm_mday, months + (size_t)(t.tm_mon * 3),
		   t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
	return true;
}

static bool sign(const struct credential *c, const struct web_request *r,
		 const struct web_headers *headers, const char *url, struct buf *authorization,
		 struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(STRING_MAX);
	uint8_t mac[SHA256_SIZE];
	blob_string_to_sign(r->method, headers, r->body ? r->body_size : 0, r->url->account, url,
			    &text);
	if (!buf_ok(&text, "what is to be signed", err) ||
	    !hmac_sha256(buf_slice(&c->secret), buf_slice(&text), mac, err))
		return false;
	buf_printf(authorization, "SharedKey %s:", r->url->account);
	base64_add((struct slice) { mac, sizeof(mac) }, authorization);
	return buf_ok(authorization, "a signature", err);
}

static void add_query(struct buf *url, bool *has, const char *more)
{
	if (!more || !*more)
		return;
	buf_add_str(url, *has ? "&" : "?");
	buf_add_str(url, more);
	*has = true;
}

bool blob_sign(const struct credential *c, const struct web_request *r, struct web_headers *headers,
	       struct buf *url, struct buf *authorization, struct err *err)
{
	bool has_query = r->url->text[r->url->query] != '\0';
	buf_add(url, r->url->text, r->url->path + r->url->path_len);
	if (has_query)
		buf_printf(url, "?%s", r->url->text + r->url->query);
	add_query(url, &has_query, r->query);
	if (c->kind == CREDENTIAL_SAS)
		add_query(url, &has_query, buf_str(&c->secret));
	if (!buf_ok(url, "the URL", err))
		return false;
	if (c->kind == CREDENTIAL_KEY || c->kind == CREDENTIAL_TOKEN || r->body)
		web_header(headers, "x-ms-version", "%s", BLOB_VERSION);
	if (c->kind == CREDENTIAL_KEY)
		return add_date(headers, err) &&
		       sign(c, r, headers, buf_str(url), authorization, err);
	if (c->kind == CREDENTIAL_TOKEN)
		buf_printf(authorization, "Bearer %s", buf_str(&c->secret));
	return buf_ok(authorization, "a token", err);
}
