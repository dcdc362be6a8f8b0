/* SPDX-License-Identifier: MIT */
/* policy.c - see policy.h: the text of a policy, and its certificates. */
#include "policy.h"

#include <string.h>

#include "path.h"

void policy_done(struct policy *p)
{
	json_free(p->doc);
	*p = (struct policy) { 0 };
}

/* --- algorithms -------------------------------------------------------------------------------- */

static const struct {
	const char *word;
	struct policy_algorithm is;
} algorithms[] = {
	{ "ecdsa-p256", { ALGORITHM_ECDSA_P256, 0 } },
	{ "ecdsa-p384", { ALGORITHM_ECDSA_P384, 0 } },
	{ "rsa-3072", { ALGORITHM_RSA, 3072 } },
	{ "rsa-4096", { ALGORITHM_RSA, 4096 } },
	{ "ml-dsa-44", { ALGORITHM_ML_DSA_44, 0 } },
	{ "ml-dsa-65", { ALGORITHM_ML_DSA_65, 0 } },
	{ "ml-dsa-87", { ALGORITHM_ML_DSA_87, 0 } },
};

#define ALGORITHM_COUNT (sizeof(algorithms) / sizeof(algorithms[0]))

void policy_algorithm_text(enum signer_algorithm algorithm, unsigned bits,
			   char out[POLICY_ALGORITHM_SIZE])
{
	for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
		if (algorithms[i].is.algorithm != algorithm)
			continue;
		snprintf(out, POLICY_ALGORITHM_SIZE, "%s", algorithms[i].word);
		if (algorithm == ALGORITHM_RSA)
			snprintf(out, POLICY_ALGORITHM_SIZE, "rsa-%u", bits);
		return;
	}
	snprintf(out, POLICY_ALGORITHM_SIZE, "unknown");
}

bool policy_algorithm_parse(const char *text, struct policy_algorithm *out)
{
	for (size_t i = 0; i < ALGORITHM_COUNT; i++)
		if (strcmp(algorithms[i].word, text) == 0) {
			*out = algorithms[i].is;
			return true;
		}
	return false;
}

bool policy_role_is_safe(const char *role)
{
	return name_is_safe(role);
}

/* --- reading ----------------------------------------------------------------------------------- */

/* The members of array @key, if it is there; at most @max. */
static bool get_list(const struct json *j, const struct json_value *top, const char *key,
		     size_t max, const struct json_value **out, struct err *err)
{
	*out = NULL;
	if (!json_get_array(j, top, key, JSON_OPTIONAL, out, err))
		return false;
	return !*out || json_count(*out) <= max ||
	       json_error(j, *out, err, "has more than %zu members", max);
}

static bool read_anchor(const struct json *j, const struct json_value *v, struct policy_anchor *a,
			struct err *err)
{
	static const char *const keys[] = { "role", "certificate", "file", "sha256", NULL };
	a->role = "";
	if (!json_only_keys(j, v, keys, err) ||
	    !json_get_string(j, v, "role", JSON_OPTIONAL, &a->role, err) ||
	    !json_get_string(j, v, "certificate", JSON_OPTIONAL, &a->certificate, err) ||
	    !json_get_string(j, v, "file", JSON_OPTIONAL, &a->file, err) ||
	    !json_get_sha256(j, v, "sha256", JSON_OPTIONAL, a->sha256, err))
		return false;
	a->has_sha256 = json_get(v, "sha256") != NULL;
	if ((a->certificate != NULL) + (a->file != NULL) + a->has_sha256 != 1)
		return json_error(j, v, err, "must have one of 'certificate', 'file' and 'sha256'");
	if (json_get(v, "role") && !policy_role_is_safe(a->role))
		return json_error(j, v, err, "'role' is not an allowed name");
	if (a->file && (strchr(a->file, '/') || !path_is_safe(slice_str(a->file))))
		return json_error(j, v, err, "'file' is not the name of a file in trust.d");
	return true;
}

static bool read_anchors(const struct json *j, const struct json_value *top, struct policy *p,
			 struct err *err)
{
	const struct json_value *list;
	if (!get_list(j, top, "anchors", POLICY_ANCHORS_MAX, &list, err))
		return false;
	for (const struct json_value *v = json_first(list); v; v = json_next(v))
		if (!read_anchor(j, v, &p->anchors[p->anchor_count++], err))
			return false;
	return true;
}

static bool read_requirement(const struct json *j, const struct json_value *v,
			     struct policy_requirement *r, struct err *err)
{
	static const char *const keys[] = { "roles", "signers", NULL };
	const struct json_value *roles;
	if (!json_only_keys(j, v, keys, err) ||
	    !json_get_u64(j, v, "signers", JSON_REQUIRED, POLICY_SIGNERS_MAX, &r->signers, err) ||
	    !get_list(j, v, "roles", POLICY_ROLES_MAX, &roles, err))
		return false;
	if (r->signers == 0)
		return json_error(j, v, err, "'signers' must be at least 1");
	if (roles && json_count(roles) == 0)
		return json_error(j, v, err, "'roles' is empty: leave it out for any");
	for (const struct json_value *s = json_first(roles); s; s = json_next(s)) {
		const char *role = json_string(s);
		if (!role || !policy_role_is_safe(role))
			return json_error(j, s, err, "is not an allowed name of a role");
		r->roles[r->role_count++] = role;
	}
	return true;
}

static bool read_requirements(const struct json *j, const struct json_value *top, struct policy *p,
			      struct err *err)
{
	const struct json_value *list;
	uint64_t all = 0;
	if (!get_list(j, top, "require", POLICY_REQUIREMENTS_MAX, &list, err))
		return false;
	for (const struct json_value *v = json_first(list); v; v = json_next(v)) {
		struct policy_requirement *r = &p->requirements[p->requirement_count++];
		if (!read_requirement(j, v, r, err))
			return false;
		all += r->signers;
	}
	return all <= POLICY_SIGNERS_MAX ||
	       json_error(j, list, err,
			  "asks for more than the %d signatures that a bundle can have",
			  POLICY_SIGNERS_MAX);
}

static bool read_algorithms(const struct json *j, const struct json_value *top, struct policy *p,
			    struct err *err)
{
	const struct json_value *list;
	if (!get_list(j, top, "algorithms", POLICY_ALGORITHMS_MAX, &list, err))
		return false;
	if (list && json_count(list) == 0)
		return json_error(j, list, err, "is empty: leave it out for all");
	for (const struct json_value *v = json_first(list); v; v = json_next(v)) {
		const char *word = json_string(v);
		if (!word || !policy_algorithm_parse(word, &p->algorithms[p->algorithm_count++]))
			return json_error(j, v, err,
					  "must be one of ecdsa-p256, ecdsa-p384, rsa-3072, "
					  "rsa-4096, ml-dsa-44, ml-dsa-65, ml-dsa-87");
	}
	return true;
}

static bool read_minima(const struct json *j, const struct json_value *top, struct policy *p,
			struct err *err)
{
	const struct json_value *object = NULL;
	if (!json_get_object(j, top, "minimum_versions", JSON_OPTIONAL, &object, err))
		return false;
	if (object && json_count(object) > POLICY_MINIMA_MAX)
		return json_error(j, object, err, "has more than %d members", POLICY_MINIMA_MAX);
	for (const struct json_value *v = json_first(object); v; v = json_next(v)) {
		struct policy_minimum *m = &p->minima[p->minimum_count++];
		*m = (struct policy_minimum) { json_key(v), json_string(v) };
		if (!name_is_safe(m->bundle) || !m->version || !name_is_safe(m->version))
			return json_error(j, v, err, "must be a bundle's name and a version");
	}
	return true;
}

static bool read_distrusted(const struct json *j, const struct json_value *top, struct policy *p,
			    struct err *err)
{
	const struct json_value *list;
	if (!get_list(j, top, "distrusted", POLICY_DISTRUSTED_MAX, &list, err))
		return false;
	for (const struct json_value *v = json_first(list); v; v = json_next(v)) {
		const char *hex = json_string(v);
		if (!hex || !sha256_from_hex(hex, p->distrusted[p->distrusted_count++]))
			return json_error(j, v, err, "must be 64 lower-case hex digits");
	}
	return true;
}

static bool read_policy(struct policy *p, struct err *err)
{
	static const char *const keys[] = {
		"schema",           "anchors",          "require",
		"require_trust",    "algorithms",       "post_quantum",
		"minimum_versions", "maximum_age_days", "accept_expired_signers",
		"require_crl",      "distrusted",       NULL
	};
	const struct json *j = p->doc;
	const struct json_value *top = json_top(j);
	uint64_t schema;
	if (json_type(top) != JSON_OBJECT)
		return json_error(j, top, err, "must be an object");
	if (!json_get_u64(j, top, "schema", JSON_REQUIRED, JSON_INTEGER_MAX, &schema, err))
		return false;
	if (schema != POLICY_SCHEMA)
		return json_error(j, top, err, "schema %llu needs a newer ibbundle",
				  (unsigned long long)schema);
	return json_only_keys(j, top, keys, err) && read_anchors(j, top, p, err) &&
	       read_requirements(j, top, p, err) && read_algorithms(j, top, p, err) &&
	       read_minima(j, top, p, err) && read_distrusted(j, top, p, err) &&
	       json_get_u64(j, top, "maximum_age_days", JSON_OPTIONAL, POLICY_DAYS_MAX,
			    &p->maximum_age, err) &&
	       json_get_bool(j, top, "require_trust", JSON_OPTIONAL, &p->require_trust, err) &&
	       json_get_bool(j, top, "require_crl", JSON_OPTIONAL, &p->require_crl, err) &&
	       json_get_bool(j, top, "post_quantum", JSON_OPTIONAL, &p->post_quantum, err) &&
	       json_get_bool(j, top, "accept_expired_signers", JSON_OPTIONAL,
			     &p->accept_expired_signers, err);
}

bool policy_parse(const char *name, struct slice text, struct policy *out, struct err *err)
{
	struct err why = { 0 };
	AUTO(policy_done) struct policy p = { 0 };
	if (text.len > POLICY_SIZE_MAX)
		return err_set(err, ERR_POLICY, "'%s' is larger than %u bytes", name,
			       POLICY_SIZE_MAX);
	p.doc = json_parse(name, text, &why);
	if (!p.doc || !read_policy(&p, &why))
		return err_set(err, why.code == ERR_NO_MEMORY ? why.code : ERR_POLICY,
			       "the policy can't be used: %s", why.msg);
	*out = p;
	p.doc = NULL;
	return true;
}

/* --- writing ----------------------------------------------------------------------------------- */

static void write_anchors(struct json *j, const struct policy *p)
{
	struct json_value *list = json_add_array(j, json_top(j), "anchors");
	for (size_t i = 0; i < p->anchor_count; i++) {
		const struct policy_anchor *a = &p->anchors[i];
		struct json_value *v = json_add_object(j, list, NULL);
		if (a->role[0])
			json_add_string(j, v, "role", a->role);
		if (a->certificate)
			json_add_string(j, v, "certificate", a->certificate);
		if (a->file)
			json_add_string(j, v, "file", a->file);
		if (a->has_sha256)
			json_add_sha256(j, v, "sha256", a->sha256);
	}
}

static void write_requirements(struct json *j, const struct policy *p)
{
	struct json_value *list = json_add_array(j, json_top(j), "require");
	for (size_t i = 0; i < p->requirement_count; i++) {
		const struct policy_requirement *r = &p->requirements[i];
		struct json_value *v = json_add_object(j, list, NULL);
		json_add_u64(j, v, "signers", r->signers);
		struct json_value *roles = r->role_count ? json_add_array(j, v, "roles") : NULL;
		for (size_t k = 0; k < r->role_count; k++)
			json_add_string(j, roles, NULL, r->roles[k]);
	}
}

static void write_lists(struct json *j, const struct policy *p)
{
	struct json_value *top = json_top(j), *list = NULL;
	char word[POLICY_ALGORITHM_SIZE], hex[SHA256_HEX_SIZE];
	if (p->algorithm_count)
		list = json_add_array(j, top, "algorithms");
	for (size_t i = 0; i < p->algorithm_count; i++) {
		policy_algorithm_text(p->algorithms[i].algorithm, p->algorithms[i].bits, word);
		json_add_string(j, list, NULL, word);
	}
	if (p->minimum_count)
		list = json_add_object(j, top, "minimum_versions");
	for (size_t i = 0; i < p->minimum_count; i++)
		json_add_string(j, list, p->minima[i].bundle, p->minima[i].version);
	if (p->distrusted_count)
		list = json_add_array(j, top, "distrusted");
	for (size_t i = 0; i < p->distrusted_count; i++) {
		sha256_hex(p->distrusted[i], hex);
		json_add_string(j, list, NULL, hex);
	}
}

bool policy_write(const struct policy *p, struct buf *out, struct err *err)
{
	const struct {
		const char *key;
		bool value;
	} flags[] = {
		{ "require_trust", p->require_trust },
		{ "require_crl", p->require_crl },
		{ "post_quantum", p->post_quantum },
		{ "accept_expired_signers", p->accept_expired_signers },
	};
	AUTO(json_auto_free) struct json *j = json_new("policy", err);
	AUTO(buf_done) struct buf text = BUF_INIT(POLICY_SIZE_MAX);
	AUTO(policy_done) struct policy again = { 0 };
	if (!j)
		return false;
	json_add_u64(j, json_top(j), "schema", POLICY_SCHEMA);
	write_anchors(j, p);
	write_requirements(j, p);
	write_lists(j, p);
	if (p->maximum_age)
		json_add_u64(j, json_top(j), "maximum_age_days", p->maximum_age);
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (flags[i].value)
			json_add_bool(j, json_top(j), flags[i].key, true);
	if (!json_print(j, true, &text, err) || !buf_ok(&text, "the policy", err) ||
	    !policy_parse("policy", buf_slice(&text), &again, err))
		return false;
	buf_add(out, text.p, text.len);
	return buf_ok(out, "the policy", err);
}

/* --- its certificates -------------------------------------------------------------------------- */

static bool apply_anchor(const struct policy_anchor *a, const char *dir, const char *slash,
			 struct trust *t, struct err *err)
{
	char text[4096], hex[SHA256_HEX_SIZE];
	struct err why = { 0 };
	if (a->certificate) {
		struct anchor terms = { .role = a->role, .bundle = "" };
		return trust_add_for(t, TRUST_POLICY, slice_str(a->certificate), &terms, err);
	}
	if (a->file) {
		int n = snprintf(text, sizeof(text), "%s%s%s", dir, slash, a->file);
		if (n < 0 || (size_t)n >= sizeof(text))
			return err_set(err, ERR_POLICY, "path is too long: '%s'", a->file);
		if (trust_set_role_of(t, text, a->role, &why))
			return true;
	} else {
		sha256_hex(a->sha256, hex);
		snprintf(text, sizeof(text), "%s", hex);
		if (trust_set_role(t, a->sha256, a->role, &why))
			return true;
	}
	return why.code == ERR_NO
		       ? err_set(err, ERR_POLICY,
				 "it names the certificate '%s', and no file that is used in '%s' "
				 "holds it",
				 text, dir)
		       : err_set(err, why.code, "%s", why.msg);
}

bool policy_apply(const struct policy *p, const char *dir, const char *slash, struct trust *t,
		  struct err *err)
{
	for (size_t i = 0; i < p->distrusted_count; i++)
		if (!trust_distrust(t, p->distrusted[i], err))
			return false;
	/* those of files first: what the policy adds itself is no file's */
	for (int own = 0; own < 2; own++)
		for (size_t i = 0; i < p->anchor_count; i++)
			if ((p->anchors[i].certificate != NULL) == (own == 1) &&
			    !apply_anchor(&p->anchors[i], dir, slash, t, err)) {
				if (err && err->code == ERR_FORMAT)
					err->code = ERR_POLICY;
				return err_wrap(err, "the policy can't be used");
			}
	return true;
}
