/* SPDX-License-Identifier: MIT */
/*
 * test_crypto.c - who may sign, and what a signature must look like.
 *
 * Keys, certificates and signatures are made by the host's libcrypto (signers.h).  Every case is put
 * to cms_verify() in this process and, when CMS_CHECK names a command, to that as well: the stub's
 * libcrypto is another one (tests/support/cms_check.c).
 */
#include "support.h"

#include <inttypes.h>

#include "buf.h"
#include "crypto.h"
#include "ml_dsa_signature.h"
#include "signers.h"

static const struct {
	const char *why;
	enum who signer;
	const char *md;
	enum who carried; /* a certificate beside the signer's */
	enum twist twist;
	enum who trust[2];
	enum err_code expect;
} cases[] = {
	{ "P-256 by way of an intermediate",
	  SIGNER,
	  "SHA256",
	  INTERMEDIATE,
	  AS_IS,
	  { ROOT },
	  ERR_NONE },
	{ "P-384", SIGNER_P384, "SHA384", NOBODY, AS_IS, { ROOT }, ERR_NONE },
	{ "P-384 with SHA-512", SIGNER_P384, "SHA512", NOBODY, AS_IS, { ROOT }, ERR_NONE },
	{ "RSA 3072 below an RSA 2048 root, with a second purpose",
	  SIGNER_RSA,
	  "SHA256",
	  NOBODY,
	  AS_IS,
	  { RSA_ROOT },
	  ERR_NONE },
	{ "RSA with SHA-512", SIGNER_RSA, "SHA512", NOBODY, AS_IS, { RSA_ROOT }, ERR_NONE },
	{ "one of two anchors leads to the signer",
	  SIGNER_P384,
	  "SHA256",
	  NOBODY,
	  AS_IS,
	  { OTHER_ROOT, ROOT },
	  ERR_NONE },
	{ "a renewed root beside the old one",
	  SIGNER_P384,
	  "SHA256",
	  NOBODY,
	  AS_IS,
	  { OLD_ROOT, ROOT },
	  ERR_NONE },
	{ "a renewed root before the old one",
	  SIGNER_P384,
	  "SHA256",
	  NOBODY,
	  AS_IS,
	  { ROOT, OLD_ROOT },
	  ERR_NONE },
	{ "the intermediate is pinned",
	  SIGNER,
	  "SHA256",
	  NOBODY,
	  AS_IS,
	  { INTERMEDIATE },
	  ERR_NONE },
	{ "the signer itself is pinned", SIGNER, "SHA256", NOBODY, AS_IS, { SIGNER }, ERR_NONE },
	{ "self-signed and pinned",
	  SIGNER_SELF,
	  "SHA256",
	  NOBODY,
	  AS_IS,
	  { SIGNER_SELF },
	  ERR_NONE },
	{ "nothing pinned, chain carried",
	  SIGNER,
	  "SHA256",
	  INTERMEDIATE,
	  AS_IS,
	  { NOBODY },
	  ERR_NONE },
	{ "nothing pinned, only the signer carried",
	  SIGNER,
	  "SHA256",
	  NOBODY,
	  AS_IS,
	  { NOBODY },
	  ERR_NONE },
	{ "nothing pinned, self-signed",
	  SIGNER_SELF,
	  "SHA256",
	  NOBODY,
	  AS_IS,
	  { NOBODY },
	  ERR_NONE },
	{ "no signed attributes",
	  SIGNER_P384,
	  "SHA256",
	  NOBODY,
	  NO_ATTRIBUTES,
	  { ROOT },
	  ERR_NONE },
	{ "a CA that has expired: time is asked for later",
	  SIGNER_SHORT,
	  "SHA256",
	  SHORT_CA,
	  AS_IS,
	  { ROOT },
	  ERR_NONE },

	{ "missing intermediate", SIGNER, "SHA256", NOBODY, AS_IS, { ROOT }, ERR_UNTRUSTED },
	{ "another root is pinned",
	  SIGNER_P384,
	  "SHA256",
	  NOBODY,
	  AS_IS,
	  { OTHER_ROOT },
	  ERR_UNTRUSTED },
	{ "carrying the root does not make it trusted",
	  SIGNER_P384,
	  "SHA256",
	  ROOT,
	  AS_IS,
	  { OTHER_ROOT },
	  ERR_UNTRUSTED },
	{ "self-signed, another is pinned",
	  SIGNER_SELF,
	  "SHA256",
	  NOBODY,
	  AS_IS,
	  { ROOT },
	  ERR_UNTRUSTED },
	{ "a root of the same name, with another key",
	  SIGNER_P384,
	  "SHA256",
	  NOBODY,
	  AS_IS,
	  { NAMESAKE_ROOT },
	  ERR_SIGNATURE },
	{ "issued by a certificate that is no CA",
	  SIGNER_OF_SIGNER,
	  "SHA256",
	  SIGNER,
	  AS_IS,
	  { INTERMEDIATE },
	  ERR_SIGNATURE },

	{ "RSA 2048", SIGNER_RSA2048, "SHA256", NOBODY, AS_IS, { ROOT }, ERR_SIGNATURE },
	{ "RSA 1024", SIGNER_RSA1024, "SHA256", NOBODY, AS_IS, { ROOT }, ERR_SIGNATURE },
	{ "RSA 1024 of a CA", SIGNER_WEAK_CA, "SHA256", WEAK_CA, AS_IS, { ROOT }, ERR_SIGNATURE },
	{ "RSA 1024 of a CA that is pinned",
	  SIGNER_WEAK_CA,
	  "SHA256",
	  NOBODY,
	  AS_IS,
	  { WEAK_CA },
	  ERR_SIGNATURE },
	{ "P-521", SIGNER_P521, "SHA512", NOBODY, AS_IS, { ROOT }, ERR_SIGNATURE },
	{ "secp256k1", SIGNER_K1, "SHA256", NOBODY, AS_IS, { ROOT }, ERR_SIGNATURE },
	{ "Ed25519", SIGNER_ED25519, "SHA256", NOBODY, AS_IS, { ROOT }, ERR_SIGNATURE },
	{ "SHA-1", SIGNER_P384, "SHA1", NOBODY, AS_IS, { ROOT }, ERR_SIGNATURE },
	{ "MD5", SIGNER_RSA, "MD5", NOBODY, AS_IS, { RSA_ROOT }, ERR_SIGNATURE },
	{ "SHA-1 by RSA", SIGNER_RSA, "SHA1", NOBODY, AS_IS, { RSA_ROOT }, ERR_SIGNATURE },
	{ "SHA-224", SIGNER_P384, "SHA224", NOBODY, AS_IS, { ROOT }, ERR_SIGNATURE },
	{ "SHA3-256", SIGNER_RSA, "SHA3-256", NOBODY, AS_IS, { RSA_ROOT }, ERR_SIGNATURE },
	{ "RSA-PSS", SIGNER_RSA, "SHA256", NOBODY, PSS, { RSA_ROOT }, ERR_SIGNATURE },
	{ "a certificate signed with SHA-1",
	  SIGNER_SHA1,
	  "SHA256",
	  NOBODY,
	  AS_IS,
	  { ROOT },
	  ERR_SIGNATURE },

	{ "for TLS servers", TLS_SERVER, "SHA256", NOBODY, AS_IS, { ROOT }, ERR_SIGNATURE },
	{ "for TLS servers, nothing pinned",
	  TLS_SERVER,
	  "SHA256",
	  NOBODY,
	  AS_IS,
	  { NOBODY },
	  ERR_SIGNATURE },
	{ "no purpose named", NO_PURPOSE, "SHA256", NOBODY, AS_IS, { ROOT }, ERR_SIGNATURE },
	{ "any purpose is not code signing",
	  ANY_PURPOSE,
	  "SHA256",
	  NOBODY,
	  AS_IS,
	  { ROOT },
	  ERR_SIGNATURE },
	{ "for mail, without a key usage",
	  ENCRYPTION_ONLY,
	  "SHA256",
	  NOBODY,
	  AS_IS,
	  { ROOT },
	  ERR_SIGNATURE },
	{ "key usage without signatures",
	  NO_SIGNATURES,
	  "SHA256",
	  NOBODY,
	  AS_IS,
	  { ROOT },
	  ERR_SIGNATURE },
	{ "a CA for TLS only", SIGNER_TLS_CA, "SHA256", TLS_CA, AS_IS, { ROOT }, ERR_SIGNATURE },

	{ "two signers", SIGNER, "SHA256", INTERMEDIATE, TWO_SIGNERS, { ROOT }, ERR_SIGNATURE },
	{ "no signer", SIGNER, "SHA256", INTERMEDIATE, NO_SIGNERS, { ROOT }, ERR_SIGNATURE },
	{ "no signer, nothing pinned",
	  SIGNER,
	  "SHA256",
	  NOBODY,
	  NO_SIGNERS,
	  { NOBODY },
	  ERR_SIGNATURE },
	{ "the signer's certificate is not carried",
	  SIGNER_P384,
	  "SHA256",
	  NOBODY,
	  NO_CERTIFICATES,
	  { SIGNER_P384 },
	  ERR_SIGNATURE },
	{ "content inside the signature",
	  SIGNER_P384,
	  "SHA256",
	  NOBODY,
	  EMBEDDED,
	  { ROOT },
	  ERR_SIGNATURE },
	{ "content of another type",
	  SIGNER_P384,
	  "SHA256",
	  NOBODY,
	  OTHER_TYPE,
	  { ROOT },
	  ERR_SIGNATURE },
	{ "not signed data",
	  SIGNER_P384,
	  "SHA256",
	  NOBODY,
	  NOT_SIGNED_DATA,
	  { ROOT },
	  ERR_SIGNATURE },
	{ "last byte missing", SIGNER_P384, "SHA256", NOBODY, TRUNCATED, { ROOT }, ERR_SIGNATURE },
	{ "a byte behind the end",
	  SIGNER_P384,
	  "SHA256",
	  NOBODY,
	  TRAILING,
	  { ROOT },
	  ERR_SIGNATURE },
	{ "nothing at all", SIGNER_P384, "SHA256", NOBODY, EMPTY, { ROOT }, ERR_SIGNATURE },
	{ "another signature value",
	  SIGNER_RSA,
	  "SHA256",
	  NOBODY,
	  LAST_BYTE,
	  { RSA_ROOT },
	  ERR_SIGNATURE },
	{ "ten thousand signers",
	  SIGNER_P384,
	  "SHA256",
	  NOBODY,
	  MANY_SIGNERS,
	  { ROOT },
	  ERR_SIGNATURE },
	{ "larger than it may be, by what is not signed",
	  SIGNER_P384,
	  "SHA256",
	  NOBODY,
	  OVERSIZED,
	  { ROOT },
	  ERR_SIGNATURE },
	{ "more certificates than are read",
	  SIGNER_P384,
	  "SHA256",
	  NOBODY,
	  MANY_CERTIFICATES,
	  { ROOT },
	  ERR_SIGNATURE },
	{ "said to be another's, who is trusted",
	  SIGNER_SELF,
	  "SHA256",
	  NOBODY,
	  OTHER_SIGNER_ID,
	  { ROOT },
	  ERR_SIGNATURE },
	{ "other content", SIGNER_P384, "SHA256", NOBODY, OTHER_CONTENT, { ROOT }, ERR_SIGNATURE },
	{ "other content by RSA",
	  SIGNER_RSA,
	  "SHA256",
	  NOBODY,
	  OTHER_CONTENT,
	  { RSA_ROOT },
	  ERR_SIGNATURE },
};

static struct trust *make_trust(const enum who who[2])
{
	struct err err;
	struct trust *t = trust_new(&err);
	assert_non_null(t);
	for (size_t i = 0; i < 2 && who[i]; i++) {
		char path[32];
		snprintf(path, sizeof(path), "%d.pem", (int)who[i]);
		assert_ok(trust_add(t, path, slice_str(read_text(path)), &err));
	}
	return t;
}

/* Ask the command in CMS_CHECK; false when there is none. */
static bool ask_stub(const char *arguments, char answer[4096])
{
	const char *check = getenv("CMS_CHECK");
	char command[4096];
	if (!check)
		return false;
	snprintf(command, sizeof(command), "%s %s", check, arguments);
	FILE *f = popen(command, "r"); /* NOLINT: the command is the Makefile's */
	assert_non_null(f);
	answer[fread(answer, 1, 4095, f)] = '\0';
	pclose(f);
	return true;
}

static void check_stub(size_t i, const struct signer *signer)
{
	char arguments[256], answer[4096], expect[512];
	int n = snprintf(arguments, sizeof(arguments), "verify cms %s",
			 cases[i].twist == OTHER_CONTENT ? "other" : "content");
	for (size_t t = 0; t < 2 && cases[i].trust[t]; t++)
		n += snprintf(arguments + n, sizeof(arguments) - (size_t)n, " %d.pem",
			      (int)cases[i].trust[t]);
	if (!ask_stub(arguments, answer))
		return;
	if (cases[i].expect == ERR_NONE)
		snprintf(expect, sizeof(expect), "%s %" PRIu64 " %" PRIu64 " %s\n",
			 signer->pinned ? "pinned" : "unpinned", signer->not_before,
			 signer->not_after, signer->subject);
	else
		snprintf(expect, sizeof(expect), "failed %s\n", err_reason(cases[i].expect));
	if (strcmp(answer, expect) != 0)
		fail_msg("the stub, %s: '%s', expected '%s'", cases[i].why, answer, expect);
}

static void test_cms_verify(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = { 0 };
		struct signer signer = { .not_before = 7 };
		struct encoded cms = make_signature(cases[i].signer, cases[i].md, cases[i].carried,
						    cases[i].twist);
		struct slice data = slice_str(cases[i].twist == OTHER_CONTENT ? "{}" : content);
		struct trust *trust = make_trust(cases[i].trust);
		bool good =
			cms_verify((struct slice) { cms.p, cms.len }, data, trust, &signer, &err);
		if (good != (cases[i].expect == ERR_NONE) || err.code != cases[i].expect)
			fail_msg("%s: %s (%s)", cases[i].why,
				 good ? "accepted" : err_reason(err.code), err.msg);
		if (good)
			assert_int_equal(signer.pinned, cases[i].trust[0] != NOBODY);
		else
			assert_int_equal(signer.not_before, 7); /* untouched */
		write_file("cms", cms.p, cms.len);
		check_stub(i, &signer);
		trust_free(trust);
		free(cms.p);
	}
}

/* --- ML-DSA --- */

/* Where a mutation is; the last of those that are the same. */
static uint8_t *find_last(struct encoded cms, const char *bytes, size_t n)
{
	for (size_t at = cms.len - n + 1; at-- > 0;)
		if (memcmp(cms.p + at, bytes, n) == 0)
			return cms.p + at;
	fail_msg("the signature has not what is to be changed");
	return NULL;
}

#define OID_START "\x60\x86\x48\x01\x65\x03\x04" /* 2.16.840.1.101.3.4, the last numbers follow */
#define OID(a, b) OID_START a b, sizeof(OID_START) + 1

static void name_87(struct encoded cms)
{
	find_last(cms, OID("\x03", "\x11"))[sizeof(OID_START)] = 0x13;
}

static void name_unknown(struct encoded cms)
{
	for (int i = 0; i < 4; i++) /* its own, the certificate's two, and its key's */
		find_last(cms, OID("\x03", "\x11"))[sizeof(OID_START)] = 0x7f;
}

static void name_hashed(struct encoded cms)
{
	for (int i = 0; i < 4; i++)
		find_last(cms, OID("\x03", "\x11"))[sizeof(OID_START)] = 0x20;
}

static void name_sha224(struct encoded cms)
{
	/* two of SHA-512: in the signed data, and in the signer's */
	find_last(cms, OID("\x02", "\x03"))[sizeof(OID_START)] = 0x04; /* SHA-224 */
}

static void flip_value(struct encoded cms)
{
	cms.p[cms.len - 1] ^= 1;
}

static void keep(UNUSED struct encoded cms)
{
}

static const struct {
	const char *why;
	void (*change)(struct encoded cms);
	const char *signed_content;
	enum err_code known, unknown; /* by a libcrypto that has ML-DSA, and by one that has not */
} ml_dsa_cases[] = {
	{ "as it is", keep, content, ERR_NONE, ERR_NOT_CHECKED },
	{ "another value", flip_value, content, ERR_SIGNATURE, ERR_NOT_CHECKED },
	{ "other content", keep, "{}", ERR_SIGNATURE, ERR_NOT_CHECKED },
	{ "said to be by ML-DSA-87", name_87, content, ERR_SIGNATURE, ERR_SIGNATURE },
	{ "by an algorithm that is none", name_unknown, content, ERR_SIGNATURE, ERR_SIGNATURE },
	{ "by HashML-DSA-44", name_hashed, content, ERR_SIGNATURE, ERR_SIGNATURE },
	{ "of a digest that is too weak", name_sha224, content, ERR_SIGNATURE, ERR_SIGNATURE },
};

/* The stub's libcrypto has ML-DSA, whatever the host's. */
static void test_ml_dsa(void **state)
{
	(void)state;
	struct encoded cms = { malloc(ML_DSA_SIGNATURE_MAX), 0 };
	assert_non_null(cms.p);
	for (size_t i = 0; i < COUNT_OF(ml_dsa_cases); i++) {
		struct err err = { 0 };
		struct signer signer = { .not_before = 7 };
		char answer[4096];
		cms.len = ml_dsa_signature(cms.p);
		ml_dsa_cases[i].change(cms);
		bool good =
			cms_verify((struct slice) { cms.p, cms.len },
				   slice_str(ml_dsa_cases[i].signed_content), NULL, &signer, &err);
		enum err_code expect =
			crypto_has_ml_dsa() ? ml_dsa_cases[i].known : ml_dsa_cases[i].unknown;
		if (good != (expect == ERR_NONE) || err.code != expect)
			fail_msg("%s: %s (%s)", ml_dsa_cases[i].why,
				 good ? "accepted" : err_reason(err.code), err.msg);
		assert_true(good ? signer.algorithm == ALGORITHM_ML_DSA_44 &&
					    signer_is_post_quantum(&signer)
				 : signer.not_before == 7);
		write_file("cms", cms.p, cms.len);
		write_file("signed", ml_dsa_cases[i].signed_content,
			   strlen(ml_dsa_cases[i].signed_content));
		if (!ask_stub("verify cms signed", answer))
			continue;
		bool stub_good = strncmp(answer, "unpinned ", 9) == 0;
		if (stub_good != (ml_dsa_cases[i].known == ERR_NONE) ||
		    (!stub_good && strcmp(answer, "failed signature-invalid\n") != 0))
			fail_msg("the stub, %s: '%s'", ml_dsa_cases[i].why, answer);
	}
	free(cms.p);
}

static void test_every_flipped_bit_of_a_signature(void **state)
{
	(void)state;
	struct encoded cms = make_signature(SIGNER_P384, "SHA256", NOBODY, AS_IS);
	struct trust *trust = make_trust((enum who[2]) { ROOT, NOBODY });
	struct err err = { 0 };
	struct signer first, signer;
	assert_ok(cms_verify((struct slice) { cms.p, cms.len }, slice_str(content), trust, &first,
			     &err));
	for (size_t i = 0; i < cms.len; i++) {
		cms.p[i] ^= (uint8_t)(1u << (i % 8));
		/* Accepted only with the same signer: what is not signed may differ. */
		if (cms_verify((struct slice) { cms.p, cms.len }, slice_str(content), trust,
			       &signer, &err))
			assert_memory_equal(first.certificate, signer.certificate, SHA256_SIZE);
		cms.p[i] ^= (uint8_t)(1u << (i % 8));
	}
	trust_free(trust);
	free(cms.p);
}

static void test_signer(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct signer s;
	struct encoded cms = make_signature(SIGNER_SHORT, "SHA256", SHORT_CA, AS_IS);
	struct trust *trust = make_trust((enum who[2]) { ROOT, NOBODY });
	assert_ok(
		cms_verify((struct slice) { cms.p, cms.len }, slice_str(content), trust, &s, &err));
	uint8_t digest[SHA256_SIZE];
	X509_digest(certificates[SIGNER_SHORT], EVP_sha256(), digest, NULL);
	assert_memory_equal(s.certificate, digest, SHA256_SIZE);
	assert_string_equal(s.subject, "CN=Signer");
	assert_int_equal(s.not_before, now - 20 * DAY); /* the CA's, not the signer's own */
	assert_int_equal(s.not_after, now - 10 * DAY);
	trust_free(trust);
	free(cms.p);
}

/* Good otherwise: valid from ten days on, or until ten days ago. */
static void test_signer_out_of_time(void **state)
{
	(void)state;
	static const struct {
		enum who who, carried;
		const char *why;
	} rows[] = {
		{ SIGNER_LATER, NOBODY, "a signer that is not yet valid" },
		{ SIGNER_SHORT, SHORT_CA, "a CA that has expired, above a signer that has not" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err err = { 0 };
		struct signer s;
		struct encoded cms = make_signature(rows[i].who, "SHA256", rows[i].carried, AS_IS);
		struct trust *trust = make_trust((enum who[2]) { ROOT, NOBODY });
		assert_ok(cms_verify((struct slice) { cms.p, cms.len }, slice_str(content), trust,
				     &s, &err));
		if (signer_check_time(&s, (uint64_t)now, "now", &err) ||
		    err.code != ERR_SIGNER_EXPIRED)
			fail_msg("%s: '%s'", rows[i].why, err.msg);
		trust_free(trust);
		free(cms.p);
	}
}

static void test_renewed_root(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct signer s;
	struct encoded cms = make_signature(SIGNER_P384, "SHA256", OLD_ROOT, AS_IS);
	static const enum who orders[][2] = { { ROOT, OLD_ROOT }, { OLD_ROOT, ROOT } };
	for (size_t i = 0; i < COUNT_OF(orders); i++) {
		struct trust *trust = make_trust(orders[i]);
		assert_ok(cms_verify((struct slice) { cms.p, cms.len }, slice_str(content), trust,
				     &s, &err));
		assert_ok(signer_check_time(&s, (uint64_t)now, "now", &err));
		trust_free(trust);
	}
	struct trust *trust = make_trust((enum who[2]) { OLD_ROOT, NOBODY });
	assert_ok(
		cms_verify((struct slice) { cms.p, cms.len }, slice_str(content), trust, &s, &err));
	assert_fails(signer_check_time(&s, (uint64_t)now, "now", &err), ERR_SIGNER_EXPIRED,
		     "CN=Signer");
	trust_free(trust);
	free(cms.p);
}

static void test_signer_check_time(void **state)
{
	(void)state;
	struct err err = { 0 };
	/* 2026-01-01 to 2026-12-31 */
	struct signer s = { .subject = "CN=Signer",
			    .not_before = 1767225600,
			    .not_after = 1798675200 };
	assert_ok(signer_check_time(&s, 1780000000, "now", &err));
	assert_ok(signer_check_time(&s, s.not_before, "now", &err));
	assert_ok(signer_check_time(&s, s.not_after, "now", &err));
	assert_fails(signer_check_time(&s, s.not_before - 1, "now", &err), ERR_SIGNER_EXPIRED,
		     "'CN=Signer'");
	assert_fails(signer_check_time(&s, s.not_after + 1, "now", &err), ERR_SIGNER_EXPIRED,
		     "2026-01-01");
	assert_fails(signer_check_time(&s, UINT64_MAX, "now", &err), ERR_SIGNER_EXPIRED,
		     "2026-12-31");
	s.not_after = s.not_before - 1;
	assert_fails(signer_check_time(&s, s.not_before, "now", &err), ERR_SIGNER_EXPIRED, "now");
}

/* --- memory that runs out --- */

static long allocations_left = -1; /* below zero: no end */

static bool may_allocate(void)
{
	return allocations_left < 0 || (allocations_left > 0 && allocations_left-- > 1);
}

static void *count_malloc(size_t n, UNUSED const char *file, UNUSED int line)
{
	return may_allocate() ? malloc(n) : NULL;
}

static void *count_realloc(void *p, size_t n, UNUSED const char *file, UNUSED int line)
{
	if (n == 0) {
		free(p);
		return NULL;
	}
	return may_allocate() ? realloc(p, n) : NULL;
}

static void count_free(void *p, UNUSED const char *file, UNUSED int line)
{
	free(p);
}

/*
 * From libcrypto's n-th allocation on there is no more: never a crash, never a wrong yes.  In steps
 * that grow, since one check allocates thousands of times; with fresh anchors, since OpenSSL keeps
 * in a certificate that it could not look into it.
 */
static void test_out_of_memory(void **state)
{
	(void)state;
	struct encoded cms = make_signature(SIGNER, "SHA256", INTERMEDIATE, AS_IS);
	struct slice der = { cms.p, cms.len };
	struct signer s;
	struct err err = { 0 };
	bool good = false;
	for (long n = 1; !good; n += 1 + n / 16) {
		struct trust *trust = make_trust((enum who[2]) { ROOT, NOBODY });
		allocations_left = n;
		bool wrong = cms_verify(der, slice_str("{}"), trust, &s, &err);
		allocations_left = n;
		good = cms_verify(der, slice_str(content), trust, &s, &err);
		allocations_left = -1;
		trust_free(trust);
		assert_false(wrong);
		if (n > 1000000)
			fail_msg("never accepted: %s", err.msg);
	}
	assert_string_equal(s.subject, "CN=Signer");
	free(cms.p);
}

/* --- trust anchors --- */

#define BEGIN "-----BEGIN CERTIFICATE-----\n"
#define END "-----END CERTIFICATE-----\n"

static void test_trust_add(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(buf_done) struct buf text = BUF_INIT(65536);
	AUTO(buf_done) struct buf crlf = BUF_INIT(65536);
	AUTO(buf_done) struct buf half = BUF_INIT(65536);
	struct trust *t = trust_new(&err);
	assert_non_null(t);
	assert_int_equal(trust_count(t), 0);

	buf_printf(&text, "some text\n%s", read_text("1.pem"));
	buf_printf(&text, "-----BEGIN CRL-----\nAA==\n-----END CRL-----\n%s", read_text("2.pem"));
	assert_ok(trust_add(t, "two", buf_slice(&text), &err));
	assert_int_equal(trust_count(t), 2);

	for (const char *p = read_text("3.pem"); *p; p++)
		buf_printf(&crlf, "%s%c", *p == '\n' ? "\r" : "", *p);
	assert_ok(trust_add(t, "crlf", buf_slice(&crlf), &err));

	unsigned char *der = NULL;
	int len = i2d_X509(certificates[SIGNER_SELF], &der);
	assert_true(len > 0);
	assert_ok(trust_add(t, "der", (struct slice) { der, (size_t)len }, &err));
	assert_int_equal(trust_count(t), 4);
	for (int cut = 1; cut < len; cut++)
		assert_fails(trust_add(t, "cut", (struct slice) { der, (size_t)cut }, &err),
			     ERR_FORMAT, "'cut' is not a certificate");
	OPENSSL_free(der);

	static const struct {
		const char *text, *message, *why;
	} bad[] = {
		{ "", "holds no certificate", "empty" },
		{ "hello", "holds no certificate", "text" },
		{ "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n",
		  "holds no certificate", "a key" },
		{ BEGIN "MIIB", "without its end", "cut in the middle" },
		{ BEGIN END, "broken base64", "nothing inside" },
		{ BEGIN "M!IB\n" END, "broken base64", "not base64" },
		{ BEGIN "AAAA\n" END, "not a certificate", "base64 of something else" },
		{ BEGIN BEGIN "AAAA\n" END END, "broken base64", "one within the other" },
	};
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		if (trust_add(t, "bad", slice_str(bad[i].text), &err) || err.code != ERR_FORMAT ||
		    !strstr(err.msg, bad[i].message))
			fail_msg("%s: '%s'", bad[i].why, err.msg);
	}
	buf_printf(&half, "%s%s", read_text("5.pem"), BEGIN "AAAA\n" END);
	assert_false(trust_add(t, "half", buf_slice(&half), &err));
	assert_int_equal(trust_count(t), 4); /* all of a file or nothing */

	uint8_t *large = calloc(1, (1u << 20) + 1);
	assert_non_null(large);
	assert_fails(trust_add(t, "large", (struct slice) { large, (1u << 20) + 1 }, &err),
		     ERR_FORMAT, "larger than");
	free(large);
	trust_free(t);
	trust_free(NULL);
	assert_int_equal(trust_count(NULL), 0);
}

/* --- SHA-256 --- */

static void test_check_certificate(void **state)
{
	(void)state;
	static const struct {
		enum who who;
		const char *text; /* NULL: it may sign */
	} rows[] = {
		{ SIGNER, NULL },
		{ SIGNER_P384, NULL },
		{ SIGNER_RSA, NULL },
		{ SIGNER_SHORT, NULL }, /* time is not looked at, nor the chain */
		{ SIGNER_RSA2048, "2048 bits" },
		{ SIGNER_P521, "P-384" },
		{ SIGNER_K1, "P-384" },
		{ SIGNER_ED25519, "P-384" },
		{ TLS_SERVER, "not for code signing" },
		{ NO_PURPOSE, "does not name the code-signing purpose" },
		{ ANY_PURPOSE, "not for code signing" },
		{ NO_SIGNATURES, "not for digital signatures" },
		{ ROOT, "does not name the code-signing purpose" },
	};
	struct err err = { 0 };
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		unsigned char *der = NULL;
		int n = i2d_X509(certificates[rows[i].who], &der);
		assert_true(n > 0);
		struct slice s = { der, (size_t)n }, cut = { der, (size_t)n - 1 };
		if (rows[i].text)
			assert_fails(cms_check_certificate(s, &err), ERR_SIGNATURE, rows[i].text);
		else
			assert_ok(cms_check_certificate(s, &err));
		assert_fails(cms_check_certificate(cut, &err), ERR_SIGNATURE, "damaged");
		OPENSSL_free(der);
	}
	assert_fails(cms_check_certificate((struct slice) { 0 }, &err), ERR_SIGNATURE, "damaged");
}

static void test_sha256(void **state)
{
	(void)state;
	static const struct {
		const char *text, *hex; /* FIPS 180-4 examples */
	} known[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};
	struct err err = { 0 };
	uint8_t digest[SHA256_SIZE], back[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];
	for (size_t i = 0; i < COUNT_OF(known); i++) {
		assert_ok(sha256_of(slice_str(known[i].text), digest, &err));
		sha256_hex(digest, hex);
		assert_string_equal(hex, known[i].hex);
		assert_true(sha256_from_hex(hex, back));
		assert_memory_equal(digest, back, SHA256_SIZE);
	}
	assert_false(sha256_from_hex("", back));
	hex[63] = 'G';
	assert_false(sha256_from_hex(hex, back));
	hex[63] = 'A';
	assert_false(sha256_from_hex(hex, back)); /* lower case only */
	hex[63] = '\0';
	assert_false(sha256_from_hex(hex, back));
	assert_false(sha256_from_hex(
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8550", back));
	struct sha256 zero = { 0 };
	sha256_done(&zero);
}

/* The stub's SHA-256 is assembly in several forms; cms_check.c takes the digests of the same bytes. */
static void test_sha256_of_the_stub(void **state)
{
	(void)state;
	char answer[4096];
	struct err err = { 0 };
	uint8_t data[1000], digest[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];
	if (!ask_stub("sha256", answer))
		skip();
	struct sha256 all = { 0 };
	assert_ok(sha256_init(&all, &err));
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7);
	for (size_t n = 0; n < sizeof(data); n++) {
		assert_ok(sha256_of((struct slice) { data, n }, digest, &err));
		sha256_update(&all, digest, sizeof(digest));
	}
	sha256_final(&all, digest);
	sha256_hex(digest, hex);
	size_t lines = 0;
	for (const char *p = answer; *p; p += SHA256_HEX_SIZE, lines++)
		assert_memory_equal(p, hex, SHA256_HEX_SIZE - 1);
	assert_in_range(lines, 3, 5); /* instructions_*.c */
}

int main(void)
{
	if (!CRYPTO_set_mem_functions(count_malloc, count_realloc, count_free))
		return 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cms_verify),
		cmocka_unit_test(test_ml_dsa),
		cmocka_unit_test(test_every_flipped_bit_of_a_signature),
		cmocka_unit_test(test_signer),
		cmocka_unit_test(test_signer_out_of_time),
		cmocka_unit_test(test_renewed_root),
		cmocka_unit_test(test_signer_check_time),
		cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test(test_trust_add),
		cmocka_unit_test(test_check_certificate),
		cmocka_unit_test(test_sha256),
		cmocka_unit_test(test_sha256_of_the_stub),
	};
	return cmocka_run_group_tests(tests, make_people, drop_people);
}
