/* SPDX-License-Identifier: MIT */
/*
 * key.c - see key.h.
 *
 * OpenSSL reaches a token by a provider (from 3.0 on, a package of its own) or by an engine, which is
 * the older interface and all that Debian 12 has; OpenSSL 4 has no engines any more.  Both are called
 * "pkcs11" and take the same addresses.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* engines */
#include "key.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#ifndef OPENSSL_NO_ENGINE
#include <openssl/engine.h>
#endif

#include "crypto.h"
#include "file.h"
#include "terminal.h"

#define KEY_FILE_MAX (1u << 20)
#define TOKEN_PREFIX "pkcs11:"
#define TOKEN_NAME "pkcs11" /* of the provider and of the engine */

struct key {
	EVP_PKEY *pkey;
	void *engine; /* that it needs as long as it lives, or NULL */
};

static void wipe(struct buf *b)
{
	if (b->p)
		OPENSSL_cleanse(b->p, b->cap);
	buf_done(b);
}

/*
 * What OpenSSL itself has to say: the first entry that says anything is the cause.  (That a file of
 * the address's name is not there either, says the one of its parts that takes all addresses for files.)
 */
static const char *cause(char out[256])
{
	const char *data = NULL;
	int flags = 0;
	snprintf(out, 256, "no reason is given; the PIN may be wrong, or the key not there");
	for (unsigned long e; (e = ERR_get_error_all(NULL, NULL, NULL, &data, &flags));) {
		const char *reason = ERR_reason_error_string(e);
		bool text = (flags & ERR_TXT_STRING) && data && *data;
		if (ERR_GET_LIB(e) == ERR_LIB_SYS || (!reason && !text))
			continue;
		snprintf(out, 256, "%s%s%s", reason ? reason : "", reason && text ? ": " : "",
			 text ? data : "");
		break;
	}
	ERR_clear_error();
	return out;
}

/* --- addresses ---------------------------------------------------------------------------------- */

bool key_is_token(const struct key_place *p)
{
	return strncmp(p->key, TOKEN_PREFIX, strlen(TOKEN_PREFIX)) == 0;
}

/* The libraries that read these addresses know them all. */
static const char *const attributes[] = {
	"token", "manufacturer", "model", "serial", "object", "id", "type",
};
#define ATTRIBUTES (sizeof(attributes) / sizeof(attributes[0]))

static bool same(const char *word, const char *text, size_t n)
{
	return strlen(word) == n && strncmp(word, text, n) == 0;
}

/* RFC 7512, pk11-pchar; '&' is left out, which some take for an end. */
static bool check_value(const char *value, size_t n)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				    "-._~:[]@!$'()*+,=";
	static const char hex[] = "0123456789ABCDEFabcdef";
	for (size_t i = 0; i < n; i++) {
		if (value[i] != '%' && !memchr(plain, value[i], sizeof(plain) - 1))
			return false;
		if (value[i] != '%')
			continue;
		if (n - i < 3 || !memchr(hex, value[i + 1], sizeof(hex) - 1) ||
		    !memchr(hex, value[i + 2], sizeof(hex) - 1))
			return false;
		i += 2;
	}
	return n > 0;
}

/* One "name=value" of @n bytes; in the @query, behind a '?', all that could stand is refused. */
static bool check_attribute(const char *text, size_t n, bool query, bool seen[ATTRIBUTES],
			    struct err *err)
{
	const char *equals = memchr(text, '=', n);
	size_t name = equals ? (size_t)(equals - text) : n;
	size_t which = 0;
	while (which < ATTRIBUTES && (query || !same(attributes[which], text, name)))
		which++;
	if (same("pin-value", text, name) || same("pin-source", text, name))
		return err_set(err, ERR_USAGE,
			       "a PIN in a command can be read by everybody on this machine: write "
			       "it to a file and give --passphrase-file");
	if (same("module-path", text, name) || same("module-name", text, name))
		return err_set(err, ERR_USAGE, "the token's library is given by --pkcs11-module");
	if (!equals || which == ATTRIBUTES)
		return err_set(err, ERR_USAGE,
			       "a token's key is 'pkcs11:' and token, manufacturer, model, serial, "
			       "object, id or type=private, each with a value, with ';' between "
			       "them; not '%.*s'",
			       (int)(name < 64 ? name : 64), text);
	if (seen[which])
		return err_set(err, ERR_USAGE, "'%s' stands twice in the address of a token's key",
			       attributes[which]);
	seen[which] = true;
	if (!check_value(equals + 1, n - name - 1) ||
	    (same("type", text, name) && !same("private", equals + 1, n - name - 1)))
		return err_set(
			err, ERR_USAGE,
			"'%s' in the address of a token's key has a value that it can't "
			"have; signs other than letters, digits and '-._~' are written '%%XX'",
			attributes[which]);
	return true;
}

bool key_check_uri(const char *uri, struct err *err)
{
	bool seen[ATTRIBUTES] = { false };
	if (strncmp(uri, TOKEN_PREFIX, strlen(TOKEN_PREFIX)) != 0)
		return err_set(err, ERR_USAGE, "'%s' does not begin with 'pkcs11:'", uri);
	const char *at = uri + strlen(TOKEN_PREFIX);
	for (bool query = false;; at++) {
		size_t n = strcspn(at, ";?&");
		if (!check_attribute(at, n, query, seen, err))
			return false;
		at += n;
		if (*at == '\0')
			return true;
		query = query || *at != ';';
	}
}

bool key_check_place(const struct key_place *p, struct err *err)
{
	if (p->passphrase_file && access(p->passphrase_file, R_OK) != 0)
		return file_error(err, "open", p->passphrase_file);
	if (key_is_token(p))
		return key_check_uri(p->key, err) &&
		       (p->module
				? access(p->module, R_OK) == 0 || file_error(err, "open", p->module)
				: err_set(err, ERR_USAGE,
					  "a key in a token needs --pkcs11-module, the token's "
					  "library"));
	return access(p->key, R_OK) == 0 || file_error(err, "open", p->key);
}

/* --- passphrases -------------------------------------------------------------------------------- */

/* What OpenSSL calls back with; it may call more than once, and the person is asked once. */
struct passphrase {
	const struct key_place *place;
	const char *what; /* "passphrase" or "PIN" */
	struct buf text;
	bool asked, once, given;
	struct err err; /* why there is none */
};

static void passphrase_done(struct passphrase *p)
{
	wipe(&p->text);
}

void key_warn_readable(const char *path, const char *what)
{
	struct stat st;
	if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & S_IROTH))
		fprintf(stderr,
			"ibbundle: warning: everybody on this machine can read the %s in '%s': "
			"'chmod "
			"o= %s' ends that\n",
			what, path, path);
}

bool key_parse_passphrase(const char *name, struct slice content, struct slice *out,
			  struct err *err)
{
	size_t n = content.len;
	if (n && content.p[n - 1] == '\n')
		n--;
	if (n && content.p[n - 1] == '\r')
		n--;
	if (n == 0)
		return err_set(err, ERR_USAGE, "'%s' holds no passphrase", name);
	if (memchr(content.p, '\n', n) || memchr(content.p, '\0', n))
		return err_set(err, ERR_USAGE, "'%s' is no passphrase: it holds more than one line",
			       name);
	if (n > PASSPHRASE_MAX)
		return err_set(err, ERR_USAGE, "the passphrase in '%s' is longer than %d bytes",
			       name, PASSPHRASE_MAX);
	*out = (struct slice) { content.p, n };
	return true;
}

bool key_read_passphrase(const char *path, const char *what, struct buf *out, struct err *err)
{
	AUTO(wipe) struct buf content = { 0 };
	struct slice line;
	if (!file_read(path, PASSPHRASE_MAX + 2, &content, err) ||
	    !key_parse_passphrase(path, buf_slice(&content), &line, err))
		return false;
	key_warn_readable(path, what);
	buf_add(out, line.p, line.len);
	return buf_ok(out, what, err);
}

static bool ask_passphrase(struct passphrase *p, struct err *err)
{
	char prompt[512];
	snprintf(prompt, sizeof(prompt), "%s of '%.400s': ", p->what, p->place->key);
	if (terminal_ask(prompt, &p->text, err))
		return true;
	return err_wrap(err, "the key '%s' needs a %s (--passphrase-file gives it)", p->place->key,
			p->what);
}

/* All room there will ever be is made first, so that no copy of it is left behind. */
static bool get_passphrase(struct passphrase *p)
{
	static const uint8_t zeros[PASSPHRASE_MAX];
	if (p->asked)
		return p->err.code == ERR_NONE;
	p->asked = true;
	p->text = BUF_INIT(PASSPHRASE_MAX);
	buf_add(&p->text, zeros, sizeof(zeros));
	p->text.len = 0;
	const char *path = p->place->passphrase_file;
	return path ? key_read_passphrase(path, p->what, &p->text, &p->err)
		    : ask_passphrase(p, &p->err);
}

static int give_passphrase(char *out, int size, UNUSED int writing, void *ctx)
{
	struct passphrase *p = ctx;
	if (!get_passphrase(p) || size < 0 || p->text.len > (size_t)size || (p->once && p->given))
		return -1;
	p->given = true;
	memcpy(out, p->text.p, p->text.len);
	return (int)p->text.len;
}

/* --- files -------------------------------------------------------------------------------------- */

static void auto_bio(BIO **slot)
{
	BIO_free_all(*slot);
}

static EVP_PKEY *read_pem(struct slice pem, struct passphrase *secret, struct err *err)
{
	AUTO(auto_bio) BIO *bio = BIO_new_mem_buf(pem.len ? pem.p : (const void *)"", (int)pem.len);
	if (!bio) {
		err_no_memory(err);
		return NULL;
	}
	ERR_clear_error();
	EVP_PKEY *pkey = PEM_read_bio_PrivateKey(bio, NULL, give_passphrase, secret);
	ERR_clear_error();
	if (pkey)
		return pkey;
	const char *path = secret->place->key;
	if (secret->err.code != ERR_NONE)
		err_set(err, secret->err.code, "%s", secret->err.msg);
	else if (secret->asked)
		err_set(err, ERR_USAGE, "the passphrase does not open the private key in '%s'",
			path);
	else
		err_set(err, ERR_FORMAT, "'%s' holds no private key in PEM", path);
	return NULL;
}

static EVP_PKEY *read_file(const struct key_place *p, struct err *err)
{
	AUTO(passphrase_done) struct passphrase secret = { .place = p, .what = "passphrase" };
	AUTO(wipe) struct buf pem = { 0 };
	if (!file_read(p->key, KEY_FILE_MAX, &pem, err))
		return NULL;
	EVP_PKEY *pkey = read_pem(buf_slice(&pem), &secret, err);
	if (pkey && !secret.asked)
		key_warn_readable(p->key, "private key");
	return pkey;
}

/* --- tokens ------------------------------------------------------------------------------------- */

static void auto_ui_method(UI_METHOD **slot)
{
	UI_destroy_method(*slot);
}

static bool token_error(const struct key_place *p, const struct passphrase *secret, struct err *err)
{
	char text[256];
	if (secret->err.code != ERR_NONE)
		err_set(err, secret->err.code, "%s", secret->err.msg);
	else
		err_set(err, ERR_SYSTEM, "the token gives no private key '%s': %s", p->key,
			cause(text));
	return false;
}

static void auto_store(OSSL_STORE_CTX **slot)
{
	OSSL_STORE_close(*slot);
}

/* False when OpenSSL has no such provider; else it is all done, for good or bad. */
static bool try_provider(struct key *k, const struct key_place *p, UI_METHOD *ui,
			 struct passphrase *secret, bool *ok, struct err *err)
{
	/* The one way to tell it that every version of it knows. */
	if (setenv("PKCS11_PROVIDER_MODULE", p->module, 1) != 0 ||
	    !OSSL_PROVIDER_try_load(NULL, TOKEN_NAME, 1)) {
		ERR_clear_error();
		return false;
	}
	/* What the token's key does not need is not the token's. */
	EVP_set_default_properties(NULL, "?provider=default");
	AUTO(auto_store)
	OSSL_STORE_CTX *store = OSSL_STORE_open(p->key, ui, secret, NULL, NULL);
	while (store && !k->pkey && !OSSL_STORE_eof(store)) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(store);
		if (!info)
			break;
		if (OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
			k->pkey = OSSL_STORE_INFO_get1_PKEY(info);
		OSSL_STORE_INFO_free(info);
	}
	*ok = k->pkey || token_error(p, secret, err);
	return true;
}

#ifndef OPENSSL_NO_ENGINE
static void engine_done(void *engine)
{
	if (!engine)
		return;
	ENGINE_finish(engine);
	ENGINE_free(engine);
}

static bool try_engine(struct key *k, const struct key_place *p, UI_METHOD *ui,
		       struct passphrase *secret, bool *ok, struct err *err)
{
	ENGINE_load_dynamic();
	ENGINE *e = ENGINE_by_id(TOKEN_NAME);
	ERR_clear_error();
	if (!e)
		return false;
	/* A PIN that is asked for goes the other way, since it may not be needed. */
	const char *pin = NULL;
	if (p->passphrase_file && !get_passphrase(secret)) {
		ENGINE_free(e);
		*ok = token_error(p, secret, err);
		return true;
	}
	if (p->passphrase_file)
		pin = buf_str(&secret->text);
	if (!ENGINE_ctrl_cmd_string(e, "MODULE_PATH", p->module, 0) ||
	    !ENGINE_ctrl_cmd_string(e, "QUIET", NULL, 0) || !ENGINE_init(e)) {
		ENGINE_free(e);
		*ok = token_error(p, secret, err);
		return true;
	}
	k->engine = e;
	if (!pin || ENGINE_ctrl_cmd_string(e, "PIN", pin, 0))
		k->pkey = ENGINE_load_private_key(e, p->key, ui, secret);
	*ok = k->pkey || token_error(p, secret, err);
	return true;
}
#else
static void engine_done(UNUSED void *engine)
{
}

static bool try_engine(UNUSED struct key *k, UNUSED const struct key_place *p, UNUSED UI_METHOD *ui,
		       UNUSED struct passphrase *secret, UNUSED bool *ok, UNUSED struct err *err)
{
	return false;
}
#endif

static bool read_token(struct key *k, const struct key_place *p, struct err *err)
{
	/* A token locks itself after a few wrong PINs. */
	AUTO(passphrase_done) struct passphrase secret = { .place = p,
							   .what = "PIN",
							   .once = true };
	AUTO(auto_ui_method) UI_METHOD *ui = UI_UTIL_wrap_read_pem_callback(give_passphrase, 0);
	if (!ui)
		return err_no_memory(err);
	/* Both would ask in words of their own when we give none. */
	UI_set_default_method(UI_null());
	bool ok = false;
	if (try_provider(k, p, ui, &secret, &ok, err) || try_engine(k, p, ui, &secret, &ok, err))
		return ok;
	return err_set(err, ERR_SYSTEM,
		       "OpenSSL reaches tokens by its provider or its engine 'pkcs11', and has "
		       "neither here: install 'pkcs11-provider' or 'libengine-pkcs11-openssl'");
}

/* --- both --------------------------------------------------------------------------------------- */

struct key *key_read(const struct key_place *p, struct err *err)
{
	if (!key_check_place(p, err) || !crypto_init(err))
		return NULL;
	AUTO(key_auto_free) struct key *k = calloc(1, sizeof(*k));
	if (!k) {
		err_no_memory(err);
		return NULL;
	}
	if (key_is_token(p) ? !read_token(k, p, err) : !(k->pkey = read_file(p, err)))
		return NULL;
	struct key *out = k;
	k = NULL;
	return out;
}

struct evp_pkey_st *key_pkey(const struct key *k)
{
	return k->pkey;
}

void key_free(struct key *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->pkey);
	engine_done(k->engine);
	free(k);
}

void key_auto_free(struct key **slot)
{
	key_free(*slot);
}
