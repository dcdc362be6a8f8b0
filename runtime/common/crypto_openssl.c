/* SPDX-License-Identifier: MIT */
/*
 * crypto_openssl.c - crypto.h by OpenSSL 3: CMS signatures (trust.c has anchors, sha256.c digests).
 *
 * libcrypto does the arithmetic and builds the chain.  What a signature must look like is decided
 * here, on the parsed structures and before the arithmetic: OpenSSL's defaults accept several
 * signers, SHA-1, short keys and any purpose.  The runtime links a libcrypto without error texts
 * and with a trimmed provider, so no message here comes from OpenSSL's error queue.
 *
 * Lengths: OpenSSL takes int or long in places.  Everything is bounded first (CMS_SIZE_MAX,
 * CONTENT_SIZE_MAX).
 */
#include "crypto.h"

#include "date.h"
#include "ml_dsa_openssl.h"
#include "trust_openssl.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/cms.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#define CMS_SIZE_MAX (64 << 10)
#define CONTENT_SIZE_MAX INT_MAX /* BIO_new_mem_buf takes int, and reads -1 as "use strlen" */
#define CMS_CERTIFICATES_MAX 16
#define RSA_BITS_MIN 3072
#define RSA_BITS_MAX 8192
/* OpenSSL's level for CA keys and for the digests in certificates: 112 bits, so RSA 2048, SHA-2. */
#define CHAIN_SECURITY_LEVEL 2

#define AUTO_FREE(type, name, release)                                                             \
	static void name(type **slot)                                                              \
	{                                                                                          \
		release(*slot);                                                                    \
	}
AUTO_FREE(BIGNUM, auto_bn, BN_free)
AUTO_FREE(BIO, auto_bio, BIO_free_all)
AUTO_FREE(CMS_ContentInfo, auto_cms, CMS_ContentInfo_free)
AUTO_FREE(X509_STORE, auto_store, X509_STORE_free)
AUTO_FREE(X509_STORE_CTX, auto_store_ctx, X509_STORE_CTX_free)

static void auto_certificates(STACK_OF(X509) * *slot)
{
	sk_X509_pop_free(*slot, X509_free);
}

/* The errors that OpenSSL queued belong to the call that ends here. */
static void auto_clear_errors(UNUSED int *slot)
{
	ERR_clear_error();
}

/*
 * No configuration file and no OPENSSL_CONF may bring in providers.  The digests are what CMS and
 * X.509 look up by number; a libcrypto built without auto-initialisation knows none otherwise.
 */
bool crypto_init(struct err *err)
{
	static bool ready;
	if (ready)
		return true;
	if (!OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) ||
	    !EVP_add_digest(EVP_sha256()) || !EVP_add_digest(EVP_sha384()) ||
	    !EVP_add_digest(EVP_sha512()))
		return err_no_memory(err);
	ready = true;
	return true;
}

const char *crypto_version(void)
{
	return OpenSSL_version(OPENSSL_VERSION_STRING);
}

/* --- one CMS signature --- */

/* Encoding and shape: all of it one detached SignedData with one signer. */
static CMS_ContentInfo *parse_cms(struct slice der, struct err *err)
{
	const unsigned char *p = der.p;
	AUTO(auto_cms) CMS_ContentInfo *cms = NULL;

	if (der.len && der.len <= CMS_SIZE_MAX)
		cms = d2i_CMS_ContentInfo(NULL, &p, (long)der.len);
	if (!cms || p != der.p + der.len || OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed) {
		err_set(err, ERR_SIGNATURE, "the signature is not CMS signed data in DER");
		return NULL;
	}
	ASN1_OCTET_STRING **content = CMS_get0_content(cms);
	if (!content || *content || OBJ_obj2nid(CMS_get0_eContentType(cms)) != NID_pkcs7_data) {
		err_set(err, ERR_SIGNATURE, "the signature is not a detached one over plain data");
		return NULL;
	}
	int signers = sk_CMS_SignerInfo_num(CMS_get0_SignerInfos(cms));
	if (signers != 1) {
		err_set(err, ERR_SIGNATURE, "the signature has %d signers instead of 1",
			signers < 0 ? 0 : signers);
		return NULL;
	}
	CMS_ContentInfo *good = cms;
	cms = NULL;
	return good;
}

/* The signature's algorithm must name the digest that is used, or none (plain rsaEncryption). */
static bool check_algorithms(CMS_SignerInfo *si, struct err *err)
{
	X509_ALGOR *digest_algorithm, *signature_algorithm;
	CMS_SignerInfo_get0_algs(si, NULL, NULL, &digest_algorithm, &signature_algorithm);
	int digest = OBJ_obj2nid(digest_algorithm->algorithm);
	int signature = OBJ_obj2nid(signature_algorithm->algorithm);

	if (digest != NID_sha256 && digest != NID_sha384 && digest != NID_sha512)
		return err_set(err, ERR_SIGNATURE,
			       "the signature's digest is not SHA-256, SHA-384 or SHA-512");
	if (signature == NID_rsaEncryption)
		return true;
	int named, key;
	if (!OBJ_find_sigid_algs(signature, &named, &key) || named != digest ||
	    (key != NID_rsaEncryption && key != NID_X9_62_id_ecPublicKey))
		return err_set(err, ERR_SIGNATURE,
			       "the signature's algorithm is not ECDSA or RSA (PKCS #1) with the "
			       "digest it names");
	return true;
}

static bool check_ec_key(const EVP_PKEY *key, enum signer_algorithm *out)
{
	char curve[32];
	int explicit_parameters = 1;
	if (!EVP_PKEY_get_group_name(key, curve, sizeof(curve), NULL) ||
	    !EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
				    &explicit_parameters) ||
	    explicit_parameters)
		return false;
	*out = strcmp(curve, "prime256v1") == 0 ? ALGORITHM_ECDSA_P256 : ALGORITHM_ECDSA_P384;
	return *out == ALGORITHM_ECDSA_P256 || strcmp(curve, "secp384r1") == 0;
}

/* Types are asked for by name: in a trimmed libcrypto a key has no other. */
static bool check_key(const EVP_PKEY *key, struct signer *out, struct err *err)
{
	if (key && EVP_PKEY_is_a(key, "EC") && check_ec_key(key, &out->algorithm))
		return true;
	int bits = key && EVP_PKEY_is_a(key, "RSA") ? EVP_PKEY_get_bits(key) : 0;
	if (bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX) {
		out->algorithm = ALGORITHM_RSA;
		out->bits = (unsigned)bits;
		return true;
	}
	if (bits)
		return err_set(err, ERR_SIGNATURE,
			       "the signer's RSA key has %d bits; %d to %d are accepted", bits,
			       RSA_BITS_MIN, RSA_BITS_MAX);
	return err_set(err, ERR_SIGNATURE,
		       "the signer's key is not ECDSA P-256 or P-384, RSA of %d bits or more, or "
		       "ML-DSA",
		       RSA_BITS_MIN);
}

/*
 * What makes two keys the same: a point may be written compressed or not, and who can sign for a point
 * can for its negative; who knows the factors of a modulus can for every exponent.
 */
static bool identify_key(const X509 *x, const EVP_PKEY *key, struct signer *out, struct err *err)
{
	uint8_t text[1 + RSA_BITS_MAX / 8] = { 0 };
	const ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(x);
	struct slice id = { bits->data, bits->length > 0 ? (size_t)bits->length : 0 };
	size_t x_size = out->algorithm == ALGORITHM_ECDSA_P256 ? 32 : 48;
	if (out->algorithm == ALGORITHM_RSA) {
		AUTO(auto_bn) BIGNUM *n = NULL;
		if (!EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) ||
		    BN_num_bytes(n) > RSA_BITS_MAX / 8)
			return err_set(err, ERR_SIGNATURE, "the signer's key can't be read");
		id = (struct slice) { text, (size_t)BN_bn2bin(n, text) };
	} else if (out->algorithm < ALGORITHM_RSA) {
		if (id.len < 1 + x_size)
			return err_set(err, ERR_SIGNATURE, "the signer's key can't be read");
		id = (struct slice) { id.p + 1, x_size };
	}
	return sha256_of(id, out->key, err);
}

/*
 * Code signing must be named by the signer's own certificate; a CA that limits what it may issue
 * for must not leave it out.  An anchor's limits count as well.
 */
static bool check_purpose(STACK_OF(X509) * chain, struct err *err)
{
	X509 *signer = sk_X509_value(chain, 0);
	if (!(X509_get_extension_flags(signer) & EXFLAG_XKUSAGE))
		return err_set(err, ERR_SIGNATURE,
			       "the signer's certificate does not name the code-signing purpose");
	if (!(X509_get_key_usage(signer) & KU_DIGITAL_SIGNATURE))
		return err_set(err, ERR_SIGNATURE,
			       "the signer's certificate is not for digital signatures");
	for (int i = 0; i < sk_X509_num(chain); i++) {
		X509 *x = sk_X509_value(chain, i);
		if ((X509_get_extension_flags(x) & EXFLAG_XKUSAGE) &&
		    !(X509_get_extended_key_usage(x) & XKU_CODE_SIGN))
			return err_set(err, ERR_SIGNATURE, "the %s is not for code signing",
				       i ? "certificate of a CA above the signer"
					 : "signer's certificate");
	}
	return true;
}

bool cms_check_certificate(struct slice der, struct err *err)
{
	struct signer unused = { 0 };
	const unsigned char *p = der.p;
	bool is_ml_dsa;
	if (!crypto_init(err))
		return false;
	AUTO(auto_clear_errors) UNUSED int scope = 0;
	AUTO(auto_certificates) STACK_OF(X509) *alone = sk_X509_new_reserve(NULL, 1);
	if (!alone)
		return err_no_memory(err);
	X509 *x = der.len <= CMS_SIZE_MAX ? d2i_X509(NULL, &p, (long)der.len) : NULL;
	if (!x || p != der.p + der.len) {
		X509_free(x);
		return err_set(err, ERR_SIGNATURE, "the signer's certificate is damaged");
	}
	sk_X509_push(alone, x); /* reserved: can't fail */
	return ml_dsa_check_key(x, &is_ml_dsa, err) &&
	       (is_ml_dsa || check_key(X509_get0_pubkey(x), &unused, err)) &&
	       check_purpose(alone, err);
}

/* What X509_verify_cert found, as one of our kinds. */
static bool chain_error(int found, struct err *err)
{
	switch (found) {
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_UNTRUSTED:
	case X509_V_ERR_CERT_REJECTED:
		return err_set(err, ERR_UNTRUSTED,
			       "no trusted certificate leads to the signer (%s)",
			       X509_verify_cert_error_string(found));
	case X509_V_ERR_OUT_OF_MEM:
		return err_no_memory(err);
	default:
		return err_set(err, ERR_SIGNATURE, "the signer's certificates are not valid (%s)",
			       X509_verify_cert_error_string(found));
	}
}

/* The span in which all of @chain is valid. */
static bool read_span(STACK_OF(X509) * chain, struct signer_path *out, struct err *err)
{
	out->not_before = 0;
	out->not_after = UINT64_MAX;
	for (int i = 0; i < sk_X509_num(chain); i++) {
		uint64_t before, after;
		const X509 *x = sk_X509_value(chain, i);
		if (!x509_time(X509_get0_notBefore(x), &before) ||
		    !x509_time(X509_get0_notAfter(x), &after))
			return err_set(err, ERR_SIGNATURE,
				       "a certificate of the signer has a broken date");
		if (before > out->not_before)
			out->not_before = before;
		if (after < out->not_after)
			out->not_after = after;
	}
	return true;
}

/* An anchor need not be self-signed: the signer's own certificate may be pinned. */
static X509_STORE_CTX *new_chain(X509_STORE *store, X509 *signer, STACK_OF(X509) * untrusted,
				 unsigned long flags)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	if (!ctx || !X509_STORE_CTX_init(ctx, store, signer, untrusted)) {
		X509_STORE_CTX_free(ctx);
		return NULL;
	}
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_auth_level(param, CHAIN_SECURITY_LEVEL);
	X509_VERIFY_PARAM_set_depth(param, CMS_CERTIFICATES_MAX);
	X509_VERIFY_PARAM_set_flags(param,
				    X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST | flags);
	return ctx;
}

/*
 * Build and check the chain, then the purposes along it, and what of it is revoked.  Time is not
 * judged here, but where a CA was renewed under its old name and key, the chain that is valid today is
 * the one to take.
 */
static bool check_chain(X509_STORE *store, X509 *signer, STACK_OF(X509) * untrusted,
			const struct trust *trust, const X509 *anchor, struct signer_path *out,
			bool *is_valid_today, struct err *err)
{
	struct revocation known = { 0 };
	AUTO(auto_store_ctx) X509_STORE_CTX *today = new_chain(store, signer, untrusted, 0);
	AUTO(auto_store_ctx)
	X509_STORE_CTX *any = new_chain(store, signer, untrusted, X509_V_FLAG_NO_CHECK_TIME);
	if (!today || !any)
		return err_no_memory(err);
	*is_valid_today = X509_verify_cert(today) == 1;
	X509_STORE_CTX *good = *is_valid_today ? today : any;
	if (good == any && X509_verify_cert(any) != 1)
		return chain_error(X509_STORE_CTX_get_error(any), err);
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(good);
	if (!check_purpose(chain, err) || !read_span(chain, out, err) ||
	    (trust && !trust_check_revoked(trust, chain, anchor, &known, err)))
		return false;
	out->has_crls = known.complete;
	out->crls_until = known.until;
	return true;
}

/* The store of the one anchor @only, or of all that there are (NULL), those carried if there are none. */
static bool check_store(const struct trust *trust, const struct trust_anchor *only,
			STACK_OF(X509) * carried, X509 *signer, struct signer_path *out,
			bool *is_valid_today, struct err *err)
{
	AUTO(auto_store) X509_STORE *store = X509_STORE_new();
	if (!store)
		return err_no_memory(err);
	if (only && !X509_STORE_add_cert(store, only->x))
		return err_no_memory(err);
	for (size_t i = 0; !only && i < trust_count(trust); i++)
		if (!X509_STORE_add_cert(store, trust->anchors[i].x))
			return err_no_memory(err);
	for (int i = 0; trust_count(trust) == 0 && i < sk_X509_num(carried); i++)
		if (!X509_STORE_add_cert(store, sk_X509_value(carried, i)))
			return err_no_memory(err);
	return check_chain(store, signer, carried, trust, only ? only->x : NULL, out,
			   is_valid_today, err);
}

/* Every anchor alone.  Of paths, the first that is valid today stands for the signer. */
static bool find_paths(const struct trust *trust, STACK_OF(X509) * carried, X509 *signer,
		       struct signer *out, struct err *err)
{
	bool today = false, valid_today;
	for (size_t i = 0; i < trust_count(trust) && out->path_count < SIGNER_PATHS_MAX; i++) {
		struct err why = { 0 };
		struct signer_path path = { .anchor = &trust->anchors[i].is };
		if (!check_store(trust, &trust->anchors[i], carried, signer, &path, &valid_today,
				 &why)) {
			if (why.code == ERR_REVOKED || why.code == ERR_NO_MEMORY)
				return err_set(err, why.code, "%s", why.msg);
			continue;
		}
		if (out->path_count == 0 || (valid_today && !today)) {
			out->not_before = path.not_before;
			out->not_after = path.not_after;
			today = valid_today;
		}
		out->paths[out->path_count++] = path;
	}
	return true;
}

static bool check_trust(CMS_ContentInfo *cms, X509 *signer, const struct trust *trust,
			struct signer *out, struct err *err)
{
	AUTO(auto_certificates) STACK_OF(X509) *carried = CMS_get1_certs(cms);
	struct signer_path all = { 0 };
	bool today;
	if (!carried)
		return err_no_memory(err);
	if (sk_X509_num(carried) > CMS_CERTIFICATES_MAX)
		return err_set(err, ERR_SIGNATURE,
			       "the signature carries more than %d certificates",
			       CMS_CERTIFICATES_MAX);
	if (!find_paths(trust, carried, signer, out, err))
		return false;
	out->pinned = out->path_count > 0;
	if (out->pinned)
		return true;
	/* No anchors, or none that leads there: this knows why. */
	if (!check_store(trust, NULL, carried, signer, &all, &today, err))
		return false;
	if (trust_count(trust) > 0)
		return err_set(err, ERR_UNTRUSTED, "no trusted certificate leads to the signer");
	out->not_before = all.not_before;
	out->not_after = all.not_after;
	return true;
}

static bool describe_signer(X509 *x, struct signer *out, struct err *err)
{
	if (!x509_name_text(X509_get_subject_name(x), out->subject, err))
		return false;
	return X509_digest(x, EVP_sha256(), out->certificate, NULL) || err_no_memory(err);
}

/* As large as it likes: OpenSSL reads @content in small pieces. */
static bool verify_cms(struct slice der, BIO *content, const struct trust *trust,
		       struct signer *out, struct err *err)
{
	AUTO(auto_cms) CMS_ContentInfo *cms = parse_cms(der, err);
	if (!cms)
		return false;

	CMS_SignerInfo *si = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
	EVP_PKEY *key = NULL;
	X509 *signer = NULL;
	if (CMS_set1_signers_certs(cms, NULL, 0) == 1)
		CMS_SignerInfo_get0_algs(si, &key, &signer, NULL, NULL);
	if (!signer)
		return err_set(err, ERR_SIGNATURE,
			       "the signature does not carry its signer's certificate");
	struct signer found = { 0 };
	bool is_ml_dsa;
	if (!ml_dsa_check_form(si, signer, &is_ml_dsa, &found.algorithm, err) ||
	    (!is_ml_dsa && (!check_algorithms(si, err) || !check_key(key, &found, err))))
		return false;
	/* The chain is checked apart, at two times. */
	if (CMS_verify(cms, NULL, NULL, content, NULL, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) != 1)
		return err_set(err, ERR_SIGNATURE, "the signature does not match what is signed");

	if (!check_trust(cms, signer, trust, &found, err) ||
	    !identify_key(signer, key, &found, err) || !describe_signer(signer, &found, err))
		return false;
	*out = found;
	return true;
}

bool cms_claims_ml_dsa(struct slice der)
{
	if (!crypto_init(NULL))
		return false;
	AUTO(auto_clear_errors) UNUSED int scope = 0;
	AUTO(auto_cms) CMS_ContentInfo *cms = parse_cms(der, NULL);
	X509_ALGOR *algorithm;
	if (!cms)
		return false;
	CMS_SignerInfo_get0_algs(sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0), NULL, NULL,
				 NULL, &algorithm);
	return ml_dsa_is_named(algorithm);
}

bool cms_verify(struct slice der, struct slice content, const struct trust *trust,
		struct signer *out, struct err *err)
{
	if (!crypto_init(err))
		return false;
	if (content.len > CONTENT_SIZE_MAX)
		return err_set(err, ERR_SIGNATURE, "what is signed is larger than 2 GiB");
	AUTO(auto_clear_errors) UNUSED int scope = 0;
	AUTO(auto_bio)
	BIO *data = BIO_new_mem_buf(content.len ? content.p : (const void *)"", (int)content.len);
	if (!data)
		return err_no_memory(err);
	return verify_cms(der, data, trust, out, err);
}

/* --- a CMS over a source ------------------------------------------------------------------------ */

#define SOURCE_CHUNK (1u << 20)

struct source_reader {
	const struct source *src;
	uint64_t offset; /* of the chunk's end */
	uint8_t *chunk;
	size_t used, filled;
	bool failed;
	struct err err;
};

static int source_bio_read(BIO *bio, char *out, size_t n, size_t *got)
{
	struct source_reader *r = BIO_get_data(bio);
	if (r->used == r->filled) {
		uint64_t left = r->src->size - r->offset;
		size_t want = left < SOURCE_CHUNK ? (size_t)left : SOURCE_CHUNK;
		if (!want || r->failed)
			return 0;
		if (!source_read(r->src, r->offset, r->chunk, want, &r->err)) {
			r->failed = true;
			return 0;
		}
		r->offset += want;
		r->filled = want;
		r->used = 0;
	}
	size_t k = r->filled - r->used < n ? r->filled - r->used : n;
	memcpy(out, r->chunk + r->used, k);
	r->used += k;
	*got = k;
	return 1;
}

static long source_bio_ctrl(UNUSED BIO *bio, int what, UNUSED long number, UNUSED void *p)
{
	return what == BIO_CTRL_FLUSH;
}

static void auto_bio_method(BIO_METHOD **slot)
{
	BIO_meth_free(*slot);
}

bool cms_verify_source(struct slice der, const struct source *content, const struct trust *trust,
		       struct signer *out, struct err *err)
{
	if (!crypto_init(err))
		return false;
	AUTO(auto_clear_errors) UNUSED int scope = 0;
	AUTO(auto_free) uint8_t *chunk = malloc(SOURCE_CHUNK);
	AUTO(auto_bio_method)
	BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "source");
	if (!chunk || !method || !BIO_meth_set_read_ex(method, source_bio_read) ||
	    !BIO_meth_set_ctrl(method, source_bio_ctrl))
		return err_no_memory(err);
	AUTO(auto_bio) BIO *data = BIO_new(method);
	if (!data)
		return err_no_memory(err);
	struct source_reader reader = { .src = content, .chunk = chunk };
	BIO_set_data(data, &reader);
	BIO_set_init(data, 1);
	bool ok = verify_cms(der, data, trust, out, err);
	if (reader.failed) {
		if (err)
			*err = reader.err;
		return false;
	}
	return ok;
}

bool signer_is_post_quantum(const struct signer *s)
{
	return s->algorithm >= ALGORITHM_ML_DSA_44;
}

bool signer_check_time(const struct signer *s, uint64_t when, const char *when_name,
		       struct err *err)
{
	if (when >= s->not_before && when <= s->not_after)
		return true;
	char from[DATE_TEXT_SIZE], to[DATE_TEXT_SIZE], at[DATE_TEXT_SIZE];
	return err_set(err, ERR_SIGNER_EXPIRED,
		       "the certificates of '%s' are valid from %s to %s, not at %s (%s)",
		       s->subject, date_text(s->not_before, from), date_text(s->not_after, to),
		       when_name, date_text(when, at));
}
