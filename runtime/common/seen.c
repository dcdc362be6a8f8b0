/* SPDX-License-Identifier: MIT */
/* seen.c - see seen.h. */
#include "seen.h"

#include <string.h>

#include "path.h"
#include "version.h"

#define SCHEMA 1
#define KEPT "kept" /* a member of doc that is never written: strings that were added later */

void seen_done(struct seen *s)
{
	free(s->versions);
	free(s->anchors);
	free(s->retired);
	free(s->crls);
	json_free(s->doc);
	*s = (struct seen) { 0 };
}

bool seen_new(struct seen *out, struct err *err)
{
	*out = (struct seen) { .doc = json_new("seen", err) };
	return out->doc != NULL;
}

/* --- growing ----------------------------------------------------------------------------------- */

/* A copy of @text that s->doc owns. */
static const char *keep(struct seen *s, const char *text, struct err *err)
{
	struct json_value *box = json_add_array(s->doc, json_top(s->doc), KEPT);
	json_add_string(s->doc, box, NULL, text);
	const char *kept = json_string(json_first(box));
	if (!kept)
		err_no_memory(err);
	return kept;
}

static void *grow(void *array, size_t count, size_t size, size_t max, struct err *err)
{
	if (count >= max) {
		err_set(err, ERR_SYSTEM, "there is too much to remember (%zu): remove '%s'", max,
			SEEN_FILE);
		return NULL;
	}
	void *more = realloc(array, (count + 1) * size);
	if (!more)
		err_no_memory(err);
	return more;
}

static bool add_version(struct seen *s, const char *bundle, const char *version, struct err *err)
{
	void *more =
		grow(s->versions, s->version_count, sizeof(*s->versions), SEEN_VERSIONS_MAX, err);
	if (!more)
		return false;
	s->versions = more;
	s->versions[s->version_count++] = (struct seen_version) { bundle, version };
	return true;
}

static bool add_anchor(struct seen *s, const struct seen_anchor *a, struct err *err)
{
	void *more = grow(s->anchors, s->anchor_count, sizeof(*s->anchors), SEEN_ANCHORS_MAX, err);
	if (!more)
		return false;
	s->anchors = more;
	s->anchors[s->anchor_count++] = *a;
	return true;
}

static bool add_retired(struct seen *s, const struct retired *r, struct err *err)
{
	void *more = grow(s->retired, s->retired_count, sizeof(*s->retired), SEEN_RETIRED_MAX, err);
	if (!more)
		return false;
	s->retired = more;
	s->retired[s->retired_count++] = *r;
	return true;
}

static bool add_crl(struct seen *s, const char *pem, struct err *err)
{
	void *more = grow(s->crls, s->crl_count, sizeof(*s->crls), SEEN_CRLS_MAX, err);
	if (!more)
		return false;
	s->crls = more;
	s->crls[s->crl_count++] = pem;
	return true;
}

/* --- reading ----------------------------------------------------------------------------------- */

static bool read_version(struct seen *s, const struct json_value *v, struct err *err)
{
	static const char *const keys[] = { "bundle", "version", NULL };
	const char *bundle, *version;
	if (!json_only_keys(s->doc, v, keys, err) ||
	    !json_get_string(s->doc, v, "bundle", JSON_REQUIRED, &bundle, err) ||
	    !json_get_string(s->doc, v, "version", JSON_REQUIRED, &version, err))
		return false;
	if (!name_is_safe(bundle) || !name_is_safe(version) || seen_version(s, bundle))
		return json_error(s->doc, v, err, "is no bundle, or there twice");
	return add_version(s, bundle, version, err);
}

static bool read_anchor(struct seen *s, const struct json_value *v, struct err *err)
{
	static const char *const keys[] = {
		"certificate", "role", "bundle", "from", "origin", NULL
	};
	struct seen_anchor a;
	if (!json_only_keys(s->doc, v, keys, err) ||
	    !json_get_string(s->doc, v, "certificate", JSON_REQUIRED, &a.certificate, err) ||
	    !json_get_string(s->doc, v, "role", JSON_REQUIRED, &a.role, err) ||
	    !json_get_string(s->doc, v, "bundle", JSON_REQUIRED, &a.bundle, err) ||
	    !json_get_string(s->doc, v, "origin", JSON_REQUIRED, &a.origin, err) ||
	    !json_get_u64(s->doc, v, "from", JSON_REQUIRED, JSON_INTEGER_MAX, &a.from, err))
		return false;
	if (!name_is_safe(a.bundle) || (a.role[0] && !policy_role_is_safe(a.role)))
		return json_error(s->doc, v, err, "has a name that is not allowed");
	return add_anchor(s, &a, err);
}

static bool read_retired(struct seen *s, const struct json_value *v, struct err *err)
{
	static const char *const keys[] = { "sha256", "bundle", "from", NULL };
	struct retired r;
	if (!json_only_keys(s->doc, v, keys, err) ||
	    !json_get_sha256(s->doc, v, "sha256", JSON_REQUIRED, r.certificate, err) ||
	    !json_get_string(s->doc, v, "bundle", JSON_REQUIRED, &r.bundle, err) ||
	    !json_get_u64(s->doc, v, "from", JSON_REQUIRED, JSON_INTEGER_MAX, &r.from, err))
		return false;
	return name_is_safe(r.bundle) ? add_retired(s, &r, err)
				      : json_error(s->doc, v, err, "'bundle' is not a name");
}

static bool read_crl(struct seen *s, const struct json_value *v, struct err *err)
{
	const char *pem = json_string(v);
	return pem ? add_crl(s, pem, err) : json_error(s->doc, v, err, "must be a string");
}

static bool read_list(struct seen *s, const char *key,
		      bool (*read)(struct seen *s, const struct json_value *v, struct err *err),
		      struct err *err)
{
	const struct json_value *list;
	if (!json_get_array(s->doc, json_top(s->doc), key, JSON_REQUIRED, &list, err))
		return false;
	for (const struct json_value *v = json_first(list); v; v = json_next(v))
		if (!read(s, v, err))
			return false;
	return true;
}

static bool read_seen(struct seen *s, struct err *err)
{
	static const char *const keys[] = { "schema",  "latest", "versions", "anchors",
					    "retired", "crls",   NULL };
	const struct json_value *top = json_top(s->doc);
	uint64_t schema;
	if (json_type(top) != JSON_OBJECT)
		return json_error(s->doc, top, err, "must be an object");
	if (!json_get_u64(s->doc, top, "schema", JSON_REQUIRED, JSON_INTEGER_MAX, &schema, err))
		return false;
	if (schema != SCHEMA)
		return json_error(s->doc, top, err, "was written by a newer version");
	return json_only_keys(s->doc, top, keys, err) &&
	       json_get_u64(s->doc, top, "latest", JSON_REQUIRED, JSON_INTEGER_MAX, &s->latest,
			    err) &&
	       read_list(s, "versions", read_version, err) &&
	       read_list(s, "anchors", read_anchor, err) &&
	       read_list(s, "retired", read_retired, err) && read_list(s, "crls", read_crl, err);
}

bool seen_parse(const char *name, struct slice text, struct seen *out, struct err *err)
{
	AUTO(seen_done) struct seen s = { 0 };
	struct err why = { 0 };
	if (text.len > SEEN_SIZE_MAX)
		return err_set(err, ERR_POLICY, "'%s' is larger than %u bytes", name,
			       SEEN_SIZE_MAX);
	s.doc = json_parse(name, text, &why);
	if (!s.doc || !read_seen(&s, &why))
		return err_set(err, why.code == ERR_NO_MEMORY ? why.code : ERR_POLICY,
			       "what this machine remembers of bundles can't be read: %s", why.msg);
	*out = s;
	s = (struct seen) { 0 };
	return true;
}

/* --- writing ----------------------------------------------------------------------------------- */

static void write_anchors(struct json *j, const struct seen *s)
{
	struct json_value *list = json_add_array(j, json_top(j), "anchors");
	for (size_t i = 0; i < s->anchor_count; i++) {
		const struct seen_anchor *a = &s->anchors[i];
		struct json_value *v = json_add_object(j, list, NULL);
		json_add_string(j, v, "certificate", a->certificate);
		json_add_string(j, v, "role", a->role);
		json_add_string(j, v, "bundle", a->bundle);
		json_add_u64(j, v, "from", a->from);
		json_add_string(j, v, "origin", a->origin);
	}
}

bool seen_write(const struct seen *s, struct buf *out, struct err *err)
{
	AUTO(json_auto_free) struct json *j = json_new("seen", err);
	if (!j)
		return false;
	json_add_u64(j, json_top(j), "schema", SCHEMA);
	json_add_u64(j, json_top(j), "latest", s->latest);
	struct json_value *list = json_add_array(j, json_top(j), "versions");
	for (size_t i = 0; i < s->version_count; i++) {
		struct json_value *v = json_add_object(j, list, NULL);
		json_add_string(j, v, "bundle", s->versions[i].bundle);
		json_add_string(j, v, "version", s->versions[i].version);
	}
	write_anchors(j, s);
	list = json_add_array(j, json_top(j), "retired");
	for (size_t i = 0; i < s->retired_count; i++) {
		struct json_value *v = json_add_object(j, list, NULL);
		json_add_sha256(j, v, "sha256", s->retired[i].certificate);
		json_add_string(j, v, "bundle", s->retired[i].bundle);
		json_add_u64(j, v, "from", s->retired[i].from);
	}
	list = json_add_array(j, json_top(j), "crls");
	for (size_t i = 0; i < s->crl_count; i++)
		json_add_string(j, list, NULL, s->crls[i]);
	return json_print(j, true, out, err);
}

/* --- use --------------------------------------------------------------------------------------- */

const char *seen_version(const struct seen *s, const char *bundle)
{
	for (size_t i = 0; i < s->version_count; i++)
		if (strcmp(s->versions[i].bundle, bundle) == 0)
			return s->versions[i].version;
	return NULL;
}

bool seen_apply(const struct seen *s, struct trust *t, struct err *err)
{
	for (size_t i = 0; i < s->anchor_count; i++) {
		const struct seen_anchor *a = &s->anchors[i];
		struct anchor terms = { .role = a->role, .bundle = a->bundle, .from = a->from };
		if (!trust_add_for(t, TRUST_SEEN, slice_str(a->certificate), &terms, err))
			return err_wrap(err, "what this machine remembers of bundles");
	}
	for (size_t i = 0; i < s->crl_count; i++)
		if (!trust_add_crls(t, SEEN_FILE, slice_str(s->crls[i]), err))
			return err_wrap(err, "what this machine remembers of bundles");
	return true;
}

static bool remember_version(struct seen *s, const struct seen_bundle *b, struct err *err)
{
	const char *bundle = keep(s, b->bundle, err), *version = keep(s, b->version, err);
	if (!bundle || !version)
		return false;
	for (size_t i = 0; i < s->version_count; i++) {
		struct seen_version *v = &s->versions[i];
		if (strcmp(v->bundle, bundle) != 0)
			continue;
		if (version_compare(version, v->version) > 0)
			v->version = version;
		return true;
	}
	return add_version(s, bundle, version, err);
}

static bool remember_crls(struct seen *s, const struct trust *t, struct err *err)
{
	s->crl_count = 0;
	for (size_t i = 0; i < trust_crl_count(t); i++) {
		struct crl_info is;
		AUTO(buf_done) struct buf pem = BUF_INIT(2 * CRL_SIZE_MAX);
		trust_crl(t, i, &is);
		if (!is.proven || !is.newest)
			continue;
		if (!trust_crl_pem(t, i, &pem, err))
			return false;
		const char *kept = keep(s, buf_str(&pem), err);
		if (!kept || !add_crl(s, kept, err))
			return false;
	}
	return true;
}

static bool remember_anchor(struct seen *s, const struct seen_bundle *b, size_t index,
			    struct err *err)
{
	const struct anchor *is = trust_anchor(b->trust, index);
	AUTO(buf_done) struct buf pem = BUF_INIT(CRL_SIZE_MAX), origin = BUF_INIT(512);
	buf_printf(&origin, "%s %s", b->bundle, b->version);
	if (!trust_anchor_pem(b->trust, index, &pem, err) || !buf_ok(&origin, "its origin", err))
		return false;
	for (size_t i = 0; i < s->anchor_count; i++)
		if (strcmp(s->anchors[i].bundle, is->bundle) == 0 &&
		    strcmp(s->anchors[i].certificate, buf_str(&pem)) == 0)
			return true;
	struct seen_anchor a = { keep(s, buf_str(&pem), err), keep(s, is->role, err),
				 keep(s, is->bundle, err), is->from,
				 keep(s, buf_str(&origin), err) };
	return a.certificate && a.role && a.bundle && a.origin && add_anchor(s, &a, err);
}

static bool is_retired(const struct seen *s, const struct retired *r)
{
	for (size_t i = 0; i < s->retired_count; i++)
		if (memcmp(s->retired[i].certificate, r->certificate, SHA256_SIZE) == 0 &&
		    strcmp(s->retired[i].bundle, r->bundle) == 0)
			return true;
	return false;
}

static bool remember_rotation(struct seen *s, const struct seen_bundle *b, struct err *err)
{
	for (size_t i = 0; i < trust_count(b->trust); i++)
		if (strcmp(trust_anchor(b->trust, i)->name, TRUST_ROTATION) == 0 &&
		    !remember_anchor(s, b, i, err))
			return false;
	for (size_t i = 0; i < b->retired_count; i++) {
		struct retired r = b->retired[i];
		if (is_retired(s, &r))
			continue;
		r.bundle = keep(s, r.bundle, err);
		if (!r.bundle || !add_retired(s, &r, err))
			return false;
	}
	return true;
}

bool seen_remember(struct seen *s, const struct seen_bundle *b, struct err *err)
{
	if (b->created > s->latest)
		s->latest = b->created;
	return remember_version(s, b, err) && remember_crls(s, b->trust, err) &&
	       (!b->rotated || remember_rotation(s, b, err));
}

bool seen_forget_anchor(struct seen *s, const uint8_t certificate[SHA256_SIZE])
{
	size_t kept = 0;
	for (size_t i = 0; i < s->anchor_count; i++) {
		struct anchor is;
		if (!certificate_read("anchor", slice_str(s->anchors[i].certificate), &is, NULL,
				      NULL) ||
		    memcmp(is.certificate, certificate, SHA256_SIZE) != 0)
			s->anchors[kept++] = s->anchors[i];
	}
	bool any = kept < s->anchor_count;
	s->anchor_count = kept;
	return any;
}
