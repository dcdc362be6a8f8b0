/* SPDX-License-Identifier: MIT */
/*
 * bundle_trust.c - whose bundle is it, and is that enough?  See bundle.h, and FORMAT.md, Order of trust.
 *
 *   every signature over the root's bytes -> (parse the root) -> clock, expiry, age
 *     -> signers as the policy asks?  no -> a rotation, by those it does trust -> asked again
 *     -> what the bundle says is revoked                                       -> asked again
 */
#include <string.h>

#include "bundle.h"
#include "rotation.h"

#define CRL_DOCUMENT "crl"

/*
 * Every signature that can be checked must be good, and there must be one.  Of those that are, the ones
 * of signers whom an anchor leads to are kept; @untrusted is set when there are others, and says why.
 */
bool bundle_verify_root(struct bundle *b, const struct trust *trust, struct err *untrusted,
			struct err *err)
{
	struct slice cms[SIGNATURES_MAX];
	struct slice root = { b->root_bytes, (size_t)b->locator.root.size };
	size_t count;
	struct err not_checked = { 0 };
	b->signer_count = 0;
	b->not_checked = 0;
	if (!signatures_parse((struct slice) { b->signature_bytes, SIGNATURES_SIZE }, cms, &count,
			      err))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct err e = { 0 };
		if (cms_verify(cms[i], root, trust, &b->signers[b->signer_count], &e)) {
			b->signer_count++;
		} else if (e.code == ERR_UNTRUSTED) {
			*untrusted = e; /* somebody else's, beside one that we may trust */
		} else if (e.code == ERR_NOT_CHECKED) {
			not_checked = e;
			b->not_checked++;
		} else {
			err_set(err, e.code, "%s", e.msg);
			return err_wrap(err, "signature %zu of %zu", i + 1, count);
		}
	}
	if (count > 0 && b->not_checked == count)
		return err_set(err, not_checked.code, "%s", not_checked.msg);
	return true;
}

const char *bundle_not_checked_text(const struct bundle *b, char out[NOT_CHECKED_TEXT_SIZE])
{
	out[0] = '\0';
	if (b->not_checked == 1)
		snprintf(out, NOT_CHECKED_TEXT_SIZE,
			 "the signature by ML-DSA was not checked: this program's OpenSSL (%s) has "
			 "no ML-DSA",
			 crypto_version());
	else if (b->not_checked)
		snprintf(out, NOT_CHECKED_TEXT_SIZE,
			 "%zu signatures by ML-DSA were not checked: this program's OpenSSL (%s) "
			 "has no ML-DSA",
			 b->not_checked, crypto_version());
	return out;
}

static const struct trust *trust_of(const struct bundle *b, const struct bundle_options *opt)
{
	return b->trust ? b->trust : opt->trust;
}

static struct policy_case make_case(const struct bundle *b, const struct bundle_options *opt)
{
	return (struct policy_case) {
		.bundle = b->root.name,
		.version = b->root.version,
		.created = b->root.created,
		.expires = b->root.expires,
		.signers = b->signers,
		.signer_count = b->signer_count,
		.anchor_count = trust_count(trust_of(b, opt)),
		.retired = b->retired_count ? b->retired : opt->retired,
		.retired_count = b->retired_count ? b->retired_count : opt->retired_count,
		.now = opt->now,
		.latest = opt->latest,
		.ignore_clock = opt->ignore_clock,
		.require_trust = opt->require_trust,
	};
}

/* Something to add to: what the machine holds stays as it is. */
static bool own_trust(struct bundle *b, const struct bundle_options *opt, struct err *err)
{
	if (!b->trust)
		b->trust = opt->trust ? trust_copy(opt->trust, err) : trust_new(err);
	return b->trust != NULL;
}

static bool has_document(const struct bundle *b, const char *name)
{
	for (size_t i = 0; i < b->root.document_count; i++)
		if (strcmp(b->root.documents[i].name, name) == 0)
			return true;
	return false;
}

/* Those that the machine knew to be retired, and those that the rotation retires. */
static bool join_retired(struct bundle *b, const struct bundle_options *opt,
			 const struct rotation_result *r, struct err *err)
{
	size_t n = opt->retired_count + r->retired_count;
	if (r->retired_count == 0)
		return true;
	b->retired = calloc(n, sizeof(*b->retired));
	if (!b->retired)
		return err_no_memory(err);
	if (opt->retired_count)
		memcpy(b->retired, opt->retired, opt->retired_count * sizeof(*b->retired));
	memcpy(b->retired + opt->retired_count, r->retired, r->retired_count * sizeof(*b->retired));
	b->retired_count = n;
	return true;
}

/*
 * The rotation, if there is one that this machine can follow: the signers are looked at once more.  It
 * may come before any trust in the bundle: of the bundle, the root and this document were parsed then,
 * and of the document no statement but those whose signer an anchor leads to.
 */
static bool follow_rotation(struct bundle *b, const struct bundle_options *opt, struct err *err)
{
	AUTO(auto_free) uint8_t *text = NULL;
	AUTO(auto_free) struct rotation_result *r = calloc(1, sizeof(*r));
	struct err untrusted;
	size_t size;
	if (!r)
		return err_no_memory(err);
	if (trust_count(opt->trust) == 0 || !has_document(b, ROTATION_DOCUMENT))
		return true;
	struct policy_case c = make_case(b, opt);
	if (!bundle_read_document(b, ROTATION_DOCUMENT, ROTATION_SIZE_MAX, &text, &size, err) ||
	    !own_trust(b, opt, err) ||
	    !rotation_follow((struct slice) { text, size }, opt->policy, &c, b->trust, r, err) ||
	    !join_retired(b, opt, r, err))
		return false;
	b->rotated = r->followed > 0;
	return bundle_verify_root(b, b->trust, &untrusted, err);
}

/* @crls_later: the bundle has lists of revoked certificates, which are not read yet. */
static bool check_signers(const struct bundle *b, const struct bundle_options *opt, bool crls_later,
			  struct err *err)
{
	struct policy_case c = make_case(b, opt);
	c.crls_later = crls_later;
	return policy_check_signers(opt->policy, &c, err);
}

/* Might a rotation bring the signer that is missing? */
static bool is_about_signers(enum err_code code)
{
	return code == ERR_UNTRUSTED || code == ERR_SIGNERS || code == ERR_SIGNER_EXPIRED ||
	       code == ERR_ALGORITHM || code == ERR_POST_QUANTUM;
}

/* What it carries about revoked certificates, now that it is trusted to be what somebody signed. */
static bool read_crls(struct bundle *b, const struct bundle_options *opt, struct err *err)
{
	AUTO(auto_free) uint8_t *text = NULL;
	struct err untrusted;
	size_t size;
	if (!has_document(b, CRL_DOCUMENT))
		return true;
	return bundle_read_document(b, CRL_DOCUMENT, CRL_SIZE_MAX, &text, &size, err) &&
	       own_trust(b, opt, err) &&
	       trust_add_crls(b->trust, "the bundle's list", (struct slice) { text, size }, err) &&
	       bundle_verify_root(b, b->trust, &untrusted, err) &&
	       check_signers(b, opt, false, err);
}

bool bundle_judge(struct bundle *b, const struct bundle_options *opt, struct err *err)
{
	struct err why = { 0 };
	struct policy_case c = make_case(b, opt);
	bool lists = has_document(b, CRL_DOCUMENT);
	/* An unknown signer's word about time is not worth a message of its own. */
	if (b->signer_count == 0 && !b->unsigned_root && !has_document(b, ROTATION_DOCUMENT))
		return check_signers(b, opt, false, err);
	if (!policy_check_time(opt->policy, &c, err))
		return false;
	if (b->unsigned_root)
		return true;
	if (!check_signers(b, opt, lists, &why) && !is_about_signers(why.code))
		return err_set(err, why.code, "%s", why.msg);
	if (!follow_rotation(b, opt, err))
		return false;
	if (why.code != ERR_NONE && !b->rotated)
		return err_set(err, why.code, "%s", why.msg);
	c = make_case(b, opt);
	return (!b->rotated || check_signers(b, opt, lists, err)) && read_crls(b, opt, err) &&
	       policy_check_version(opt->policy, &c, err);
}
