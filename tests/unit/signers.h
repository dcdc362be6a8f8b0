/* SPDX-License-Identifier: MIT */
/* signers.h - people with keys and certificates, good and bad ones, and what they sign. */
#ifndef SIGNERS_H
#define SIGNERS_H

#include "support.h"

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <time.h>

#define DAY 86400

static const char content[] = "{\"name\":\"test\"}";

/* --- people and their certificates --- */

enum key { P256, P384, P521, K1, RSA1024, RSA2048, RSA3072, ED25519, KEYS };

static const char *const key_types[KEYS][2] = {
	[P256] = { "EC", "P-256" },    [P384] = { "EC", "P-384" },
	[P521] = { "EC", "P-521" },    [K1] = { "EC", "secp256k1" },
	[RSA1024] = { "RSA", "1024" }, [RSA2048] = { "RSA", "2048" },
	[RSA3072] = { "RSA", "3072" }, [ED25519] = { "ED25519", NULL },
};

enum who {
	NOBODY,
	ROOT,
	OTHER_ROOT,
	RSA_ROOT,
	OLD_ROOT, /* ROOT before it was renewed: the same name and key */
	INTERMEDIATE,
	SHORT_CA,
	TLS_CA,
	SIGNER, /* the usual one: P-256, below INTERMEDIATE */
	SIGNER_P384,
	SIGNER_RSA,
	SIGNER_RSA2048,
	SIGNER_P521,
	SIGNER_K1,
	SIGNER_ED25519,
	SIGNER_SELF,
	SIGNER_SHORT,
	SIGNER_TLS_CA,
	SIGNER_SHA1,
	SIGNER_OF_SIGNER,
	TLS_SERVER,
	NO_PURPOSE,
	ANY_PURPOSE,
	NO_SIGNATURES,
	ENCRYPTION_ONLY,
	NAMESAKE_ROOT, /* ROOT's name, another key */
	WEAK_CA,
	SIGNER_RSA1024,
	SIGNER_WEAK_CA,
	SIGNER_LATER,
	PEOPLE
};

#define CA_USE "critical,keyCertSign,cRLSign"
#define SIGN_USE "critical,digitalSignature"

static const struct {
	const char *name;
	enum who issuer;
	enum key key;
	bool ca;
	const char *use, *purpose;
	int from, to; /* days from now */
	bool sha1;
} people[PEOPLE] = {
	[ROOT] = { "Root", ROOT, P384, true, CA_USE, NULL, -1000, 1000, false },
	[OLD_ROOT] = { "Root", OLD_ROOT, P384, true, CA_USE, NULL, -3000, -900, false },
	[OTHER_ROOT] = { "Other root", OTHER_ROOT, P384, true, CA_USE, NULL, -1000, 1000, false },
	[RSA_ROOT] = { "RSA root", RSA_ROOT, RSA2048, true, CA_USE, NULL, -1000, 1000, false },
	[INTERMEDIATE] = { "CA", ROOT, P256, true, CA_USE, NULL, -500, 500, false },
	[SHORT_CA] = { "Short CA", ROOT, P256, true, CA_USE, NULL, -20, -10, false },
	[TLS_CA] = { "TLS CA", ROOT, P256, true, CA_USE, "serverAuth", -500, 500, false },
	[SIGNER] = { "Signer", INTERMEDIATE, P256, false, SIGN_USE, "codeSigning", -100, 100,
		     false },
	[SIGNER_P384] = { "Signer", ROOT, P384, false, SIGN_USE, "codeSigning", -100, 100, false },
	[SIGNER_RSA] = { "Signer", RSA_ROOT, RSA3072, false, SIGN_USE, "codeSigning,timeStamping",
			 -100, 100, false },
	[SIGNER_RSA2048] = { "Signer", ROOT, RSA2048, false, SIGN_USE, "codeSigning", -100, 100,
			     false },
	[SIGNER_P521] = { "Signer", ROOT, P521, false, SIGN_USE, "codeSigning", -100, 100, false },
	[SIGNER_K1] = { "Signer", ROOT, K1, false, SIGN_USE, "codeSigning", -100, 100, false },
	[SIGNER_ED25519] = { "Signer", ROOT, ED25519, false, SIGN_USE, "codeSigning", -100, 100,
			     false },
	[SIGNER_SELF] = { "Self", SIGNER_SELF, P256, false, SIGN_USE, "codeSigning", -100, 100,
			  false },
	[SIGNER_SHORT] = { "Signer", SHORT_CA, P256, false, SIGN_USE, "codeSigning", -100, 100,
			   false },
	[SIGNER_TLS_CA] = { "Signer", TLS_CA, P256, false, SIGN_USE, "codeSigning", -100, 100,
			    false },
	[SIGNER_SHA1] = { "Signer", ROOT, P256, false, SIGN_USE, "codeSigning", -100, 100, true },
	[SIGNER_OF_SIGNER] = { "Child", SIGNER, P256, false, SIGN_USE, "codeSigning", -100, 100,
			       false },
	[TLS_SERVER] = { "Server", ROOT, P256, false, SIGN_USE, "serverAuth", -100, 100, false },
	[NO_PURPOSE] = { "Signer", ROOT, P256, false, SIGN_USE, NULL, -100, 100, false },
	[ANY_PURPOSE] = { "Signer", ROOT, P256, false, SIGN_USE, "anyExtendedKeyUsage", -100, 100,
			  false },
	[NO_SIGNATURES] = { "Signer", ROOT, P256, false, "critical,keyAgreement", "codeSigning",
			    -100, 100, false },
	[ENCRYPTION_ONLY] = { "Signer", ROOT, P256, false, NULL, "emailProtection", -100, 100,
			      false },
	[NAMESAKE_ROOT] = { "Root", NAMESAKE_ROOT, P384, true, CA_USE, NULL, -1000, 1000, false },
	[WEAK_CA] = { "Weak CA", ROOT, RSA1024, true, CA_USE, NULL, -500, 500, false },
	[SIGNER_RSA1024] = { "Signer", ROOT, RSA1024, false, SIGN_USE, "codeSigning", -100, 100,
			     false },
	[SIGNER_WEAK_CA] = { "Signer", WEAK_CA, P256, false, SIGN_USE, "codeSigning", -100, 100,
			     false },
	[SIGNER_LATER] = { "Signer", ROOT, P256, false, SIGN_USE, "codeSigning", 10, 100, false },
};

static EVP_PKEY *keys[PEOPLE];
static X509 *certificates[PEOPLE];
static time_t now;

static void add_extension(X509 *x, int nid, const char *value)
{
	if (!value)
		return;
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	assert_non_null(e);
	assert_int_equal(X509_add_ext(x, e, -1), 1);
	X509_EXTENSION_free(e);
}

static void make_person(enum who who)
{
	const char *type = key_types[people[who].key][0];
	const char *detail = key_types[people[who].key][1];
	if (who == OLD_ROOT && EVP_PKEY_up_ref(keys[ROOT]))
		keys[who] = keys[ROOT];
	else if (strcmp(type, "RSA") == 0)
		keys[who] = EVP_PKEY_Q_keygen(NULL, NULL, type, (size_t)strtoul(detail, NULL, 10));
	else
		keys[who] = EVP_PKEY_Q_keygen(NULL, NULL, type, detail);
	X509 *x = certificates[who] = X509_new();
	assert_non_null(keys[who]);
	assert_non_null(x);

	enum who issuer = people[who].issuer;
	X509_NAME *name = X509_get_subject_name(x);
	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), (long)who + 1);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
				   (const unsigned char *)people[who].name, -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(certificates[issuer]));
	X509_time_adj_ex(X509_getm_notBefore(x), people[who].from, 0, &now);
	X509_time_adj_ex(X509_getm_notAfter(x), people[who].to, 0, &now);
	X509_set_pubkey(x, keys[who]);
	add_extension(x, NID_basic_constraints, people[who].ca ? "critical,CA:TRUE" : "CA:FALSE");
	add_extension(x, NID_key_usage, people[who].use);
	add_extension(x, NID_ext_key_usage, people[who].purpose);
	const EVP_MD *md = people[who].sha1 ? EVP_sha1() : EVP_sha256();
	assert_true(X509_sign(x, keys[issuer], md) > 0);
}

static void write_certificate(enum who who)
{
	char path[32];
	snprintf(path, sizeof(path), "%d.pem", (int)who);
	BIO *out = BIO_new_file(path, "wb");
	assert_non_null(out);
	assert_int_equal(PEM_write_bio_X509(out, certificates[who]), 1);
	BIO_free(out);
}

static int make_people(void **state)
{
	if (enter_temp_dir(state) != 0)
		return -1;
	now = time(NULL);
	for (int who = 1; who < PEOPLE; who++) {
		make_person((enum who)who);
		write_certificate((enum who)who);
	}
	write_file("content", content, strlen(content));
	write_file("other", "{}", 2);
	return 0;
}

static int drop_people(void **state)
{
	for (int who = 0; who < PEOPLE; who++) {
		EVP_PKEY_free(keys[who]);
		X509_free(certificates[who]);
	}
	return leave_temp_dir(state);
}

/* --- signatures --- */

enum twist {
	AS_IS,
	NO_ATTRIBUTES,
	EMBEDDED,
	TWO_SIGNERS,
	NO_SIGNERS,
	NO_CERTIFICATES,
	OTHER_TYPE,
	PSS,
	BY_KEY_ID,
	TRUNCATED,
	TRAILING,
	LAST_BYTE,
	OTHER_CONTENT,
	EMPTY,
	NOT_SIGNED_DATA,
	OTHER_SIGNER_ID,   /* names another certificate that it carries */
	MANY_SIGNERS,      /* of 10,000 signers */
	MANY_CERTIFICATES, /* more than are read */
	OVERSIZED,         /* by an attribute that nobody signed */
};

struct encoded {
	uint8_t *p;
	size_t len;
};

static void add_signer(CMS_ContentInfo *cms, enum who who, const char *md, enum twist twist)
{
	unsigned int flags = CMS_BINARY;
	if (twist == NO_ATTRIBUTES)
		flags |= CMS_NOATTR;
	if (twist == NO_CERTIFICATES)
		flags |= CMS_NOCERTS;
	if (twist == BY_KEY_ID)
		flags |= CMS_USE_KEYID;
	if (twist == PSS)
		flags |= CMS_KEY_PARAM;
	CMS_SignerInfo *si =
		CMS_add1_signer(cms, certificates[who], keys[who], EVP_get_digestbyname(md), flags);
	assert_non_null(si);
	if (twist == PSS)
		assert_true(EVP_PKEY_CTX_set_rsa_padding(CMS_SignerInfo_get0_pkey_ctx(si),
							 RSA_PKCS1_PSS_PADDING) > 0);
}

static CMS_ContentInfo *sign(enum who who, const char *md, enum who carried, enum twist twist)
{
	unsigned int flags = CMS_BINARY | CMS_PARTIAL | (twist == EMBEDDED ? 0 : CMS_DETACHED);
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, flags);
	assert_non_null(cms);
	if (twist == OTHER_TYPE)
		CMS_set1_eContentType(cms, OBJ_nid2obj(NID_id_smime_ct_TSTInfo));
	if (twist != NO_SIGNERS)
		add_signer(cms, who, md, twist);
	if (twist == TWO_SIGNERS)
		add_signer(cms, SIGNER_P384, md, twist);
	if (carried)
		CMS_add1_cert(cms, certificates[carried]);
	if (twist == NO_SIGNERS)
		return cms; /* and nothing for CMS_final to do */
	static const unsigned char zeros[70000];
	if (twist == OVERSIZED)
		CMS_unsigned_add1_attr_by_txt(sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0),
					      "1.2.3.4", V_ASN1_OCTET_STRING, zeros, sizeof(zeros));
	BIO *data = BIO_new_mem_buf(content, (int)strlen(content));
	assert_int_equal(CMS_final(cms, data, NULL, flags), 1);
	BIO_free(data);
	return cms;
}

/* Ed25519 can't sign CMS by OpenSSL 3.0: take a good signature and make it name that certificate. */
static CMS_ContentInfo *sign_as_ed25519(void)
{
	CMS_ContentInfo *cms = sign(SIGNER, "SHA256", NOBODY, NO_CERTIFICATES);
	CMS_SignerInfo *si = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
	X509_NAME *issuer;
	ASN1_INTEGER *serial;
	CMS_SignerInfo_get0_signer_id(si, NULL, &issuer, &serial);
	X509_NAME_ENTRY_free(X509_NAME_delete_entry(issuer, 0));
	X509_NAME_add_entry_by_txt(issuer, "CN", MBSTRING_UTF8, (const unsigned char *)"Root", -1,
				   -1, 0);
	ASN1_INTEGER_set(serial, SIGNER_ED25519 + 1);
	CMS_add1_cert(cms, certificates[SIGNER_ED25519]);
	return cms;
}

/* The signature of @who, said to be that of SIGNER_P384, whose certificate it carries, too. */
static CMS_ContentInfo *sign_as_another(enum who who, const char *md)
{
	CMS_ContentInfo *cms = sign(who, md, SIGNER_P384, AS_IS);
	CMS_SignerInfo *si = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
	X509_NAME *issuer;
	ASN1_INTEGER *serial;
	CMS_SignerInfo_get0_signer_id(si, NULL, &issuer, &serial);
	X509_NAME_ENTRY_free(X509_NAME_delete_entry(issuer, 0));
	X509_NAME_add_entry_by_txt(issuer, "CN", MBSTRING_UTF8, (const unsigned char *)"Root", -1,
				   -1, 0);
	ASN1_INTEGER_set(serial, SIGNER_P384 + 1);
	return cms;
}

/* More certificates than a CMS may carry; each one is good. */
static CMS_ContentInfo *sign_with_many(enum who who, const char *md)
{
	CMS_ContentInfo *cms = sign(who, md, NOBODY, AS_IS);
	for (enum who other = ROOT; other < PEOPLE; other++)
		if (other != who)
			CMS_add1_cert(cms, certificates[other]);
	return cms;
}

/* The only SignerInfo of @der, 10,000 times over: as a CMS that openssl reads. */
static struct encoded repeat_signer(const unsigned char *der, int len)
{
	const unsigned char *p = der;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, len);
	assert_non_null(cms);
	STACK_OF(CMS_SignerInfo) *list = CMS_get0_SignerInfos(cms);
	CMS_SignerInfo *si = sk_CMS_SignerInfo_value(list, 0);
	for (int i = 1; i < 10000; i++)
		sk_CMS_SignerInfo_push(list, si);
	unsigned char *many = NULL;
	int n = i2d_CMS_ContentInfo(cms, &many);
	assert_true(n > 1000000);
	while (sk_CMS_SignerInfo_num(list) > 1)
		(void)sk_CMS_SignerInfo_pop(list);
	CMS_ContentInfo_free(cms);
	struct encoded out = { malloc((size_t)n), (size_t)n };
	assert_non_null(out.p);
	memcpy(out.p, many, out.len);
	OPENSSL_free(many);
	return out;
}

static struct encoded make_signature(enum who who, const char *md, enum who carried,
				     enum twist twist)
{
	CMS_ContentInfo *cms;
	if (twist == NOT_SIGNED_DATA) {
		BIO *data = BIO_new_mem_buf(content, -1);
		cms = CMS_data_create(data, CMS_BINARY);
		BIO_free(data);
	} else if (who == SIGNER_ED25519) {
		cms = sign_as_ed25519();
	} else if (twist == OTHER_SIGNER_ID) {
		cms = sign_as_another(who, md);
	} else if (twist == MANY_CERTIFICATES) {
		cms = sign_with_many(who, md);
	} else {
		cms = sign(who, md, carried, twist);
	}
	unsigned char *der = NULL;
	int len = i2d_CMS_ContentInfo(cms, &der);
	assert_true(len > 0);
	CMS_ContentInfo_free(cms);
	if (twist == MANY_SIGNERS) {
		struct encoded many = repeat_signer(der, len);
		OPENSSL_free(der);
		return many;
	}

	struct encoded out = { calloc(1, (size_t)len + 1), (size_t)len };
	assert_non_null(out.p);
	memcpy(out.p, der, out.len);
	OPENSSL_free(der);
	if (twist == TRUNCATED)
		out.len--;
	if (twist == TRAILING)
		out.len++;
	if (twist == LAST_BYTE)
		out.p[out.len - 1] ^= 1; /* the signature's value stands last */
	if (twist == EMPTY)
		out.len = 0;
	return out;
}

#endif
