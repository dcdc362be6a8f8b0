/* SPDX-License-Identifier: MIT */
/*
 * sign.c - see sign.h.
 *
 * Lengths: content goes to OpenSSL in pieces of SIGN_CHUNK bytes; everything else is bounded by
 * SIGN_PEM_MAX and SIGN_CMS_MAX, so the int and long that its interfaces take are never in danger.
 */
#include "sign.h"

#include <string.h>

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "file.h"
#include "interrupt.h"
#include "progress.h"

#define SIGN_CHUNK (1u << 20)
#define CHAIN_MAX 16

static void auto_bio(BIO **slot)
{
	BIO_free_all(*slot);
}

static void auto_cms(CMS_ContentInfo **slot)
{
	CMS_ContentInfo_free(*slot);
}

static void auto_x509(X509 **slot)
{
	X509_free(*slot);
}

static void auto_pkey(EVP_PKEY **slot)
{
	EVP_PKEY_free(*slot);
}

static void auto_time(ASN1_TIME **slot)
{
	ASN1_TIME_free(*slot);
}

/* What OpenSSL itself has to say; the oldest entry is the cause. */
static bool openssl_error(struct err *err, const char *doing)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());
	err_set(err, ERR_SYSTEM, "cannot %s: %s", doing,
		reason ? reason : "OpenSSL gives no reason");
	ERR_clear_error();
	return false;
}

/* --- keys --------------------------------------------------------------------------------------- */

struct sign_key {
	EVP_PKEY *key;
	X509 *certificate;
	STACK_OF(X509) * chain;
	const EVP_MD *md;
};

void sign_key_free(struct sign_key *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->key);
	X509_free(k->certificate);
	sk_X509_pop_free(k->chain, X509_free);
	free(k);
}

void sign_key_auto_free(struct sign_key **slot)
{
	sign_key_free(*slot);
}

/* A bundle is signed without anybody at the keyboard: an encrypted key is refused, not asked for. */
static int no_passphrase(UNUSED char *out, UNUSED int size, UNUSED int writing, void *asked)
{
	*(bool *)asked = true;
	return -1;
}

static BIO *open_pem(const char *path, struct buf *content, struct err *err)
{
	if (!file_read(path, SIGN_PEM_MAX, content, err))
		return NULL;
	BIO *bio = BIO_new_mem_buf(buf_str(content), (int)content->len);
	if (!bio)
		err_no_memory(err);
	return bio;
}

static void wipe(struct buf *b)
{
	if (b->p)
		OPENSSL_cleanse(b->p, b->cap);
	buf_done(b);
}

static bool read_key(struct sign_key *k, const char *path, struct err *err)
{
	AUTO(wipe) struct buf content = { 0 };
	AUTO(auto_bio) BIO *bio = open_pem(path, &content, err);
	if (!bio)
		return false;
	bool asked = false;
	k->key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &asked);
	ERR_clear_error();
	if (k->key)
		return true;
	if (asked)
		return err_set(err, ERR_USAGE,
			       "the private key in '%s' is encrypted; decrypt it first, for "
			       "instance with 'openssl pkey'",
			       path);
	return err_set(err, ERR_FORMAT, "'%s' holds no private key in PEM", path);
}

/* All certificates of a file, appended to the chain. */
static bool read_certificates(struct sign_key *k, const char *path, struct err *err)
{
	AUTO(buf_done) struct buf content = { 0 };
	AUTO(auto_bio) BIO *bio = open_pem(path, &content, err);
	if (!bio)
		return false;
	int before = sk_X509_num(k->chain);
	for (X509 *x; (x = PEM_read_bio_X509(bio, NULL, NULL, NULL));) {
		if (sk_X509_num(k->chain) >= CHAIN_MAX || !sk_X509_push(k->chain, x)) {
			X509_free(x);
			return err_set(err, ERR_FORMAT, "'%s' holds more than %d certificates",
				       path, CHAIN_MAX);
		}
	}
	bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
	ERR_clear_error();
	if (sk_X509_num(k->chain) > before && at_end)
		return true;
	return err_set(err, ERR_FORMAT, "'%s' holds no certificate in PEM, or a damaged one", path);
}

/* P-384 signs SHA-384: a weaker digest would waste the key, a stronger one would be cut. */
static const EVP_MD *digest_for(const EVP_PKEY *key)
{
	return EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_bits(key) > 256 ? EVP_sha384()
									: EVP_sha256();
}

struct sign_key *sign_key_read(const char *key, const char *certificate, const char *chain,
			       struct err *err)
{
	AUTO(sign_key_auto_free) struct sign_key *k = calloc(1, sizeof(*k));
	if (k)
		k->chain = sk_X509_new_null();
	if (!k || !k->chain) {
		err_no_memory(err);
		return NULL;
	}
	if (!read_key(k, key, err) || !read_certificates(k, certificate, err))
		return NULL;
	k->certificate = sk_X509_shift(k->chain);
	if (chain && !read_certificates(k, chain, err))
		return NULL;
	if (X509_check_private_key(k->certificate, k->key) != 1) {
		ERR_clear_error();
		err_set(err, ERR_USAGE, "the key in '%s' is not that of the certificate in '%s'",
			key, certificate);
		return NULL;
	}
	k->md = digest_for(k->key);
	struct sign_key *out = k;
	k = NULL;
	return out;
}

/* --- signatures --------------------------------------------------------------------------------- */

/*
 * Without a signingTime of ours, OpenSSL puts the clock's in, and the same bundle signed twice
 * would differ by more than the signature.
 */
static bool add_signing_time(CMS_SignerInfo *si, uint64_t created)
{
	AUTO(auto_time) ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)created);
	return time &&
	       CMS_signed_add1_attr_by_NID(si, NID_pkcs9_signingTime, time->type, time, -1) == 1;
}

static CMS_ContentInfo *new_cms(const struct sign_key *k, uint64_t created)
{
	unsigned flags = CMS_PARTIAL | CMS_DETACHED | CMS_BINARY | CMS_NOSMIMECAP;
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, k->chain, NULL, flags);
	CMS_SignerInfo *si =
		cms ? CMS_add1_signer(cms, k->certificate, k->key, k->md, flags) : NULL;
	if (si && add_signing_time(si, created))
		return cms;
	CMS_ContentInfo_free(cms);
	return NULL;
}

static bool feed(BIO *sink, const struct source *content, struct err *err)
{
	AUTO(auto_free) uint8_t *chunk = malloc(SIGN_CHUNK);
	if (!chunk)
		return err_no_memory(err);
	for (uint64_t at = 0; at < content->size;) {
		uint64_t left = content->size - at;
		size_t n = left < SIGN_CHUNK ? (size_t)left : SIGN_CHUNK;
		if (!interrupt_check(err) || !source_read(content, at, chunk, n, err))
			return false;
		if (BIO_write(sink, chunk, (int)n) != (int)n)
			return openssl_error(err, "sign");
		at += n;
		progress_update(at);
	}
	return true;
}

static bool to_der(CMS_ContentInfo *cms, struct buf *out, struct err *err)
{
	unsigned char *der = NULL;
	int n = i2d_CMS_ContentInfo(cms, &der);
	if (n <= 0)
		return openssl_error(err, "encode the signature");
	AUTO(buf_done) struct buf b = BUF_INIT(SIGN_CMS_MAX);
	buf_add(&b, der, (size_t)n);
	OPENSSL_free(der);
	if (!buf_ok(&b, "the signature with its certificates", err))
		return false;
	*out = b;
	b = (struct buf) { 0 };
	return true;
}

static bool make_cms(const struct sign_key *k, const struct source *content, uint64_t created,
		     struct buf *out, struct err *err)
{
	ERR_clear_error();
	AUTO(auto_cms) CMS_ContentInfo *cms = new_cms(k, created);
	AUTO(auto_bio) BIO *sink = cms ? CMS_dataInit(cms, NULL) : NULL;
	if (!sink)
		return openssl_error(err, "prepare the signature");
	if (!feed(sink, content, err))
		return false;
	if (CMS_dataFinal(cms, sink) != 1)
		return openssl_error(err, "sign");
	return to_der(cms, out, err);
}

/*
 * Readers want the certificate to be valid now and at the bundle's creation, which is the time of
 * the snapshot in it: a certificate that was issued yesterday is too young for last week's.
 */
static bool check_times(const struct signer *s, uint64_t created, uint64_t now, struct err *err)
{
	struct err early = { 0 };
	if (!signer_check_time(s, now, "today's date", err))
		return false;
	if (signer_check_time(s, created, "the bundle's creation", &early))
		return true;
	return err_set(err, early.code,
		       "%s; build with SOURCE_DATE_EPOCH set to a time in that span, or sign with "
		       "another certificate",
		       early.msg);
}

bool sign_source(const struct sign_key *k, const struct source *content, uint64_t created,
		 uint64_t now, struct buf *cms, struct signer *signer, struct err *err)
{
	AUTO(buf_done) struct buf made = { 0 };
	struct signer seen;
	if (!make_cms(k, content, created, &made, err))
		return false;
	if (!cms_verify_source(buf_slice(&made), content, NULL, &seen, err) ||
	    !check_times(&seen, created, now, err))
		return err_wrap(err, "every reader would refuse the signature");
	*cms = made;
	made = (struct buf) { 0 };
	*signer = seen;
	return true;
}

static bool read_memory(void *ctx, uint64_t offset, void *out, size_t len, UNUSED struct err *err)
{
	memcpy(out, (const uint8_t *)ctx + offset, len);
	return true;
}

bool sign_bytes(const struct sign_key *k, struct slice content, uint64_t created, uint64_t now,
		struct buf *cms, struct signer *signer, struct err *err)
{
	struct source src = { .name = "root",
			      .size = content.len,
			      .ctx = (void *)(uintptr_t)content.p,
			      .read_at = read_memory };
	return sign_source(k, &src, created, now, cms, signer, err);
}

/* --- keygen ------------------------------------------------------------------------------------- */

static EVP_PKEY *generate(enum sign_algorithm algorithm)
{
	switch (algorithm) {
	case SIGN_P256:
		return EVP_EC_gen("P-256");
	case SIGN_P384:
		return EVP_EC_gen("P-384");
	case SIGN_RSA3072:
		return EVP_RSA_gen(3072);
	}
	return NULL;
}

static bool add_extension(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	bool ok = e && X509_add_ext(x, e, -1) == 1;
	X509_EXTENSION_free(e);
	return ok;
}

static bool set_serial(X509 *x)
{
	uint8_t random[16];
	if (RAND_bytes(random, sizeof(random)) != 1)
		return false;
	random[0] = (random[0] & 0x7f) | 0x40; /* positive, and always as long */
	BIGNUM *n = BN_bin2bn(random, sizeof(random), NULL);
	bool ok = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x));
	BN_free(n);
	return ok;
}

static bool set_times(X509 *x, const struct sign_keygen *opt)
{
	return ASN1_TIME_set(X509_getm_notBefore(x), (time_t)opt->not_before) &&
	       ASN1_TIME_set(X509_getm_notAfter(x), (time_t)opt->not_after);
}

/* The profile that RFC 5280 and the code-signing requirements have for an end entity. */
static bool fill_certificate(X509 *x, EVP_PKEY *key, const struct sign_keygen *opt)
{
	X509_NAME *name = X509_get_subject_name(x);
	return X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x) && set_times(x, opt) &&
	       X509_set_pubkey(x, key) == 1 &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
					  (const unsigned char *)opt->name, -1, -1, 0) == 1 &&
	       X509_set_issuer_name(x, name) == 1 &&
	       add_extension(x, NID_basic_constraints, "critical,CA:FALSE") &&
	       add_extension(x, NID_key_usage, "critical,digitalSignature") &&
	       add_extension(x, NID_ext_key_usage, "codeSigning") &&
	       add_extension(x, NID_subject_key_identifier, "hash") &&
	       X509_sign(x, key, digest_for(key)) > 0;
}

static bool take_bio(BIO *bio, struct buf *out, struct err *err)
{
	char *text = NULL;
	long n = BIO_get_mem_data(bio, &text);
	AUTO(wipe) struct buf b = BUF_INIT(SIGN_PEM_MAX);
	buf_add(&b, text, n > 0 ? (size_t)n : 0);
	if (!buf_ok(&b, "the key", err))
		return false;
	*out = b;
	b = (struct buf) { 0 };
	return true;
}

bool sign_keygen(const struct sign_keygen *opt, struct buf *key, struct buf *certificate,
		 struct err *err)
{
	ERR_clear_error();
	AUTO(auto_pkey) EVP_PKEY *pkey = generate(opt->algorithm);
	AUTO(auto_x509) X509 *x = X509_new();
	AUTO(auto_bio) BIO *key_pem = BIO_new(BIO_s_secmem());
	AUTO(auto_bio) BIO *certificate_pem = BIO_new(BIO_s_mem());
	if (!pkey || !x || !key_pem || !certificate_pem)
		return openssl_error(err, "make a key");
	if (!fill_certificate(x, pkey, opt))
		return openssl_error(err, "make a certificate");
	if (PEM_write_bio_PrivateKey(key_pem, pkey, NULL, NULL, 0, NULL, NULL) != 1 ||
	    PEM_write_bio_X509(certificate_pem, x) != 1)
		return openssl_error(err, "encode the key");
	AUTO(wipe) struct buf k = { 0 };
	if (!take_bio(key_pem, &k, err) || !take_bio(certificate_pem, certificate, err))
		return false;
	*key = k;
	k = (struct buf) { 0 };
	return true;
}

/* --- certificates as PEM ------------------------------------------------------------------------ */

static void auto_pkcs7(PKCS7 **slot)
{
	PKCS7_free(*slot);
}

static void auto_signers(STACK_OF(X509) * *slot)
{
	sk_X509_free(*slot); /* its members are the PKCS #7's */
}

static bool add_pem(const X509 *x, struct buf *pem, struct err *err)
{
	AUTO(auto_bio) BIO *bio = BIO_new(BIO_s_mem());
	AUTO(buf_done) struct buf text = { 0 };
	if (!bio || PEM_write_bio_X509(bio, x) != 1)
		return openssl_error(err, "encode a certificate");
	if (!take_bio(bio, &text, err))
		return false;
	buf_add(pem, text.p, text.len);
	return buf_ok(pem, "the certificates", err);
}

static bool subject_text(const X509 *x, char out[SIGNER_NAME_SIZE], struct err *err)
{
	AUTO(auto_bio) BIO *bio = BIO_new(BIO_s_mem());
	if (!bio || X509_NAME_print_ex(bio, X509_get_subject_name(x), 0, XN_FLAG_RFC2253) < 0)
		return openssl_error(err, "read a certificate's name");
	int n = BIO_read(bio, out, SIGNER_NAME_SIZE - 1);
	out[n > 0 ? n : 0] = '\0';
	return true;
}

bool sign_read_pkcs7(struct slice der, char subject[SIGNER_NAME_SIZE], struct buf *pem,
		     struct err *err)
{
	const unsigned char *p = der.p;
	AUTO(auto_pkcs7) PKCS7 *p7 = der.len ? d2i_PKCS7(NULL, &p, (long)der.len) : NULL;
	bool is_signed = p7 && PKCS7_type_is_signed(p7) && p7->d.sign;
	AUTO(auto_signers)
	STACK_OF(X509) *signers = is_signed ? PKCS7_get0_signers(p7, NULL, 0) : NULL;
	ERR_clear_error();
	if (!signers || sk_X509_num(signers) < 1)
		return err_set(err, ERR_SIGNATURE,
			       "it is no PKCS #7 with its signer's certificate");
	const STACK_OF(X509) *all = p7->d.sign->cert;
	for (int i = 0; i < sk_X509_num(all); i++)
		if (!add_pem(sk_X509_value(all, i), pem, err))
			return false;
	return subject_text(sk_X509_value(signers, 0), subject, err);
}

bool sign_add_pem(struct slice pem_or_der, struct buf *pem, struct err *err)
{
	const unsigned char *p = pem_or_der.p;
	if (pem_or_der.len == 0 || *p != 0x30) { /* a SEQUENCE; no PEM starts so */
		buf_add(pem, pem_or_der.p, pem_or_der.len);
		buf_add_str(pem, "\n");
		return buf_ok(pem, "the certificates", err);
	}
	AUTO(auto_x509) X509 *x = d2i_X509(NULL, &p, (long)pem_or_der.len);
	if (!x)
		return openssl_error(err, "read a certificate");
	return add_pem(x, pem, err);
}
