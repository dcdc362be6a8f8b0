/* SPDX-License-Identifier: MIT */
/* trust.c - see trust.h: the anchors; by OpenSSL, as crypto_openssl.c.  crl.c has the lists. */
#include "trust_openssl.h"

#include <ctype.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "crypto.h"

#define TRUST_SIZE_MAX (1u << 20)
#define DISTRUSTED_MAX 4096
#define PEM_LINE 64

#define AUTO_FREE(type, name, release)                                                             \
	static void name(type **slot)                                                              \
	{                                                                                          \
		release(*slot);                                                                    \
	}
AUTO_FREE(X509, auto_x509, X509_free)
AUTO_FREE(ASN1_TIME, auto_time, ASN1_TIME_free)
AUTO_FREE(BIO, auto_bio, BIO_free_all)
AUTO_FREE(EVP_ENCODE_CTX, auto_encode_ctx, EVP_ENCODE_CTX_free)

/* The errors that OpenSSL queued belong to the call that ends here. */
static void auto_clear_errors(UNUSED int *slot)
{
	ERR_clear_error();
}

static void auto_openssl_free(unsigned char **slot)
{
	OPENSSL_free(*slot);
}

/* On Windows certificates are exported as "NAME.cer" and "NAME.CER". */
enum trust_file trust_file_kind(const char *name)
{
	static const struct {
		const char *ending;
		enum trust_file kind;
	} kinds[] = {
		{ ".pem", TRUST_FILE_CERTIFICATES }, { ".crt", TRUST_FILE_CERTIFICATES },
		{ ".cer", TRUST_FILE_CERTIFICATES }, { ".der", TRUST_FILE_CERTIFICATES },
		{ ".crl", TRUST_FILE_CRLS },
	};
	char ending[5];
	size_t n = strlen(name);
	if (n <= 4)
		return TRUST_FILE_OTHER;
	for (size_t i = 0; i <= 4; i++)
		ending[i] = (char)tolower((unsigned char)name[n - 4 + i]);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(ending, kinds[i].ending) == 0)
			return kinds[i].kind;
	return TRUST_FILE_OTHER;
}

/* --- life -------------------------------------------------------------------------------------- */

struct trust *trust_new(struct err *err)
{
	struct trust *t = crypto_init(err) ? calloc(1, sizeof(*t)) : NULL;
	if (!t)
		err_no_memory(err);
	return t;
}

static void anchor_done(struct trust_anchor *a)
{
	X509_free(a->x);
	free((void *)(uintptr_t)a->is.name);
	free((void *)(uintptr_t)a->is.role);
	free((void *)(uintptr_t)a->is.bundle);
}

void trust_free(struct trust *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->anchor_count; i++)
		anchor_done(&t->anchors[i]);
	for (size_t i = 0; i < t->crl_count; i++)
		X509_CRL_free(t->crls[i].list);
	free(t->anchors);
	free(t->crls);
	free(t->distrusted);
	free(t);
}

void trust_auto_free(struct trust **slot)
{
	trust_free(*slot);
}

static char *copy_text(const char *s)
{
	size_t n = strlen(s) + 1;
	char *copy = malloc(n);
	if (copy)
		memcpy(copy, s, n);
	return copy;
}

static bool copy_anchor(struct trust *t, X509 *x, const struct anchor *is, struct err *err)
{
	struct trust_anchor *more = realloc(t->anchors, (t->anchor_count + 1) * sizeof(*more));
	if (!more)
		return err_no_memory(err);
	t->anchors = more;
	struct trust_anchor *a = &more[t->anchor_count];
	*a = (struct trust_anchor) { .x = x, .is = *is };
	X509_up_ref(x);
	a->is.name = copy_text(is->name);
	a->is.role = copy_text(is->role);
	a->is.bundle = copy_text(is->bundle);
	if (!a->is.name || !a->is.role || !a->is.bundle) {
		anchor_done(a);
		return err_no_memory(err);
	}
	t->anchor_count++;
	return true;
}

bool trust_keep_crl(struct trust *t, X509_CRL *list, bool proven, struct err *err)
{
	struct trust_crl *more = realloc(t->crls, (t->crl_count + 1) * sizeof(*more));
	if (!more)
		return err_no_memory(err);
	t->crls = more;
	X509_CRL_up_ref(list);
	t->crls[t->crl_count++] = (struct trust_crl) { list, proven };
	return true;
}

struct trust *trust_copy(const struct trust *t, struct err *err)
{
	AUTO(trust_auto_free) struct trust *copy = trust_new(err);
	if (!copy)
		return NULL;
	for (size_t i = 0; i < t->anchor_count; i++)
		if (!copy_anchor(copy, t->anchors[i].x, &t->anchors[i].is, err))
			return NULL;
	for (size_t i = 0; i < t->crl_count; i++)
		if (!trust_keep_crl(copy, t->crls[i].list, t->crls[i].proven, err))
			return NULL;
	for (size_t i = 0; i < t->distrusted_count; i++)
		if (!trust_distrust(copy, t->distrusted[i], err))
			return NULL;
	struct trust *done = copy;
	copy = NULL;
	return done;
}

/* --- what a certificate says ------------------------------------------------------------------- */

bool x509_name_text(const X509_NAME *name, char out[CERTIFICATE_NAME_SIZE], struct err *err)
{
	AUTO(auto_bio) BIO *text = BIO_new(BIO_s_mem());
	/* RFC 2253 escapes control characters and everything that is not ASCII. */
	if (!text || X509_NAME_print_ex(text, name, 0, XN_FLAG_RFC2253) < 0)
		return err_no_memory(err);
	int n = BIO_read(text, out, CERTIFICATE_NAME_SIZE - 1);
	out[n > 0 ? n : 0] = '\0';
	if (BIO_ctrl_pending(text))
		memcpy(out + CERTIFICATE_NAME_SIZE - 4, "...", 4);
	return true;
}

bool x509_time(const ASN1_TIME *t, uint64_t *out)
{
	AUTO(auto_time) ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days, seconds;
	if (!epoch || !t || !ASN1_TIME_diff(&days, &seconds, epoch, t))
		return false;
	int64_t total = (int64_t)days * 86400 + seconds;
	*out = total > 0 ? (uint64_t)total : 0;
	return true;
}

static bool describe(X509 *x, const char *name, struct anchor *out, struct err *err)
{
	if (!x509_time(X509_get0_notBefore(x), &out->not_before) ||
	    !x509_time(X509_get0_notAfter(x), &out->not_after))
		return err_set(err, ERR_FORMAT, "'%s' has a certificate with a broken date", name);
	if (!X509_digest(x, EVP_sha256(), out->certificate, NULL))
		return err_no_memory(err);
	return x509_name_text(X509_get_subject_name(x), out->subject, err);
}

/* --- PEM and DER ------------------------------------------------------------------------------- */

/* One or more, back to back. */
static bool read_der(const struct trust_kind *kind, void *ctx, const char *name, struct slice der,
		     struct err *err)
{
	const unsigned char *p = der.p;
	const unsigned char *end = der.p + der.len;

	while (p < end)
		if (!kind->take(ctx, name, &p, (long)(end - p), err))
			return false;
	return true;
}

static bool read_base64(const struct trust_kind *kind, void *ctx, const char *name,
			struct slice text, struct err *err)
{
	AUTO(auto_free) uint8_t *der = malloc(text.len + 1); /* three bytes come from four */
	AUTO(auto_encode_ctx) EVP_ENCODE_CTX *encode = EVP_ENCODE_CTX_new();
	if (!der || !encode)
		return err_no_memory(err);
	int len = 0, tail = 0;
	EVP_DecodeInit(encode);
	if (EVP_DecodeUpdate(encode, der, &len, text.p, (int)text.len) < 0 ||
	    EVP_DecodeFinal(encode, der + len, &tail) < 0 || len + tail == 0)
		return err_set(err, kind->code, "'%s' has a %s with broken base64", name,
			       kind->what);
	return read_der(kind, ctx, name, (struct slice) { der, (size_t)(len + tail) }, err);
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

/* Text and other kinds of blocks in between are passed over, as openssl does. */
static bool read_pem(const struct trust_kind *kind, void *ctx, const char *name, struct slice text,
		     struct err *err)
{
	for (const uint8_t *p; (p = find(text, kind->begin));) {
		text = slice_after(text, p + strlen(kind->begin));
		p = find(text, kind->end);
		if (!p)
			return err_set(err, kind->code, "'%s' has a %s without its end", name,
				       kind->what);
		struct slice body = { text.p, (size_t)(p - text.p) };
		if (!read_base64(kind, ctx, name, body, err))
			return false;
		text = slice_after(text, p + strlen(kind->end));
	}
	return true;
}

bool trust_read_all(const struct trust_kind *kind, void *ctx, const char *name, struct slice text,
		    struct err *err)
{
	if (text.len > TRUST_SIZE_MAX)
		return err_set(err, kind->code, "'%s' is larger than %u bytes", name,
			       TRUST_SIZE_MAX);
	bool der = text.len && text.p[0] == 0x30; /* a SEQUENCE; no PEM starts so */
	return der ? read_der(kind, ctx, name, text, err) : read_pem(kind, ctx, name, text, err);
}

bool trust_write_pem(const struct trust_kind *kind, const unsigned char *der, int size,
		     struct buf *out, struct err *err)
{
	unsigned char line[PEM_LINE + 4];
	buf_printf(out, "%s\n", kind->begin);
	for (int at = 0; at < size; at += PEM_LINE / 4 * 3) {
		int n = size - at < PEM_LINE / 4 * 3 ? size - at : PEM_LINE / 4 * 3;
		EVP_EncodeBlock(line, der + at, n);
		buf_printf(out, "%s\n", (const char *)line);
	}
	buf_printf(out, "%s\n", kind->end);
	return buf_ok(out, kind->what, err);
}

/* --- certificates ------------------------------------------------------------------------------ */

struct found {
	struct trust *t;
	const struct anchor *terms;
	size_t count;
	X509 *only; /* without @t: the first one; owned */
};

static bool set_role(struct anchor *a, const char *role, struct err *err)
{
	if (a->role[0] && strcmp(a->role, role) != 0)
		return err_set(err, ERR_FORMAT, "'%s' is given two roles, '%s' and '%s'",
			       a->subject, a->role, role);
	char *copy = copy_text(role);
	if (!copy)
		return err_no_memory(err);
	free((void *)(uintptr_t)a->role);
	a->role = copy;
	return true;
}

/* One that vouches for all that @is would. */
static struct anchor *find_terms(struct trust *t, const struct anchor *is)
{
	for (size_t i = 0; i < t->anchor_count; i++) {
		struct anchor *a = &t->anchors[i].is;
		if (memcmp(a->certificate, is->certificate, FINGERPRINT_SIZE) == 0 &&
		    a->from <= is->from && (!a->bundle[0] || strcmp(a->bundle, is->bundle) == 0))
			return a;
	}
	return NULL;
}

static bool keep_anchor(struct found *f, X509 *x, const char *name, struct err *err)
{
	struct anchor is = *f->terms;
	is.name = name;
	if (!describe(x, name, &is, err))
		return false;
	struct anchor *there = find_terms(f->t, &is);
	if (there)
		return !is.role[0] || there->bundle[0] || set_role(there, is.role, err);
	if (f->t->anchor_count >= TRUST_COUNT_MAX)
		return err_set(err, ERR_FORMAT, "'%s' makes more than %d trusted certificates",
			       name, TRUST_COUNT_MAX);
	return copy_anchor(f->t, x, &is, err);
}

static bool take_certificate(void *ctx, const char *name, const unsigned char **p, long size,
			     struct err *err)
{
	struct found *f = ctx;
	AUTO(auto_x509) X509 *x = d2i_X509(NULL, p, size);
	if (!x)
		return err_set(err, ERR_FORMAT, "'%s' is not a certificate (PEM or DER)", name);
	f->count++;
	if (f->t)
		return keep_anchor(f, x, name, err);
	if (!f->only) {
		f->only = x;
		x = NULL;
	}
	return true;
}

static const struct trust_kind certificates = { "-----BEGIN CERTIFICATE-----",
						"-----END CERTIFICATE-----", "certificate",
						ERR_FORMAT, take_certificate };

/* All or nothing: what fails adds none. */
static void forget_from(struct trust *t, size_t count)
{
	while (t->anchor_count > count)
		anchor_done(&t->anchors[--t->anchor_count]);
}

bool trust_add_for(struct trust *t, const char *name, struct slice pem_or_der,
		   const struct anchor *terms, struct err *err)
{
	AUTO(auto_clear_errors) UNUSED int scope = 0;
	struct found f = { .t = t, .terms = terms };
	size_t before = t->anchor_count;
	if (!trust_read_all(&certificates, &f, name, pem_or_der, err)) {
		forget_from(t, before);
		return false;
	}
	return f.count || err_set(err, ERR_FORMAT, "'%s' holds no certificate (PEM or DER)", name);
}

bool trust_add(struct trust *t, const char *name, struct slice pem_or_der, struct err *err)
{
	static const struct anchor any = { .role = "", .bundle = "" };
	return trust_add_for(t, name, pem_or_der, &any, err);
}

static bool certificate_pem(X509 *x, struct buf *out, struct err *err)
{
	AUTO(auto_openssl_free) unsigned char *der = NULL;
	int n = i2d_X509(x, &der);
	return n > 0 ? trust_write_pem(&certificates, der, n, out, err) : err_no_memory(err);
}

bool trust_anchor_pem(const struct trust *t, size_t i, struct buf *out, struct err *err)
{
	return certificate_pem(t->anchors[i].x, out, err);
}

bool certificate_read(const char *name, struct slice pem_or_der, struct anchor *out,
		      struct buf *pem, struct err *err)
{
	AUTO(auto_clear_errors) UNUSED int scope = 0;
	struct found f = { 0 };
	if (!crypto_init(err))
		return false;
	bool ok = trust_read_all(&certificates, &f, name, pem_or_der, err);
	AUTO(auto_x509) X509 *x = f.only;
	if (!ok)
		return false;
	if (f.count != 1)
		return err_set(err, ERR_FORMAT, "'%s' holds %zu certificates instead of one", name,
			       f.count);
	struct anchor is = { .name = "", .role = "", .bundle = "" };
	if (!describe(x, name, &is, err) || (pem && !certificate_pem(x, pem, err)))
		return false;
	*out = is;
	return true;
}

size_t trust_count(const struct trust *t)
{
	return t ? t->anchor_count : 0;
}

const struct anchor *trust_anchor(const struct trust *t, size_t i)
{
	return &t->anchors[i].is;
}

const struct anchor *trust_find(const struct trust *t, const uint8_t certificate[FINGERPRINT_SIZE])
{
	for (size_t i = 0; i < trust_count(t); i++)
		if (memcmp(t->anchors[i].is.certificate, certificate, FINGERPRINT_SIZE) == 0)
			return &t->anchors[i].is;
	return NULL;
}

bool trust_has_name(const struct trust *t, const char *name)
{
	for (size_t i = 0; i < trust_count(t); i++)
		if (strcmp(t->anchors[i].is.name, name) == 0)
			return true;
	return false;
}

bool trust_set_role(struct trust *t, const uint8_t certificate[FINGERPRINT_SIZE], const char *role,
		    struct err *err)
{
	for (size_t i = 0; i < t->anchor_count; i++)
		if (memcmp(t->anchors[i].is.certificate, certificate, FINGERPRINT_SIZE) == 0)
			return set_role(&t->anchors[i].is, role, err);
	return err_set(err, ERR_NO, "no such certificate is trusted");
}

bool trust_set_role_of(struct trust *t, const char *name, const char *role, struct err *err)
{
	if (!trust_has_name(t, name))
		return err_set(err, ERR_NO, "no such certificate is trusted");
	for (size_t i = 0; i < t->anchor_count; i++)
		if (strcmp(t->anchors[i].is.name, name) == 0 &&
		    !set_role(&t->anchors[i].is, role, err))
			return false;
	return true;
}

bool trust_distrust(struct trust *t, const uint8_t certificate[FINGERPRINT_SIZE], struct err *err)
{
	if (t->distrusted_count >= DISTRUSTED_MAX)
		return err_set(err, ERR_FORMAT, "more than %d certificates are distrusted",
			       DISTRUSTED_MAX);
	void *more = realloc(t->distrusted, (t->distrusted_count + 1) * sizeof(*t->distrusted));
	if (!more)
		return err_no_memory(err);
	t->distrusted = more;
	memcpy(t->distrusted[t->distrusted_count++], certificate, FINGERPRINT_SIZE);
	return true;
}
