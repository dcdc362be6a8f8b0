/* SPDX-License-Identifier: MIT */
/*
 * sign.c - see sign.h.
 *
 * Lengths: content goes to OpenSSL in pieces of SIGN_CHUNK bytes; everything else is bounded by
 * SIGN_PEM_MAX and SIGN_CMS_MAX, so the int and long that its interfaces take are never in danger.
 */
#include "sign.h"

#include <string.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h> /* PKCS8_encrypt() */
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "file.h"
#include "interrupt.h"
#include "progress.h"

#define SIGN_CHUNK (1u << 20)
#define CHAIN_MAX 16
#define KEY_ROUNDS 600000
#define NONCE_TYPE "nonce-type" /* a name that the headers of 3.0 do not have */

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

static void auto_der(unsigned char **slot)
{
	OPENSSL_free(*slot);
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

/* --- algorithms --------------------------------------------------------------------------------- */

/*
 * What a key may be.  To add one: a row here, and crypto_openssl.c must accept it.  CMS names a digest
 * for every algorithm, and takes it from here: also for those that hash in a way of their own.
 */
struct algorithm {
	const char *name;   /* what keygen calls it; NULL: it makes none */
	const char *type;   /* as EVP_PKEY_is_a() knows it */
	const char *group;  /* of an EC key */
	size_t bits;        /* that keygen makes of an RSA key */
	const char *digest; /* no weaker than the key, which would waste it */
	bool own_digest;    /* what is signed goes to the algorithm itself, not its digest */
	bool nonce;         /* a signature has a random part: RFC 6979 where OpenSSL can */
	unsigned long
		since; /* first OpenSSL that signs CMS with it, as OpenSSL_version_num(); or 0 */
};

static const struct algorithm algorithms[] = {
	{ "p256", "EC", "prime256v1", 0, "SHA256", false, true, 0 },
	{ "p384", "EC", "secp384r1", 0, "SHA384", false, true, 0 },
	{ "rsa3072", "RSA", NULL, 3072, "SHA256", false, false, 0 },
	/* RFC 8419 */
	{ NULL, "ED25519", NULL, 0, "SHA512", true, false, 0x30500000 },
	/* RFC 9882 */
	{ "ml-dsa-44", "ML-DSA-44", NULL, 0, "SHA512", true, false, 0x30500000 },
	{ "ml-dsa-65", "ML-DSA-65", NULL, 0, "SHA512", true, false, 0x30500000 },
	{ "ml-dsa-87", "ML-DSA-87", NULL, 0, "SHA512", true, false, 0x30500000 },
};
#define ALGORITHMS (sizeof(algorithms) / sizeof(algorithms[0]))

static bool has_group(const EVP_PKEY *key, const char *group)
{
	char name[32];
	return !group || (EVP_PKEY_get_group_name(key, name, sizeof(name), NULL) == 1 &&
			  strcmp(name, group) == 0);
}

/* NULL for a key that no row is about. */
static const struct algorithm *algorithm_of(const EVP_PKEY *key)
{
	for (size_t i = 0; i < ALGORITHMS; i++)
		if (EVP_PKEY_is_a(key, algorithms[i].type) && has_group(key, algorithms[i].group))
			return &algorithms[i];
	return NULL;
}

/* The digest for X509_sign(): none where the algorithm has its own. */
static const EVP_MD *certificate_digest(const struct algorithm *a)
{
	return a->own_digest ? NULL : EVP_get_digestbyname(a->digest);
}

/* --- keys --------------------------------------------------------------------------------------- */

struct sign_key {
	struct key *key;
	X509 *certificate;
	STACK_OF(X509) * chain;
	const struct algorithm *algorithm;
};

void sign_key_free(struct sign_key *k)
{
	if (!k)
		return;
	X509_free(k->certificate);
	sk_X509_pop_free(k->chain, X509_free);
	key_free(k->key);
	free(k);
}

void sign_key_auto_free(struct sign_key **slot)
{
	sign_key_free(*slot);
}

static void wipe(struct buf *b)
{
	if (b->p)
		OPENSSL_cleanse(b->p, b->cap);
	buf_done(b);
}

/* All certificates of a file, appended to the chain. */
static bool read_certificates(struct sign_key *k, const char *path, struct err *err)
{
	AUTO(buf_done) struct buf content = { 0 };
	if (!file_read(path, SIGN_PEM_MAX, &content, err))
		return false;
	AUTO(auto_bio) BIO *bio = BIO_new_mem_buf(buf_str(&content), (int)content.len);
	if (!bio)
		return err_no_memory(err);
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

/* Files of certificates come in any order: the one that is the key's is the signer's. */
static bool pick_certificate(struct sign_key *k, const struct sign_files *from, struct err *err)
{
	for (int i = 0; !k->certificate && i < sk_X509_num(k->chain); i++)
		if (X509_check_private_key(sk_X509_value(k->chain, i), key_pkey(k->key)) == 1)
			k->certificate = sk_X509_delete(k->chain, i);
	ERR_clear_error();
	if (k->certificate)
		return true;
	return err_set(err, ERR_USAGE, "the key in '%s' is not that of the certificate in '%s'",
		       from->key.key, from->certificate);
}

static bool check_version(const struct algorithm *a, struct err *err)
{
	if (a->since <= OpenSSL_version_num())
		return true;
	return err_set(err, ERR_SYSTEM,
		       "a key of type %s makes no CMS signature with OpenSSL %s: that takes "
		       "OpenSSL %lu.%lu or newer; use a key of ECDSA or RSA",
		       a->type, crypto_version(), a->since >> 28, a->since >> 20 & 0xff);
}

static bool check_certificate(const X509 *x, struct err *err)
{
	AUTO(auto_der) unsigned char *der = NULL;
	int n = i2d_X509(x, &der);
	if (n <= 0)
		return openssl_error(err, "encode the certificate");
	return cms_check_certificate((struct slice) { der, (size_t)n }, err);
}

/* What readers would refuse is not signed: a token counts, and an HSM's owner asks what for. */
static bool check_signer(struct sign_key *k, struct err *err)
{
	const struct algorithm *a = k->algorithm = algorithm_of(key_pkey(k->key));
	if ((a && !check_version(a, err)) || !check_certificate(k->certificate, err))
		return false;
	return a || err_set(err, ERR_USAGE, "no digest is known for a key of this type");
}

/* An OpenSSL without ML-DSA can't tell such a key from anything else; the certificate says it. */
static void explain_key(const struct sign_key *k, const char *certificate, struct err *err)
{
	for (int i = 0; i < sk_X509_num(k->chain); i++) {
		struct err why = { 0 };
		if (!check_certificate(sk_X509_value(k->chain, i), &why) &&
		    why.code == ERR_NOT_CHECKED)
			err_set(err, ERR_SYSTEM, "cannot sign with '%s': %s", certificate, why.msg);
	}
}

bool sign_check_files(const struct sign_files *from, struct err *err)
{
	return key_check_place(&from->key, err) &&
	       (access(from->certificate, R_OK) == 0 || file_error(err, "open", from->certificate));
}

struct sign_key *sign_key_read(const struct sign_files *from, struct err *err)
{
	AUTO(sign_key_auto_free) struct sign_key *k = calloc(1, sizeof(*k));
	if (k)
		k->chain = sk_X509_new_null();
	if (!k || !k->chain) {
		err_no_memory(err);
		return NULL;
	}
	/* The certificates first: they cost nobody a passphrase. */
	if (!read_certificates(k, from->certificate, err))
		return NULL;
	k->key = key_read(&from->key, err);
	if (!k->key)
		explain_key(k, from->certificate, err);
	if (!k->key || !pick_certificate(k, from, err) ||
	    (from->chain && !read_certificates(k, from->chain, err)))
		return NULL;
	if (!check_signer(k, err)) {
		err_wrap(err, "cannot sign with '%s'", from->certificate);
		return NULL;
	}
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

/*
 * An ECDSA signature whose random number comes from key and content (RFC 6979): from OpenSSL 3.2 on.
 * A token makes its own.
 */
static bool set_nonce(CMS_SignerInfo *si)
{
	EVP_PKEY_CTX *ctx = CMS_SignerInfo_get0_pkey_ctx(si);
	const OSSL_PARAM *known = ctx ? EVP_PKEY_CTX_settable_params(ctx) : NULL;
	if (!known || !OSSL_PARAM_locate_const(known, NONCE_TYPE))
		return true;
	unsigned deterministic = 1;
	OSSL_PARAM params[] = { OSSL_PARAM_construct_uint(NONCE_TYPE, &deterministic),
				OSSL_PARAM_construct_end() };
	return EVP_PKEY_CTX_set_params(ctx, params) == 1;
}

static CMS_ContentInfo *new_cms(const struct sign_key *k, uint64_t created)
{
	const struct algorithm *a = k->algorithm;
	unsigned flags = CMS_PARTIAL | CMS_DETACHED | CMS_BINARY | CMS_NOSMIMECAP;
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, k->chain, NULL, flags);
	flags |= a->nonce ? CMS_KEY_PARAM : 0;
	CMS_SignerInfo *si = cms ? CMS_add1_signer(cms, k->certificate, key_pkey(k->key),
						   EVP_get_digestbyname(a->digest), flags)
				 : NULL;
	if (si && (!a->nonce || set_nonce(si)) && add_signing_time(si, created))
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

bool sign_check(struct slice cms, struct slice content, uint64_t created, uint64_t now,
		struct signer *signer, struct err *err)
{
	struct signer seen;
	if (!cms_verify(cms, content, NULL, &seen, err) || !check_times(&seen, created, now, err))
		return false;
	*signer = seen;
	return true;
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

static const struct algorithm *find_algorithm(const char *name, struct err *err)
{
	AUTO(buf_done) struct buf names = BUF_INIT(256);
	for (size_t i = 0; i < ALGORITHMS; i++) {
		if (!algorithms[i].name)
			continue;
		if (strcmp(algorithms[i].name, name) == 0)
			return &algorithms[i];
		buf_printf(&names, "%s%s", names.len ? ", " : "", algorithms[i].name);
	}
	err_set(err, ERR_USAGE, "'%s' is none of %s", name, buf_str(&names));
	return NULL;
}

static EVP_PKEY *generate(const struct algorithm *a)
{
	if (a->group)
		return EVP_PKEY_Q_keygen(NULL, NULL, a->type, a->group);
	if (a->bits)
		return EVP_PKEY_Q_keygen(NULL, NULL, a->type, a->bits);
	return EVP_PKEY_Q_keygen(NULL, NULL, a->type);
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
static bool fill_certificate(X509 *x, EVP_PKEY *key, const struct algorithm *a,
			     const struct sign_keygen *opt)
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
	       X509_sign(x, key, certificate_digest(a)) > 0;
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

static void auto_pkcs8(PKCS8_PRIV_KEY_INFO **slot)
{
	PKCS8_PRIV_KEY_INFO_free(*slot);
}

static void auto_x509_sig(X509_SIG **slot)
{
	X509_SIG_free(*slot);
}

/* PKCS #8; encrypted by PBES2 (RFC 8018) with as many rounds as OWASP has for PBKDF2. */
static bool write_key(BIO *out, EVP_PKEY *key, struct slice passphrase)
{
	if (passphrase.len == 0)
		return PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) == 1;
	AUTO(auto_pkcs8) PKCS8_PRIV_KEY_INFO *plain = EVP_PKEY2PKCS8(key);
	AUTO(auto_x509_sig)
	X509_SIG *locked = plain ? PKCS8_encrypt(-1, EVP_aes_256_cbc(), (const char *)passphrase.p,
						 (int)passphrase.len, NULL, 0, KEY_ROUNDS, plain)
				 : NULL;
	return locked && PEM_write_bio_PKCS8(out, locked) == 1;
}

bool sign_keygen(const struct sign_keygen *opt, struct buf *key, struct buf *certificate,
		 struct err *err)
{
	const struct algorithm *a = find_algorithm(opt->algorithm, err);
	if (!a || !crypto_init(err) || !check_version(a, err))
		return false;
	ERR_clear_error();
	AUTO(auto_pkey) EVP_PKEY *pkey = generate(a);
	AUTO(auto_x509) X509 *x = X509_new();
	AUTO(auto_bio) BIO *key_pem = BIO_new(BIO_s_secmem());
	AUTO(auto_bio) BIO *certificate_pem = BIO_new(BIO_s_mem());
	if (!pkey || !x || !key_pem || !certificate_pem)
		return openssl_error(err, "make a key");
	if (!fill_certificate(x, pkey, a, opt))
		return openssl_error(err, "make a certificate");
	if (!write_key(key_pem, pkey, opt->passphrase) ||
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
