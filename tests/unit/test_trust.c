/* SPDX-License-Identifier: MIT */
/*
 * test_trust.c - anchors, the signers that they lead to, and lists of revoked certificates.
 */
#include "support.h"

#include "crypto.h"
#include "signers.h"

#include <openssl/core_names.h>

/* --- lists of revoked certificates --- */

enum list_twist { PLAIN, DELTA, INDIRECT, SOME_REASONS, UNKNOWN_CRITICAL, SHA1_SIGNED };

struct list {
	enum who issuer, key; /* whose name, and who signs */
	enum who revoked;     /* or NOBODY */
	long number;          /* 0: none */
	int from, to;         /* days from now; to 0: no date */
	enum list_twist twist;
};

static void add_crl_extension(X509_CRL *list, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509V3_set_ctx(&ctx, NULL, NULL, NULL, list, 0);
	X509V3_set_ctx_nodb(&ctx);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(e);
	assert_int_equal(X509_CRL_add_ext(list, e, -1), 1);
	X509_EXTENSION_free(e);
}

static void add_twist(X509_CRL *list, enum list_twist twist)
{
	if (twist == DELTA) {
		ASN1_INTEGER *base = ASN1_INTEGER_new();
		ASN1_INTEGER_set(base, 1);
		assert_int_equal(X509_CRL_add1_ext_i2d(list, NID_delta_crl, base, 1, 0), 1);
		ASN1_INTEGER_free(base);
	}
	if (twist == INDIRECT || twist == SOME_REASONS) {
		ISSUING_DIST_POINT *idp = ISSUING_DIST_POINT_new();
		if (twist == INDIRECT)
			idp->indirectCRL = 0xff;
		else
			idp->onlyuser = 0xff;
		assert_int_equal(
			X509_CRL_add1_ext_i2d(list, NID_issuing_distribution_point, idp, 1, 0), 1);
		ISSUING_DIST_POINT_free(idp);
	}
	if (twist == UNKNOWN_CRITICAL)
		add_crl_extension(list, NID_issuer_alt_name, "critical,DNS:example.org");
}

static struct encoded make_list(const struct list *l)
{
	X509_CRL *list = X509_CRL_new();
	ASN1_TIME *t = ASN1_TIME_new();
	assert_non_null(list);
	X509_CRL_set_version(list, 1);
	X509_CRL_set_issuer_name(list, X509_get_subject_name(certificates[l->issuer]));
	X509_time_adj_ex(t, l->from, 0, &now);
	X509_CRL_set1_lastUpdate(list, t);
	if (l->to) {
		X509_time_adj_ex(t, l->to, 0, &now);
		X509_CRL_set1_nextUpdate(list, t);
	}
	if (l->revoked) {
		X509_REVOKED *r = X509_REVOKED_new();
		X509_REVOKED_set_serialNumber(r, (ASN1_INTEGER *)(uintptr_t)X509_get0_serialNumber(
							 certificates[l->revoked]));
		X509_REVOKED_set_revocationDate(r, t);
		assert_int_equal(X509_CRL_add0_revoked(list, r), 1);
	}
	if (l->number) {
		ASN1_INTEGER *n = ASN1_INTEGER_new();
		ASN1_INTEGER_set(n, l->number);
		assert_int_equal(X509_CRL_add1_ext_i2d(list, NID_crl_number, n, 0, 0), 1);
		ASN1_INTEGER_free(n);
	}
	add_twist(list, l->twist);
	X509_CRL_sort(list);
	assert_true(X509_CRL_sign(list, keys[l->key],
				  l->twist == SHA1_SIGNED ? EVP_sha1() : EVP_sha256()) > 0);
	unsigned char *der = NULL;
	int n = i2d_X509_CRL(list, &der);
	assert_true(n > 0);
	struct encoded out = { calloc(1, (size_t)n), (size_t)n };
	assert_non_null(out.p);
	memcpy(out.p, der, (size_t)n);
	OPENSSL_free(der);
	ASN1_TIME_free(t);
	X509_CRL_free(list);
	return out;
}

static struct trust *make_trust(enum who who)
{
	struct err err;
	struct trust *t = trust_new(&err);
	char path[32];
	assert_non_null(t);
	snprintf(path, sizeof(path), "%d.pem", (int)who);
	if (who)
		assert_ok(trust_add(t, path, slice_str(read_text(path)), &err));
	return t;
}

static bool add_list(struct trust *t, const struct list *l, struct err *err)
{
	struct encoded list = make_list(l);
	bool ok = trust_add_crls(t, "list.crl", (struct slice) { list.p, list.len }, err);
	free(list.p);
	return ok;
}

/* What SIGNER, below INTERMEDIATE, below ROOT, signed. */
static bool verify(const struct trust *t, struct signer *s, struct err *err)
{
	struct encoded cms = make_signature(SIGNER, "SHA256", INTERMEDIATE, AS_IS);
	bool ok = cms_verify((struct slice) { cms.p, cms.len }, slice_str(content), t, s, err);
	free(cms.p);
	return ok;
}

static const struct {
	struct list lists[3]; /* up to one without an issuer */
	enum who anchor;
	enum err_code code;
	bool has_crls; /* of every CA above the signer */
	const char *why;
} rows[] = {
	{ { { 0 } }, ROOT, ERR_NONE, false, "no list" },
	{ { { INTERMEDIATE, INTERMEDIATE, SIGNER, 1, -1, 10, PLAIN } },
	  ROOT,
	  ERR_REVOKED,
	  false,
	  "revoked" },
	{ { { INTERMEDIATE, INTERMEDIATE, SIGNER, 0, -1, 0, PLAIN } },
	  ROOT,
	  ERR_REVOKED,
	  false,
	  "by a list with no number and no end" },
	{ { { INTERMEDIATE, INTERMEDIATE, SIGNER, 1, -20, -10, PLAIN } },
	  ROOT,
	  ERR_REVOKED,
	  false,
	  "by a list that is stale" },
	{ { { ROOT, ROOT, INTERMEDIATE, 1, -1, 10, PLAIN } },
	  ROOT,
	  ERR_REVOKED,
	  false,
	  "the CA above it is" },
	{ { { INTERMEDIATE, INTERMEDIATE, SIGNER, 1, -1, 10, PLAIN } },
	  NOBODY,
	  ERR_REVOKED,
	  false,
	  "by a CA that nobody pinned" },
	{ { { INTERMEDIATE, INTERMEDIATE, SIGNER, 1, -1, 10, PLAIN } },
	  INTERMEDIATE,
	  ERR_REVOKED,
	  false,
	  "the CA is the anchor" },
	{ { { INTERMEDIATE, INTERMEDIATE, SIGNER, 1, -1, 10, PLAIN } },
	  SIGNER,
	  ERR_REVOKED,
	  false,
	  "the signer is the anchor, and carries the CA that issued it" },
	{ { { 0 } }, SIGNER, ERR_NONE, true, "no list is asked for above an anchor" },
	{ { { INTERMEDIATE, INTERMEDIATE, TLS_SERVER, 1, -1, 10, PLAIN } },
	  ROOT,
	  ERR_NONE,
	  false,
	  "somebody else is" },
	{ { { INTERMEDIATE, INTERMEDIATE, NOBODY, 1, -1, 10, PLAIN },
	    { ROOT, ROOT, NOBODY, 1, -1, 10, PLAIN } },
	  ROOT,
	  ERR_NONE,
	  true,
	  "nobody is" },
	{ { { INTERMEDIATE, OTHER_ROOT, SIGNER, 1, -1, 10, PLAIN } },
	  ROOT,
	  ERR_NONE,
	  false,
	  "signed by another than it says" },
	{ { { OTHER_ROOT, OTHER_ROOT, SIGNER, 1, -1, 10, PLAIN } },
	  ROOT,
	  ERR_NONE,
	  false,
	  "another CA has such a number" },
	{ { { SIGNER_P384, SIGNER_P384, SIGNER, 1, -1, 10, PLAIN } },
	  ROOT,
	  ERR_NONE,
	  false,
	  "by one who is no CA" },
	{ { { INTERMEDIATE, INTERMEDIATE, SIGNER, 1, -1, 10, PLAIN },
	    { INTERMEDIATE, INTERMEDIATE, NOBODY, 2, -2, 10, PLAIN } },
	  ROOT,
	  ERR_NONE,
	  false,
	  "the list with the higher number takes it back" },
	{ { { INTERMEDIATE, INTERMEDIATE, NOBODY, 2, -2, 10, PLAIN },
	    { INTERMEDIATE, INTERMEDIATE, SIGNER, 1, -1, 10, PLAIN } },
	  ROOT,
	  ERR_NONE,
	  false,
	  "in whatever order" },
	{ { { INTERMEDIATE, INTERMEDIATE, NOBODY, 1, -1, 10, PLAIN },
	    { INTERMEDIATE, INTERMEDIATE, SIGNER, 2, -2, 10, PLAIN } },
	  ROOT,
	  ERR_REVOKED,
	  false,
	  "an older list hides nothing" },
	{ { { INTERMEDIATE, INTERMEDIATE, NOBODY, 0, -5, 10, PLAIN },
	    { INTERMEDIATE, INTERMEDIATE, SIGNER, 0, -1, 10, PLAIN } },
	  ROOT,
	  ERR_REVOKED,
	  false,
	  "by date where there are no numbers" },
};

static void test_lists(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err err = { 0 };
		struct signer s = { 0 };
		AUTO(trust_auto_free) struct trust *t = make_trust(rows[i].anchor);
		for (size_t k = 0; k < 3 && rows[i].lists[k].issuer; k++)
			assert_ok(add_list(t, &rows[i].lists[k], &err));
		memset(&err, 0, sizeof(err));
		bool ok = verify(t, &s, &err);
		if (ok != (rows[i].code == ERR_NONE) || err.code != rows[i].code)
			fail_msg("%s: %s", rows[i].why, ok ? "accepted" : err.msg);
		if (ok && s.path_count && s.paths[0].has_crls != rows[i].has_crls)
			fail_msg("%s: are there lists?", rows[i].why);
	}
}

static void test_no_lists(void **state)
{
	(void)state;
	static const struct {
		struct list list;
		const char *why;
	} refused[] = {
		{ { ROOT, ROOT, NOBODY, 1, -1, 10, DELTA }, "a delta" },
		{ { ROOT, ROOT, NOBODY, 1, -1, 10, INDIRECT }, "indirect" },
		{ { ROOT, ROOT, NOBODY, 1, -1, 10, SOME_REASONS }, "of a part" },
		{ { ROOT, ROOT, NOBODY, 1, -1, 10, UNKNOWN_CRITICAL }, "with more to know" },
		{ { ROOT, ROOT, NOBODY, 1, -1, 10, SHA1_SIGNED }, "by SHA-1" },
	};
	struct err err = { 0 };
	AUTO(trust_auto_free) struct trust *t = make_trust(ROOT);
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		memset(&err, 0, sizeof(err));
		if (add_list(t, &refused[i].list, &err) || err.code != ERR_CRL)
			fail_msg("%s: %s", refused[i].why, err.msg);
	}
	assert_fails(trust_add_crls(t, "x.crl", slice_str("hello"), &err), ERR_CRL, "x.crl");
	assert_fails(trust_add_crls(t, "x.crl", slice_str(""), &err), ERR_CRL, "x.crl");
	assert_fails(trust_add_crls(t, "x.crl", slice_str(read_text("1.pem")), &err), ERR_CRL, "");
	assert_int_equal(trust_crl_count(t), 0);
}

/* What is told of them; and PEM, and each once. */
static void test_list_info(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct crl_info is;
	static const struct list old = { ROOT, ROOT, INTERMEDIATE, 1, -5, 5, PLAIN },
				 newer = { ROOT, ROOT, NOBODY, 2, -4, 6, PLAIN },
				 stranger = { OTHER_ROOT, OTHER_ROOT, NOBODY, 1, -1, 5, PLAIN };
	AUTO(trust_auto_free) struct trust *t = make_trust(ROOT);
	AUTO(buf_done) struct buf pem = BUF_INIT(CRL_SIZE_MAX);
	assert_ok(add_list(t, &old, &err));
	assert_ok(add_list(t, &newer, &err));
	assert_ok(add_list(t, &stranger, &err));
	assert_ok(trust_crl_pem(t, 0, &pem, &err));
	assert_ok(trust_add_crls(t, "again", buf_slice(&pem), &err));
	assert_int_equal(trust_crl_count(t), 3);
	trust_crl(t, 0, &is);
	assert_true(is.proven && !is.newest && is.revoked == 1);
	assert_string_equal(is.issuer, "CN=Root");
	trust_crl(t, 1, &is);
	assert_true(is.proven && is.newest && is.revoked == 0);
	trust_crl(t, 2, &is);
	assert_false(is.proven);
}

/* --- anchors --- */

static void test_distrusted(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct signer s;
	static const enum who refused[] = { SIGNER, INTERMEDIATE, ROOT };
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		AUTO(trust_auto_free) struct trust *t = make_trust(ROOT);
		uint8_t digest[SHA256_SIZE];
		assert_true(X509_digest(certificates[refused[i]], EVP_sha256(), digest, NULL));
		assert_ok(verify(t, &s, &err));
		assert_ok(trust_distrust(t, digest, &err));
		assert_fails(verify(t, &s, &err), ERR_REVOKED, "policy");
		AUTO(trust_auto_free) struct trust *copy = trust_copy(t, &err);
		assert_fails(verify(copy, &s, &err), ERR_REVOKED, "policy");
	}
}

/* Every anchor that leads to a signer is a path of its own. */
static void test_paths(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct signer s;
	AUTO(trust_auto_free) struct trust *t = make_trust(ROOT);
	static const enum who more[] = { OTHER_ROOT, INTERMEDIATE, SIGNER };
	for (size_t i = 0; i < COUNT_OF(more); i++) {
		char path[32];
		snprintf(path, sizeof(path), "%d.pem", (int)more[i]);
		assert_ok(trust_add(t, path, slice_str(read_text(path)), &err));
	}
	assert_ok(trust_add(t, "again", slice_str(read_text("1.pem")), &err));
	assert_int_equal(trust_count(t), 4);
	assert_ok(verify(t, &s, &err));
	assert_true(s.pinned);
	assert_int_equal(s.path_count, 3);
	assert_string_equal(s.paths[0].anchor->subject, "CN=Root");
	assert_string_equal(s.paths[1].anchor->subject, "CN=CA");
	assert_string_equal(s.paths[2].anchor->subject, "CN=Signer");
	assert_int_equal(s.algorithm, ALGORITHM_ECDSA_P256);
}

/* One key is one signer, in whatever certificate and written in whatever way. */
static void test_key_identity(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct signer one, two, other;
	assert_ok(verify(NULL, &one, &err));
	X509 *mine = certificates[SIGNER];
	EVP_PKEY *compressed = EVP_PKEY_dup(keys[SIGNER]);
	assert_non_null(compressed);
	assert_int_equal(EVP_PKEY_set_utf8_string_param(compressed,
							OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
							"compressed"),
			 1);
	X509 *again = X509_dup(mine);
	ASN1_INTEGER_set(X509_get_serialNumber(again), 4711);
	assert_int_equal(X509_set_pubkey(again, compressed), 1);
	assert_true(X509_sign(again, keys[INTERMEDIATE], EVP_sha256()) > 0);
	certificates[SIGNER] = again;
	assert_ok(verify(NULL, &two, &err));
	certificates[SIGNER] = mine;
	assert_memory_not_equal(one.certificate, two.certificate, SHA256_SIZE);
	assert_memory_equal(one.key, two.key, SHA256_SIZE);
	struct encoded cms = make_signature(SIGNER_P384, "SHA256", NOBODY, AS_IS);
	assert_ok(cms_verify((struct slice) { cms.p, cms.len }, slice_str(content), NULL, &other,
			     &err));
	assert_memory_not_equal(one.key, other.key, SHA256_SIZE);
	free(cms.p);
	X509_free(again);
	EVP_PKEY_free(compressed);
}

static void test_file_kinds(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		enum trust_file kind;
	} names[] = {
		{ "a.pem", TRUST_FILE_CERTIFICATES }, { "A.CER", TRUST_FILE_CERTIFICATES },
		{ "a.crl", TRUST_FILE_CRLS },         { "a.CRL", TRUST_FILE_CRLS },
		{ ".crl", TRUST_FILE_OTHER },         { "crl", TRUST_FILE_OTHER },
		{ "a.crl~", TRUST_FILE_OTHER },       { "", TRUST_FILE_OTHER },
	};
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_int_equal(trust_file_kind(names[i].name), names[i].kind);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),      cmocka_unit_test(test_no_lists),
		cmocka_unit_test(test_list_info),  cmocka_unit_test(test_distrusted),
		cmocka_unit_test(test_paths),      cmocka_unit_test(test_key_identity),
		cmocka_unit_test(test_file_kinds),
	};
	return cmocka_run_group_tests(tests, make_people, drop_people);
}
