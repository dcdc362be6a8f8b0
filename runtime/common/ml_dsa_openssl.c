/* SPDX-License-Identifier: MIT */
/* ml_dsa_openssl.c - see ml_dsa_openssl.h, and crypto.h for crypto_has_ml_dsa(). */
#include "ml_dsa_openssl.h"

#include <openssl/evp.h>
#include <openssl/objects.h>

/*
 * One identifier for key and signature (RFC 9881, RFC 9882).  The digest stands in the signed
 * attributes, and is to be no weaker than the key; of those that RFC 9882 allows, we take SHA-2.
 */
static const struct kind {
	const char *oid, *name;
	unsigned digest_bits_min;
	enum signer_algorithm algorithm;
} kinds[] = {
	{ "2.16.840.1.101.3.4.3.17", "ML-DSA-44", 256, ALGORITHM_ML_DSA_44 },
	{ "2.16.840.1.101.3.4.3.18", "ML-DSA-65", 384, ALGORITHM_ML_DSA_65 },
	{ "2.16.840.1.101.3.4.3.19", "ML-DSA-87", 512, ALGORITHM_ML_DSA_87 },
};

static const struct kind *find_kind(const ASN1_OBJECT *algorithm)
{
	char oid[64]; /* a longer one is cut, and so none of ours */
	if (OBJ_obj2txt(oid, sizeof(oid), algorithm, 1) <= 0)
		return NULL;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(oid, kinds[i].oid) == 0)
			return &kinds[i];
	return NULL;
}

bool ml_dsa_is_named(const X509_ALGOR *algorithm)
{
	return find_kind(algorithm->algorithm) != NULL;
}

static bool is_available(const char *name)
{
	EVP_SIGNATURE *found = EVP_SIGNATURE_fetch(NULL, name, NULL);
	EVP_SIGNATURE_free(found);
	return found != NULL;
}

bool crypto_has_ml_dsa(void)
{
	return crypto_init(NULL) && is_available("ML-DSA-65");
}

static unsigned digest_bits(const X509_ALGOR *algorithm)
{
	switch (OBJ_obj2nid(algorithm->algorithm)) {
	case NID_sha256:
		return 256;
	case NID_sha384:
		return 384;
	case NID_sha512:
		return 512;
	default:
		return 0;
	}
}

/* Without signed attributes OpenSSL would take a signature over the digest, which is no ML-DSA. */
static bool check_form(CMS_SignerInfo *si, const struct kind *kind, struct err *err)
{
	X509_ALGOR *digest, *signature;
	int parameters;
	CMS_SignerInfo_get0_algs(si, NULL, NULL, &digest, &signature);
	X509_ALGOR_get0(NULL, &parameters, NULL, signature);
	if (parameters != V_ASN1_UNDEF)
		return err_set(err, ERR_SIGNATURE,
			       "the signature's algorithm has parameters, which %s has not",
			       kind->name);
	if (digest_bits(digest) < kind->digest_bits_min)
		return err_set(err, ERR_SIGNATURE,
			       "a signature by %s needs a digest of SHA-2 of at least %u bits",
			       kind->name, kind->digest_bits_min);
	if (CMS_signed_get_attr_count(si) <= 0)
		return err_set(err, ERR_SIGNATURE, "a signature by %s needs signed attributes",
			       kind->name);
	return true;
}

static const struct kind *kind_of_key(const X509 *x)
{
	ASN1_OBJECT *type = NULL;
	X509_PUBKEY_get0_param(&type, NULL, NULL, NULL, X509_get_X509_PUBKEY(x));
	return find_kind(type);
}

bool ml_dsa_check_key(const X509 *x, bool *is_ml_dsa, struct err *err)
{
	const struct kind *kind = kind_of_key(x);
	if (kind) {
		const EVP_PKEY *key = X509_get0_pubkey(x);
		if (!is_available(kind->name))
			return err_set(err, ERR_NOT_CHECKED,
				       "%s takes OpenSSL 3.5 or newer, and this program has %s",
				       kind->name, crypto_version());
		if (!key || !EVP_PKEY_is_a(key, kind->name))
			return err_set(err, ERR_SIGNATURE, "the signer's %s key is damaged",
				       kind->name);
	}
	*is_ml_dsa = kind != NULL;
	return true;
}

bool ml_dsa_check_form(CMS_SignerInfo *si, const X509 *signer, bool *is_ml_dsa,
		       enum signer_algorithm *algorithm, struct err *err)
{
	X509_ALGOR *named;
	CMS_SignerInfo_get0_algs(si, NULL, NULL, NULL, &named);
	const struct kind *kind = find_kind(named->algorithm), *of_key = kind_of_key(signer);
	if (!kind && !of_key) {
		*is_ml_dsa = false;
		return true;
	}
	if (kind != of_key)
		return err_set(err, ERR_SIGNATURE,
			       "the signature's algorithm is not that of its signer's key");
	if (!check_form(si, kind, err))
		return false;
	if (!is_available(kind->name))
		return err_set(
			err, ERR_NOT_CHECKED,
			"the signature by ML-DSA was not checked: this program's OpenSSL (%s) "
			"has no ML-DSA",
			crypto_version());
	if (!ml_dsa_check_key(signer, is_ml_dsa, err))
		return false;
	*algorithm = kind->algorithm;
	return true;
}
