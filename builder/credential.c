/* SPDX-License-Identifier: MIT */
/* credential.c - see credential.h. */
#include "credential.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include "file.h"
#include "key.h"
#include "terminal.h"

static const struct {
	const char *word, *variable, *what;
} kinds[] = {
	[CREDENTIAL_SAS] = { "sas", "AZURE_STORAGE_SAS_TOKEN", "SAS" },
	[CREDENTIAL_KEY] = { "key", "AZURE_STORAGE_KEY", "account key" },
	[CREDENTIAL_TOKEN] = { "token", "IBBUNDLE_TOKEN", "bearer token" },
};

#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

void credential_done(struct credential *c)
{
	buf_wipe(&c->secret);
	c->kind = CREDENTIAL_NONE;
}

/* --- what it may look like ---------------------------------------------------------------------- */

static bool only(struct slice s, const char *more)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = (char)s.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      (c && strchr(more, c))))
			return false;
	}
	return s.len > 0;
}

static bool parse_sas(struct slice s, struct credential *out)
{
	if (s.len && s.p[0] == '?')
		s = (struct slice) { s.p + 1, s.len - 1 };
	buf_add(&out->secret, s.p, s.len);
	return memchr(s.p, '=', s.len) && only(s, "%=&-._~+/:,;*!'()@$");
}

/* Of RFC 6750: nothing that could end the header that it is put into. */
static bool parse_token(struct slice s, struct credential *out)
{
	buf_add(&out->secret, s.p, s.len);
	return only(s, "-._~+/=");
}

bool credential_parse(enum credential_kind kind, const char *from, struct slice text,
		      struct credential *out, struct err *err)
{
	while (text.len && strchr("\r\n", text.p[text.len - 1]))
		text.len--;
	out->kind = kind;
	bool ok = text.len > 0;
	if (ok && kind == CREDENTIAL_KEY)
		ok = base64_parse((const char *)text.p, text.len, &out->secret);
	else if (ok)
		ok = kind == CREDENTIAL_SAS ? parse_sas(text, out) : parse_token(text, out);
	if (ok)
		return buf_ok(&out->secret, "the secret", err);
	credential_done(out);
	return err_set(err, ERR_USAGE, "what is in %s is no %s%s", from, kinds[kind].what,
		       kind == CREDENTIAL_SAS ? ": it is what follows the '?' of the URL" : "");
}

/* --- where it comes from ------------------------------------------------------------------------ */

static bool read_secret(enum credential_kind kind, const char *path, struct credential *out,
			struct err *err)
{
	AUTO(buf_wipe) struct buf text = { 0 };
	if (!file_read(path, CREDENTIAL_MAX, &text, err))
		return false;
	char from[300];
	snprintf(from, sizeof(from), "'%.256s'", path);
	key_warn_readable(path, kinds[kind].what);
	return credential_parse(kind, from, buf_slice(&text), out, err);
}

static bool ask_secret(enum credential_kind kind, const struct blob_url *url,
		       struct credential *out, struct err *err)
{
	AUTO(buf_wipe) struct buf text = BUF_INIT(CREDENTIAL_MAX);
	char prompt[512];
	snprintf(prompt, sizeof(prompt), "%s for '%.400s': ", kinds[kind].what, url->shown);
	if (!terminal_ask(prompt, &text, err))
		return err_wrap(err, "no %s in $%s, and no --secret-file", kinds[kind].what,
				kinds[kind].variable);
	return credential_parse(kind, "what was typed", buf_slice(&text), out, err);
}

bool credential_open(const struct credential_options *opt, const struct blob_url *url,
		     struct credential *out, struct err *err)
{
	enum credential_kind kind = CREDENTIAL_NONE;
	for (size_t i = CREDENTIAL_SAS; opt->auth && i < KIND_COUNT; i++)
		if (strcmp(opt->auth, kinds[i].word) == 0)
			kind = (enum credential_kind)i;
	if (opt->auth && kind == CREDENTIAL_NONE)
		return err_set(err, ERR_USAGE, "--auth is 'sas', 'key' or 'token'");
	if (!opt->auth)
		return !opt->file || err_set(err, ERR_USAGE, "--secret-file needs --auth KIND");
	out->secret = BUF_INIT(CREDENTIAL_MAX);
	out->kind = kind;
	if (!credential_check(out, url, err))
		return false;
	const char *variable = getenv(kinds[kind].variable);
	if (opt->file)
		return read_secret(kind, opt->file, out, err);
	if (!variable || !*variable)
		return ask_secret(kind, url, out, err);
	struct slice text = { (const uint8_t *)variable, strlen(variable) };
	char from[64];
	snprintf(from, sizeof(from), "$%s", kinds[kind].variable);
	return credential_parse(kind, from, text, out, err);
}

bool credential_check(const struct credential *c, const struct blob_url *url, struct err *err)
{
	if (c->kind == CREDENTIAL_NONE || url->https || url->loopback)
		return true;
	return err_set(err, ERR_USAGE,
		       "'%s' is plain http: a %s goes over https only, or to this machine itself",
		       url->shown, kinds[c->kind].what);
}

/* --- what is said about it ---------------------------------------------------------------------- */

static const char *sas_hint(const struct credential *c, char out[CREDENTIAL_HINT_SIZE])
{
	AUTO(buf_done) struct buf end = BUF_INIT(64);
	char now[32];
	time_t t = time(NULL);
	struct tm utc;
	if (!gmtime_r(&t, &utc) || strftime(now, sizeof(now), "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
		return "";
	/* "2026-11-26" and "2026-11-26T00:00:00Z": the order of the text is that of time */
	if (query_value(buf_str(&c->secret), "se", &end) && end.len >= 10 && end.len <= 28 &&
	    only(buf_slice(&end), "-:.") && strcmp(buf_str(&end), now) < 0)
		snprintf(out, CREDENTIAL_HINT_SIZE, ": the SAS expired at %s", buf_str(&end));
	return out;
}

const char *credential_hint(const struct credential *c, char out[CREDENTIAL_HINT_SIZE])
{
	out[0] = '\0';
	if (c->kind == CREDENTIAL_NONE)
		return ": it wants to know who asks (--auth)";
	return c->kind == CREDENTIAL_SAS ? sas_hint(c, out) : "";
}

void credential_hide(char *text)
{
	for (char *c = text; *c; c++) {
		if (strncasecmp(c, "sig=", 4) != 0)
			continue;
		for (c += 4; *c && !strchr("& \t'\"", *c); c++)
			*c = '*';
		if (!*c)
			return;
	}
}
