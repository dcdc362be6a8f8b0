/* SPDX-License-Identifier: MIT */
/* trust_store.c - see trust_store.h. */
#include "trust_store.h"

#include <string.h>

#include "platform.h"

#define CERTIFICATES_MAX (1u << 20) /* bytes of one file */

static bool add_file(struct trust *t, const char *path, bool crl, struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(CERTIFICATES_MAX);
	if (platform_read_file(path, &text, err) &&
	    (crl ? trust_add_crls(t, path, buf_slice(&text), err)
		 : trust_add(t, path, buf_slice(&text), err)))
		return true;
	if (err && err->code == ERR_NO)
		err->code = ERR_SYSTEM; /* a missing file is not the answer to a question */
	return err_wrap(err, crl ? "lists of revoked certificates" : "trusted certificates");
}

static bool add_dir(struct trust *t, const char *dir, void (*ignored)(void *ctx, const char *path),
		    void *ctx, struct err *err)
{
	AUTO(platform_free_names) struct platform_names names = { 0 };
	if (platform_exists(dir) && !platform_is_protected(dir)) {
		if (ignored)
			ignored(ctx, dir); /* who may rename there may replace all of it */
		return true;
	}
	if (!platform_list_dir(dir, &names, err))
		return false;
	for (size_t i = 0; i < names.count; i++) {
		char path[PLATFORM_PATH_MAX];
		int n = snprintf(path, sizeof(path), "%s" PLATFORM_SLASH "%s", dir, names.names[i]);
		enum trust_file kind = trust_file_kind(names.names[i]);
		if (n < 0 || (size_t)n >= sizeof(path) || kind == TRUST_FILE_OTHER)
			continue;
		if (!platform_is_protected(path)) {
			if (ignored)
				ignored(ctx, path);
			continue;
		}
		if (!add_file(t, path, kind == TRUST_FILE_CRLS, err))
			return false;
	}
	return true;
}

bool trust_store_read_policy(const char *path, struct policy *out, struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(POLICY_SIZE_MAX);
	return platform_read_protected(path, &text, err) &&
	       policy_parse(path, buf_slice(&text), out, err);
}

bool trust_store_read_seen(const char *path, struct seen *out, struct err *err)
{
	struct err why = { 0 };
	AUTO(buf_done) struct buf text = BUF_INIT(SEEN_SIZE_MAX);
	if (platform_read_protected(path, &text, &why))
		return seen_parse(path, buf_slice(&text), out, err);
	return why.code == ERR_NO ? seen_new(out, err) : err_set(err, why.code, "%s", why.msg);
}

void trust_store_done(struct trust_store *s)
{
	trust_free(s->trust);
	policy_done(&s->policy);
	seen_done(&s->seen);
	*s = (struct trust_store) { 0 };
}

bool trust_store_open(const struct trust_places *where, const char *const *files, size_t file_count,
		      void (*ignored)(void *ctx, const char *path), void *ctx,
		      struct trust_store *out, struct err *err)
{
	AUTO(trust_store_done) struct trust_store s = { .trust = trust_new(err) };
	struct err why = { 0 };
	if (!s.trust)
		return false;
	s.has_policy = trust_store_read_policy(where->policy, &s.policy, &why);
	if (!s.has_policy && why.code != ERR_NO)
		return err_set(err, why.code, "%s", why.msg);
	if (!add_dir(s.trust, where->dir, ignored, ctx, err) ||
	    !policy_apply(&s.policy, where->dir, PLATFORM_SLASH, s.trust, err))
		return false;
	for (size_t i = 0; i < file_count; i++)
		if (!add_file(s.trust, files[i], false, err))
			return false;
	if (!trust_store_read_seen(where->seen, &s.seen, err) || !seen_apply(&s.seen, s.trust, err))
		return false;
	*out = s;
	s = (struct trust_store) { 0 };
	return true;
}
