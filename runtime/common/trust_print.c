/* SPDX-License-Identifier: MIT */
/* trust_print.c - see trust_edit.h: what is trusted and what is asked, for people and as JSON. */
#include <string.h>

#include "date.h"
#include "trust_edit.h"

/* --- list -------------------------------------------------------------------------------------- */

static const char *origin_of(const struct seen *s, const struct anchor *a)
{
	for (size_t i = 0; i < s->anchor_count; i++) {
		struct anchor is;
		if (strcmp(a->name, TRUST_SEEN) == 0 &&
		    strcmp(a->bundle, s->anchors[i].bundle) == 0 &&
		    certificate_read("anchor", slice_str(s->anchors[i].certificate), &is, NULL,
				     NULL) &&
		    memcmp(is.certificate, a->certificate, FINGERPRINT_SIZE) == 0)
			return s->anchors[i].origin;
	}
	return NULL;
}

static void print_anchor(const struct anchor *a, const struct seen *s, uint64_t now,
			 struct buf *out)
{
	char hex[SHA256_HEX_SIZE], from[DATE_TEXT_SIZE], to[DATE_TEXT_SIZE];
	const char *origin = origin_of(s, a);
	sha256_hex(a->certificate, hex);
	buf_printf(out, "%s\n  role %s, valid from %s to %s%s\n", a->subject,
		   a->role[0] ? a->role : "-", date_text(a->not_before, from),
		   date_text(a->not_after, to),
		   now > a->not_after    ? " (expired)"
		   : now < a->not_before ? " (not yet)"
					 : "");
	buf_printf(out, "  from %s%s\n", origin ? "the rotation in " : "",
		   origin ? origin : a->name);
	if (a->bundle[0])
		buf_printf(out, "  only for bundles '%s' created from %s on\n", a->bundle,
			   date_text(a->from, from));
	for (size_t i = 0; i < s->retired_count; i++)
		if (memcmp(s->retired[i].certificate, a->certificate, FINGERPRINT_SIZE) == 0)
			buf_printf(out, "  no longer for bundles '%s': it gave way to another\n",
				   s->retired[i].bundle);
	buf_printf(out, "  sha256 %s\n", hex);
}

static void print_crl(const struct crl_info *c, uint64_t now, struct buf *out)
{
	char issued[DATE_TEXT_SIZE], next[DATE_TEXT_SIZE];
	buf_printf(out, "revoked by %s: %zu, as of %s", c->issuer, c->revoked,
		   date_text(c->issued, issued));
	if (c->next)
		buf_printf(out, "%s %s",
			   c->next < now ? ", should have been renewed by" : ", until",
			   date_text(c->next, next));
	buf_printf(out, "%s\n",
		   !c->proven   ? " (signed by none of the above itself)"
		   : !c->newest ? " (there is a newer one)"
				: "");
}

static void add_anchor(struct json *j, struct json_value *list, const struct anchor *a,
		       const struct seen *s)
{
	struct json_value *v = json_add_object(j, list, NULL);
	const char *origin = origin_of(s, a);
	json_add_string(j, v, "subject", a->subject);
	json_add_sha256(j, v, "sha256", a->certificate);
	json_add_string(j, v, "role", a->role);
	json_add_string(j, v, "from", origin ? origin : a->name);
	json_add_bool(j, v, "by_rotation", origin != NULL);
	json_add_u64(j, v, "not_before", a->not_before);
	json_add_u64(j, v, "not_after", a->not_after);
	if (a->bundle[0]) {
		json_add_string(j, v, "bundle", a->bundle);
		json_add_u64(j, v, "created_from", a->from);
	}
	struct json_value *retired = json_add_array(j, v, "retired_for");
	for (size_t i = 0; i < s->retired_count; i++)
		if (memcmp(s->retired[i].certificate, a->certificate, FINGERPRINT_SIZE) == 0)
			json_add_string(j, retired, NULL, s->retired[i].bundle);
}

static bool list_json(const struct trust *t, const struct seen *s, struct buf *out, struct err *err)
{
	AUTO(json_auto_free) struct json *j = json_new("trust", err);
	if (!j)
		return false;
	struct json_value *list = json_add_array(j, json_top(j), "certificates");
	for (size_t i = 0; i < trust_count(t); i++)
		add_anchor(j, list, trust_anchor(t, i), s);
	list = json_add_array(j, json_top(j), "crls");
	for (size_t i = 0; i < trust_crl_count(t); i++) {
		struct crl_info c;
		struct json_value *v = json_add_object(j, list, NULL);
		trust_crl(t, i, &c);
		json_add_string(j, v, "issuer", c.issuer);
		json_add_u64(j, v, "revoked", c.revoked);
		json_add_u64(j, v, "issued", c.issued);
		if (c.next)
			json_add_u64(j, v, "next", c.next);
		json_add_bool(j, v, "proven", c.proven);
		json_add_bool(j, v, "newest", c.newest);
	}
	return json_print(j, true, out, err);
}

bool trust_print_list(const struct trust *t, const struct seen *s, uint64_t now, bool json,
		      struct buf *out, struct err *err)
{
	if (json)
		return list_json(t, s, out, err);
	if (trust_count(t) == 0)
		buf_add_str(out, "no certificate is trusted\n");
	for (size_t i = 0; i < trust_count(t); i++)
		print_anchor(trust_anchor(t, i), s, now, out);
	for (size_t i = 0; i < trust_crl_count(t); i++) {
		struct crl_info c;
		trust_crl(t, i, &c);
		print_crl(&c, now, out);
	}
	return buf_ok(out, "the list", err);
}

/* --- show -------------------------------------------------------------------------------------- */

static void print_requirements(const struct policy *p, size_t anchor_count, struct buf *out)
{
	if (p->requirement_count == 0 && anchor_count == 0)
		buf_add_str(out,
			    p->require_trust || p->require_crl || p->post_quantum
				    ? "signers: none can be trusted: every bundle is refused\n"
				    : "signers: anybody (no certificate is trusted here): intact "
				      "bundles are used, whoever made them\n");
	else if (p->requirement_count == 0)
		buf_add_str(out, "signers: 1 that a trusted certificate leads to\n");
	for (size_t i = 0; i < p->requirement_count; i++) {
		const struct policy_requirement *r = &p->requirements[i];
		buf_printf(out, "signers: %llu%s that a trusted certificate%s",
			   (unsigned long long)r->signers, r->signers > 1 ? " different ones" : "",
			   r->role_count ? " of role " : "");
		for (size_t k = 0; k < r->role_count; k++)
			buf_printf(out, "%s%s", k ? " or " : "", r->roles[k]);
		buf_add_str(out, " leads to\n");
	}
	if (p->requirement_count > 1)
		buf_add_str(out, "  nobody counts for two of these; one key is one signer\n");
}

static void print_lists(const struct policy *p, const struct seen *s, struct buf *out)
{
	char word[POLICY_ALGORITHM_SIZE], hex[SHA256_HEX_SIZE];
	buf_add_str(out, "algorithms:");
	for (size_t i = 0; i < p->algorithm_count; i++) {
		policy_algorithm_text(p->algorithms[i].algorithm, p->algorithms[i].bits, word);
		buf_printf(out, " %s%s", word, p->algorithms[i].bits ? " (or longer)" : "");
	}
	buf_add_str(out, p->algorithm_count ? "\n" : " any that are checked\n");
	for (size_t i = 0; i < p->minimum_count; i++)
		buf_printf(out,
			   "version: %s must be %s or newer, whatever --allow-downgrade says\n",
			   p->minima[i].bundle, p->minima[i].version);
	for (size_t i = 0; i < s->version_count; i++)
		buf_printf(out,
			   "version: %s must be %s or newer, since that was installed "
			   "(--allow-downgrade overrules)\n",
			   s->versions[i].bundle, s->versions[i].version);
	for (size_t i = 0; i < p->distrusted_count; i++) {
		sha256_hex(p->distrusted[i], hex);
		buf_printf(out, "distrusted: what %s signed, or one below it\n", hex);
	}
}

static void print_policy(const struct policy *p, const char *path, size_t anchor_count,
			 const struct seen *s, struct buf *out)
{
	char date[DATE_TEXT_SIZE];
	if (path)
		buf_printf(out, "policy: %s\n", path);
	else
		buf_add_str(out, "policy: there is none\n");
	buf_printf(out, "certificates: %zu are trusted ('trust list' shows them)\n", anchor_count);
	print_requirements(p, anchor_count, out);
	print_lists(p, s, out);
	buf_printf(out, "require-trust: %s\n",
		   p->require_trust ? "yes: without a trusted certificate every bundle is refused"
				    : "no");
	buf_printf(out, "post-quantum: %s\n",
		   p->post_quantum ? "yes: one trusted signature must be by ML-DSA" : "no");
	if (p->maximum_age)
		buf_printf(out, "maximum-age: %llu days since it was made\n",
			   (unsigned long long)p->maximum_age);
	else
		buf_add_str(out, "maximum-age: any, until it expires\n");
	buf_printf(out, "accept-expired-signers: %s\n",
		   p->accept_expired_signers ? "yes: valid when the bundle was made is enough"
					     : "no: a signer must be valid today, too");
	buf_printf(out, "require-crl: %s\n",
		   p->require_crl ? "yes: a list of every CA is needed that is new enough"
				  : "no: what is known to be revoked is refused all the same");
	if (s->latest)
		buf_printf(out,
			   "clock: not earlier than %s, when the newest bundle installed here "
			   "was made\n",
			   date_text(s->latest, date));
}

bool trust_print_policy(const struct policy *p, const char *path, size_t anchor_count,
			const struct seen *s, bool json, struct buf *out, struct err *err)
{
	if (json)
		return policy_write(p, out, err);
	print_policy(p, path, anchor_count, s, out);
	return buf_ok(out, "the policy", err);
}
