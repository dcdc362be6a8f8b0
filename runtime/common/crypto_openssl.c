/* SPDX-License-Identifier: MIT */
/*
 * crypto_openssl.c - crypto.h by OpenSSL 3: trust anchors and CMS signatures (sha256.c has digests).
 *
 * libcrypto does the arithmetic and builds the chain.  What a signature must look like is decided
 * here, on the parsed structures and before the arithmetic: OpenSSL's defaults accept several
 * signers, SHA-1, short keys and any purpose.  The runtime links a libcrypto without error texts
 * and with a trimmed provider, so no message here comes from OpenSSL's error queue.
 *
 * Lengths: OpenSSL takes int or long in places.  Everything is bounded first (CMS_SIZE_MAX,
 * CONTENT_SIZE_MAX, TRUST_SIZE_MAX).
 */
#include "crypto.h"

#include "date.h"

#include <limits.h>
#include <openssl/bio.h>
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
#define TRUST_SIZE_MAX (1u << 20)
#define TRUST_COUNT_MAX 1024
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
AUTO_FREE(X509, auto_x509, X509_free)
AUTO_FREE(ASN1_TIME, auto_time, ASN1_TIME_free)
AUTO_FREE(BIO, auto_bio, BIO_free_all)
AUTO_FREE(CMS_ContentInfo, auto_cms, CMS_ContentInfo_free)
AUTO_FREE(X509_STORE, auto_store, X509_STORE_free)
AUTO_FREE(X509_STORE_CTX, auto_store_ctx, X509_STORE_CTX_free)
AUTO_FREE(EVP_ENCODE_CTX, auto_encode_ctx, EVP_ENCODE_CTX_free)

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

/* --- trust anchors --- */

struct trust {
	STACK_OF(X509) * anchors; /* owned, with what is in it */
};

struct trust *trust_new(struct err *err)
{
	struct trust *t = crypto_init(err) ? calloc(1, sizeof(*t)) : NULL;
	if (t)
		t->anchors = sk_X509_new_null();
	if (!t || !t->anchors) {
		free(t);
		err_no_memory(err);
		return NULL;
	}
	return t;
}

void trust_free(struct trust *t)
{
	if (!t)
		return;
	sk_X509_pop_free(t->anchors, X509_free);
	free(t);
}

void trust_auto_free(struct trust **slot)
{
	trust_free(*slot);
}

size_t trust_count(const struct trust *t)
{
	return t ? (size_t)sk_X509_num(t->anchors) : 0;
}

/* One or more certificates' DER, back to back. */
static bool read_der(STACK_OF(X509) * out, const char *name, struct slice der, struct err *err)
{
	const unsigned char *p = der.p;
	const unsigned char *end = der.p + der.len;

	while (p < end) {
		AUTO(auto_x509) X509 *x = d2i_X509(NULL, &p, (long)(end - p));
		if (!x)
			return err_set(err, ERR_FORMAT, "'%s' is not a certificate (PEM or DER)",
				       name);
		if (sk_X509_num(out) >= TRUST_COUNT_MAX)
			return err_set(err, ERR_FORMAT, "'%s' holds more than %d certificates",
				       name, TRUST_COUNT_MAX);
		if (!sk_X509_push(out, x))
			return err_no_memory(err);
		x = NULL;
	}
	return true;
}

static bool read_base64(STACK_OF(X509) * out, const char *name, struct slice text, struct err *err)
{
	AUTO(auto_free) uint8_t *der = malloc(text.len + 1); /* three bytes come from four */
	AUTO(auto_encode_ctx) EVP_ENCODE_CTX *ctx = EVP_ENCODE_CTX_new();
	if (!der || !ctx)
		return err_no_memory(err);
	int len = 0, tail = 0;
	EVP_DecodeInit(ctx);
	if (EVP_DecodeUpdate(ctx, der, &len, text.p, (int)text.len) < 0 ||
	    EVP_DecodeFinal(ctx, der + len, &tail) < 0 || len + tail == 0)
		return err_set(err, ERR_FORMAT, "'%s' has a certificate with broken base64", name);
	return read_der(out, name, (struct slice) { der, (size_t)(len + tail) }, err);
}

static const uint8_t *find(struct slice text, const char *word)
{
	size_t n = strlen(word);
	for (size_t i = 0; i + n <= text.len; i++)
		if (memcmp(text.p + i, word, n) == 0)
			return text.p + i;
	return NULL;
}

static struct slice slice_after(struct slice text, const uint8_t *p)
{
	return (struct slice) { p, text.len - (size_t)(p - text.p) };
}

/* Text and other kinds of blocks between the certificates are passed over, as openssl does. */
static bool read_pem(STACK_OF(X509) * out, const char *name, struct slice text, struct err *err)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----";
	static const char end[] = "-----END CERTIFICATE-----";

	for (const uint8_t *p; (p = find(text, begin));) {
		text = slice_after(text, p + strlen(begin));
		p = find(text, end);
		if (!p)
			return err_set(err, ERR_FORMAT, "'%s' has a certificate without its end",
				       name);
		struct slice body = { text.p, (size_t)(p - text.p) };
		if (!read_base64(out, name, body, err))
			return false;
		text = slice_after(text, p + strlen(end));
	}
	return true;
}

bool trust_add(struct trust *t, const char *name, struct slice pem_or_der, struct err *err)
{
	AUTO(auto_clear_errors) UNUSED int scope = 0;
	AUTO(auto_certificates) STACK_OF(X509) *found = sk_X509_new_null();
	if (!found)
		return err_no_memory(err);
	if (pem_or_der.len > TRUST_SIZE_MAX)
		return err_set(err, ERR_FORMAT, "'%s' is larger than %u bytes", name,
			       TRUST_SIZE_MAX);
	bool der = pem_or_der.len && pem_or_der.p[0] == 0x30; /* a SEQUENCE; no PEM starts so */
	if (der ? !read_der(found, name, pem_or_der, err) : !read_pem(found, name, pem_or_der, err))
		return false;
	if (sk_X509_num(found) == 0)
		return err_set(err, ERR_FORMAT, "'%s' holds no certificate (PEM or DER)", name);
	if (!sk_X509_reserve(t->anchors, sk_X509_num(found)))
		return err_no_memory(err);
	while (sk_X509_num(found))
		sk_X509_push(t->anchors, sk_X509_shift(found)); /* reserved: can't fail */
	return true;
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

static bool check_ec_key(const EVP_PKEY *key)
{
	char curve[32];
	int explicit_parameters = 1;
	return EVP_PKEY_get_group_name(key, curve, sizeof(curve), NULL) &&
	       (strcmp(curve, "prime256v1") == 0 || strcmp(curve, "secp384r1") == 0) &&
	       EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
				      &explicit_parameters) &&
	       !explicit_parameters;
}

/* Types are asked for by name: in a trimmed libcrypto a key has no other. */
static bool check_key(const EVP_PKEY *key, struct err *err)
{
	if (key && EVP_PKEY_is_a(key, "EC") && check_ec_key(key))
		return true;
	int bits = key && EVP_PKEY_is_a(key, "RSA") ? EVP_PKEY_get_bits(key) : 0;
	if (bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX)
		return true;
	if (bits)
		return err_set(err, ERR_SIGNATURE,
			       "the signer's RSA key has %d bits; %d to %d are accepted", bits,
			       RSA_BITS_MIN, RSA_BITS_MAX);
	return err_set(err, ERR_SIGNATURE,
		       "the signer's key is not ECDSA P-256 or P-384, or RSA of %d bits or more",
		       RSA_BITS_MIN);
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
	if (!crypto_init(err))
		return false;
	AUTO(auto_clear_errors) UNUSED int scope = 0;
	AUTO(auto_certificates) STACK_OF(X509) *alone = sk_X509_new_null();
	if (!alone)
		return err_no_memory(err);
	if (der.len > TRUST_SIZE_MAX || !read_der(alone, "it", der, err) || sk_X509_num(alone) != 1)
		return err_set(err, ERR_SIGNATURE, "the signer's certificate is damaged");
	return check_key(X509_get0_pubkey(sk_X509_value(alone, 0)), err) &&
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

/* Seconds since 1970, and 0 before that; false when @t is not a time. */
static bool read_time(const ASN1_TIME *t, uint64_t *out)
{
	AUTO(auto_time) ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days, seconds;
	if (!epoch || !ASN1_TIME_diff(&days, &seconds, epoch, t))
		return false;
	int64_t total = (int64_t)days * 86400 + seconds;
	*out = total > 0 ? (uint64_t)total : 0;
	return true;
}

/* The span in which all of @chain is valid. */
static bool read_span(STACK_OF(X509) * chain, struct signer *out, struct err *err)
{
	out->not_before = 0;
	out->not_after = UINT64_MAX;
	for (int i = 0; i < sk_X509_num(chain); i++) {
		uint64_t before, after;
		const X509 *x = sk_X509_value(chain, i);
		if (!read_time(X509_get0_notBefore(x), &before) ||
		    !read_time(X509_get0_notAfter(x), &after))
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
 * Build and check the chain, then the purposes along it.  Time is not judged here, but where a CA
 * was renewed under its old name and key, the chain that is valid today is the one to take.
 */
static bool check_chain(X509_STORE *store, X509 *signer, STACK_OF(X509) * untrusted,
			struct signer *out, struct err *err)
{
	AUTO(auto_store_ctx) X509_STORE_CTX *today = new_chain(store, signer, untrusted, 0);
	AUTO(auto_store_ctx)
	X509_STORE_CTX *any = new_chain(store, signer, untrusted, X509_V_FLAG_NO_CHECK_TIME);
	if (!today || !any)
		return err_no_memory(err);
	X509_STORE_CTX *good = X509_verify_cert(today) == 1 ? today : any;
	if (good == any && X509_verify_cert(any) != 1)
		return chain_error(X509_STORE_CTX_get_error(any), err);
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(good);
	return check_purpose(chain, err) && read_span(chain, out, err);
}

static bool check_trust(CMS_ContentInfo *cms, X509 *signer, const struct trust *trust,
			struct signer *out, struct err *err)
{
	AUTO(auto_certificates) STACK_OF(X509) *carried = CMS_get1_certs(cms);
	AUTO(auto_store) X509_STORE *store = X509_STORE_new();
	if (!carried || !store)
		return err_no_memory(err);
	if (sk_X509_num(carried) > CMS_CERTIFICATES_MAX)
		return err_set(err, ERR_SIGNATURE,
			       "the signature carries more than %d certificates",
			       CMS_CERTIFICATES_MAX);
	out->pinned = trust_count(trust) > 0;
	STACK_OF(X509) *anchors = out->pinned ? trust->anchors : carried;
	for (int i = 0; i < sk_X509_num(anchors); i++)
		if (!X509_STORE_add_cert(store, sk_X509_value(anchors, i)))
			return err_no_memory(err);
	return check_chain(store, signer, carried, out, err);
}

static bool describe_signer(X509 *x, struct signer *out, struct err *err)
{
	AUTO(auto_bio) BIO *text = BIO_new(BIO_s_mem());
	/* RFC 2253 escapes control characters and everything that is not ASCII. */
	if (!text || X509_NAME_print_ex(text, X509_get_subject_name(x), 0, XN_FLAG_RFC2253) < 0)
		return err_no_memory(err);
	int n = BIO_read(text, out->subject, SIGNER_NAME_SIZE - 1);
	out->subject[n > 0 ? n : 0] = '\0';
	if (BIO_ctrl_pending(text))
		memcpy(out->subject + SIGNER_NAME_SIZE - 4, "...", 4);
	if (!X509_digest(x, EVP_sha256(), out->certificate, NULL))
		return err_no_memory(err);
	return true;
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
	if (!check_algorithms(si, err) || !check_key(key, err))
		return false;
	/* The chain is checked apart, at two times. */
	if (CMS_verify(cms, NULL, NULL, content, NULL, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) != 1)
		return err_set(err, ERR_SIGNATURE, "the signature does not match what is signed");

	struct signer found = { 0 };
	if (!check_trust(cms, signer, trust, &found, err) || !describe_signer(signer, &found, err))
		return false;
	*out = found;
	return true;
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

bool signer_check_time(const struct signer *s, uint64_t when, const char *when_name,
		       struct err *err)
{
	if (when >= s->not_before && when <= s->not_after)
		return true;
	char from[DATE_TEXT_SIZE], to[DATE_TEXT_SIZE], at[DATE_TEXT_SIZE];
	return err_set(err, ERR_EXPIRED,
		       "the certificates of '%s' are valid from %s to %s, not at %s (%s)",
		       s->subject, date_text(s->not_before, from), date_text(s->not_after, to),
		       when_name, date_text(when, at));
}
