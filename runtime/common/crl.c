/* SPDX-License-Identifier: MIT */
/* crl.c - see trust.h: lists of revoked certificates. */
#include "trust_openssl.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "crypto.h"

#define CRL_COUNT_MAX 256

#define AUTO_FREE(type, name, release)                                                             \
	static void name(type **slot)                                                              \
	{                                                                                          \
		release(*slot);                                                                    \
	}
AUTO_FREE(X509_CRL, auto_crl, X509_CRL_free)
AUTO_FREE(ASN1_INTEGER, auto_integer, ASN1_INTEGER_free)
AUTO_FREE(ISSUING_DIST_POINT, auto_idp, ISSUING_DIST_POINT_free)

/* The errors that OpenSSL queued belong to the call that ends here. */
static void auto_clear_errors(UNUSED int *slot)
{
	ERR_clear_error();
}

static void auto_openssl_free(unsigned char **slot)
{
	OPENSSL_free(*slot);
}

struct found {
	struct trust *t;
	size_t count;
};

/* A list that says all there is to say about its issuer's certificates. */
static bool check_scope(X509_CRL *list, const char *name, struct err *err)
{
	int critical = 0;
	AUTO(auto_idp)
	ISSUING_DIST_POINT *idp =
		X509_CRL_get_ext_d2i(list, NID_issuing_distribution_point, &critical, NULL);
	bool part = idp && (idp->onlyuser > 0 || idp->onlyCA > 0 || idp->onlysomereasons ||
			    idp->indirectCRL > 0 || idp->onlyattr > 0);
	if (part || (!idp && critical != -1) ||
	    X509_CRL_get_ext_by_NID(list, NID_delta_crl, -1) >= 0)
		return err_set(err, ERR_CRL,
			       "'%s' has a list of revoked certificates that is a delta, indirect "
			       "or for some certificates only: give the CA's full list",
			       name);
	for (int i = 0; i < X509_CRL_get_ext_count(list); i++) {
		X509_EXTENSION *e = X509_CRL_get_ext(list, i);
		int nid = OBJ_obj2nid(X509_EXTENSION_get_object(e));
		if (X509_EXTENSION_get_critical(e) && nid != NID_issuing_distribution_point &&
		    nid != NID_authority_key_identifier && nid != NID_crl_number)
			return err_set(err, ERR_CRL,
				       "'%s' has a list of revoked certificates with a critical "
				       "extension that is not known here",
				       name);
	}
	return true;
}

static bool check_list(X509_CRL *list, const char *name, struct err *err)
{
	int digest = NID_undef, key = NID_undef;
	uint64_t issued;
	/* ML-DSA names no digest. */
	if (OBJ_find_sigid_algs(X509_CRL_get_signature_nid(list), &digest, &key) &&
	    digest != NID_undef && digest != NID_sha256 && digest != NID_sha384 &&
	    digest != NID_sha512)
		return err_set(err, ERR_CRL,
			       "'%s' has a list of revoked certificates that is not signed with "
			       "SHA-256, SHA-384 or SHA-512",
			       name);
	if (!x509_time(X509_CRL_get0_lastUpdate(list), &issued))
		return err_set(err, ERR_CRL, "'%s' has a list with a broken date", name);
	return check_scope(list, name, err);
}

static bool take_crl(void *ctx, const char *name, const unsigned char **p, long size,
		     struct err *err)
{
	struct found *f = ctx;
	AUTO(auto_crl) X509_CRL *list = d2i_X509_CRL(NULL, p, size);
	if (!list)
		return err_set(err, ERR_CRL,
			       "'%s' is not a list of revoked certificates (CRL, PEM or DER)",
			       name);
	if (!check_list(list, name, err))
		return false;
	f->count++;
	for (size_t i = 0; i < f->t->crl_count; i++)
		if (X509_CRL_match(f->t->crls[i].list, list) == 0)
			return true;
	if (f->t->crl_count >= CRL_COUNT_MAX)
		return err_set(err, ERR_CRL,
			       "'%s' makes more than %d lists of revoked certificates", name,
			       CRL_COUNT_MAX);
	return trust_keep_crl(f->t, list, false, err);
}

static const struct trust_kind crls = { "-----BEGIN X509 CRL-----", "-----END X509 CRL-----",
					"list of revoked certificates", ERR_CRL, take_crl };

bool trust_add_crls(struct trust *t, const char *name, struct slice pem_or_der, struct err *err)
{
	AUTO(auto_clear_errors) UNUSED int scope = 0;
	struct found f = { .t = t };
	size_t before = t->crl_count;
	if (!trust_read_all(&crls, &f, name, pem_or_der, err)) {
		while (t->crl_count > before)
			X509_CRL_free(t->crls[--t->crl_count].list);
		return false;
	}
	return f.count ||
	       err_set(err, ERR_CRL, "'%s' holds no list of revoked certificates (CRL, PEM or DER)",
		       name);
}

/* The CRL number has up to 20 octets (RFC 5280, 5.2.3). */
static ASN1_INTEGER *crl_number(const X509_CRL *list)
{
	return X509_CRL_get_ext_d2i(list, NID_crl_number, NULL, NULL);
}

static bool is_newer(const X509_CRL *a, const X509_CRL *b)
{
	AUTO(auto_integer) ASN1_INTEGER *x = crl_number(a);
	AUTO(auto_integer) ASN1_INTEGER *y = crl_number(b);
	int order = x && y ? ASN1_INTEGER_cmp(x, y) : 0;
	if (order == 0)
		order = ASN1_TIME_compare(X509_CRL_get0_lastUpdate(a), X509_CRL_get0_lastUpdate(b));
	return order > 0;
}

/* Did @issuer sign it, and may it? */
static bool is_from(X509_CRL *list, X509 *issuer)
{
	if (X509_NAME_cmp(X509_CRL_get_issuer(list), X509_get_subject_name(issuer)) != 0 ||
	    !(X509_get_key_usage(issuer) & KU_CRL_SIGN))
		return false;
	EVP_PKEY *key = X509_get0_pubkey(issuer);
	return key && X509_CRL_verify(list, key) == 1;
}

static const struct trust_crl *newest_of(const struct trust *t, X509 *issuer, bool carried)
{
	const struct trust_crl *newest = NULL;
	for (size_t i = 0; i < t->crl_count; i++) {
		struct trust_crl *c = &t->crls[i];
		if (!is_from(c->list, issuer))
			continue;
		c->proven = c->proven || !carried;
		if (!newest || is_newer(c->list, newest->list))
			newest = c;
	}
	return newest;
}

static bool say_revoked(const X509 *x, const char *by, struct err *err)
{
	char subject[CERTIFICATE_NAME_SIZE], hex[SHA256_HEX_SIZE];
	uint8_t digest[SHA256_SIZE];
	if (!x509_name_text(X509_get_subject_name(x), subject, err))
		return false;
	if (!X509_digest(x, EVP_sha256(), digest, NULL))
		return err_no_memory(err);
	sha256_hex(digest, hex);
	return err_set(err, ERR_REVOKED,
		       "the certificate of '%s' (sha256 %.16s...) is revoked %s: get a bundle that "
		       "is signed by another",
		       subject, hex, by);
}

static bool is_distrusted(const struct trust *t, const X509 *x)
{
	uint8_t digest[FINGERPRINT_SIZE];
	if (t->distrusted_count == 0)
		return false;
	if (!X509_digest(x, EVP_sha256(), digest, NULL))
		return true;
	for (size_t i = 0; i < t->distrusted_count; i++)
		if (memcmp(t->distrusted[i], digest, sizeof(digest)) == 0)
			return true;
	return false;
}

bool trust_check_revoked(const struct trust *t, STACK_OF(X509) * chain, const X509 *anchor,
			 struct revocation *out, struct err *err)
{
	int n = sk_X509_num(chain);
	bool above = false;
	*out = (struct revocation) { .complete = true, .until = UINT64_MAX };
	for (int i = 0; i < n; i++)
		if (is_distrusted(t, sk_X509_value(chain, i)))
			return say_revoked(sk_X509_value(chain, i), "by this machine's policy",
					   err);
	for (int i = 0; i + 1 < n; i++) {
		X509 *x = sk_X509_value(chain, i);
		above = above || (anchor && X509_cmp(x, anchor) == 0);
		const struct trust_crl *c = newest_of(t, sk_X509_value(chain, i + 1), !anchor);
		X509_REVOKED *entry = NULL;
		uint64_t next = 0;
		/* 2 is an entry that a delta takes back, and deltas are refused */
		if (c && X509_CRL_get0_by_serial(c->list, &entry, X509_get0_serialNumber(x)) != 0)
			return say_revoked(x, "by its CA", err);
		if (!c)
			out->complete = out->complete && above;
		else if (!above && x509_time(X509_CRL_get0_nextUpdate(c->list), &next) &&
			 next < out->until)
			out->until = next;
	}
	return true;
}

/* A CRL that no path asked for may still be an anchor's own. */
static bool is_proven(const struct trust *t, const struct trust_crl *c)
{
	for (size_t i = 0; !c->proven && i < t->anchor_count; i++)
		if (is_from(c->list, t->anchors[i].x))
			return true;
	return c->proven;
}

size_t trust_crl_count(const struct trust *t)
{
	return t ? t->crl_count : 0;
}

static const ASN1_OCTET_STRING *issuer_key_id(const X509_CRL *list)
{
	int at = X509_CRL_get_ext_by_NID(list, NID_authority_key_identifier, -1);
	return at < 0 ? NULL : X509_EXTENSION_get_data(X509_CRL_get_ext(list, at));
}

/* Two CAs may have one name. */
static bool same_issuer(const X509_CRL *a, const X509_CRL *b)
{
	const ASN1_OCTET_STRING *x = issuer_key_id(a), *y = issuer_key_id(b);
	return X509_NAME_cmp(X509_CRL_get_issuer(a), X509_CRL_get_issuer(b)) == 0 &&
	       (!x || !y || ASN1_OCTET_STRING_cmp(x, y) == 0);
}

static bool is_newest(const struct trust *t, size_t index)
{
	const struct trust_crl *c = &t->crls[index];
	for (size_t i = 0; i < t->crl_count; i++)
		if (i != index && same_issuer(t->crls[i].list, c->list) &&
		    is_proven(t, &t->crls[i]) && is_newer(t->crls[i].list, c->list))
			return false;
	return true;
}

void trust_crl(const struct trust *t, size_t i, struct crl_info *out)
{
	AUTO(auto_clear_errors) UNUSED int scope = 0;
	const struct trust_crl *c = &t->crls[i];
	*out = (struct crl_info) { .proven = is_proven(t, c), .newest = is_newest(t, i) };
	if (!x509_name_text(X509_CRL_get_issuer(c->list), out->issuer, NULL))
		out->issuer[0] = '\0';
	if (!x509_time(X509_CRL_get0_lastUpdate(c->list), &out->issued))
		out->issued = 0;
	if (!x509_time(X509_CRL_get0_nextUpdate(c->list), &out->next))
		out->next = 0;
	int revoked = sk_X509_REVOKED_num(X509_CRL_get_REVOKED(c->list));
	out->revoked = revoked > 0 ? (size_t)revoked : 0;
}

bool trust_crl_pem(const struct trust *t, size_t i, struct buf *out, struct err *err)
{
	AUTO(auto_openssl_free) unsigned char *der = NULL;
	int n = i2d_X509_CRL(t->crls[i].list, &der);
	return n > 0 ? trust_write_pem(&crls, der, n, out, err) : err_no_memory(err);
}
