/* SPDX-License-Identifier: MIT */
/* web.c - see web.h. */
#include "web.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "blob_sign.h"
#include "curl_setup.h"
#include "interrupt.h"
#include "progress.h"

#define WAIT_MS_FIRST 200
#define WAIT_MS_MAX 60000
#define WAIT_STEP_MS 100
#define REDIRECTS_MAX 5
#define UPLOAD_STALL_SECONDS 150 /* a service that puts many blocks together says nothing */
#define IDLE_MAX 64
#define REFUSAL_MAX (1u << 20) /* of the body of an answer that is an error */

struct web_pool {
	struct web_settings settings;
	pthread_mutex_t mutex; /* over idle */
	CURL *idle[IDLE_MAX];
	size_t idle_count;
	atomic_bool stopped;
	atomic_ullong received, sent;
};

/* One try. */
struct exchange {
	struct web_pool *pool;
	const struct web_request *request;
	struct web_answer *answer;
	CURL *easy;
	uint64_t body_done, header_bytes, refusal_bytes;
	bool begun;
	struct err err; /* what a callback ran into */
	char text[CURL_ERROR_SIZE];
};

/* --- headers ------------------------------------------------------------------------------------ */

void web_header(struct web_headers *h, const char *name, const char *fmt, ...)
{
	va_list ap;
	if (h->count == WEB_HEADERS_MAX)
		abort();
	struct web_header *new = &h->v[h->count++];
	new->name = name;
	va_start(ap, fmt);
	int n = vsnprintf(new->value, sizeof(new->value), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(new->value))
		abort();
}

const char *web_header_value(const struct web_headers *h, const char *name)
{
	for (size_t i = 0; i < h->count; i++)
		if (strcasecmp(h->v[i].name, name) == 0)
			return h->v[i].value;
	return "";
}

/* --- the pool ----------------------------------------------------------------------------------- */

struct web_pool *web_pool_new(const struct web_settings *s, struct err *err)
{
	struct web_pool *p = calloc(1, sizeof(*p));
	if (!p || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(p);
		err_no_memory(err);
		return NULL;
	}
	p->settings = *s;
	pthread_mutex_init(&p->mutex, NULL);
	return p;
}

void web_pool_free(struct web_pool *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->idle_count; i++)
		curl_easy_cleanup(p->idle[i]);
	pthread_mutex_destroy(&p->mutex);
	free(p);
	curl_global_cleanup();
}

void auto_web_pool(struct web_pool **p)
{
	web_pool_free(*p);
}

void web_pool_stop(struct web_pool *p)
{
	atomic_store(&p->stopped, true);
}

uint64_t web_received(const struct web_pool *p)
{
	return atomic_load(&p->received);
}

uint64_t web_sent(const struct web_pool *p)
{
	return atomic_load(&p->sent);
}

const struct credential *web_credential(const struct web_pool *p)
{
	return p->settings.credential;
}

static CURL *take_easy(struct web_pool *p)
{
	CURL *e = NULL;
	pthread_mutex_lock(&p->mutex);
	if (p->idle_count)
		e = p->idle[--p->idle_count];
	pthread_mutex_unlock(&p->mutex);
	return e ? e : curl_easy_init();
}

static void give_easy(struct web_pool *p, CURL *e)
{
	curl_easy_reset(e); /* keeps the connection */
	pthread_mutex_lock(&p->mutex);
	bool kept = p->idle_count < IDLE_MAX;
	if (kept)
		p->idle[p->idle_count++] = e;
	pthread_mutex_unlock(&p->mutex);
	if (!kept)
		curl_easy_cleanup(e);
}

/* --- what libcurl calls back -------------------------------------------------------------------- */

static size_t on_header(char *data, size_t size, size_t count, void *ctx)
{
	struct exchange *x = ctx;
	size_t n = size * count;
	x->header_bytes += n;
	if (x->header_bytes > WEB_ANSWER_HEADERS_MAX) {
		err_set(&x->err, ERR_NETWORK, "the server sends more than %u bytes of headers",
			WEB_ANSWER_HEADERS_MAX);
		return 0;
	}
	response_note(&x->answer->response, data, n);
	return n;
}

static bool is_good(long status)
{
	return status >= 200 && status < 300;
}

/* The head is complete. */
static bool begin(struct exchange *x)
{
	curl_off_t length = -1;
	if (x->begun)
		return true;
	x->begun = true;
	curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &x->answer->status);
	curl_easy_getinfo(x->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	x->answer->has_length = length >= 0;
	x->answer->length = length >= 0 ? (uint64_t)length : 0;
	const struct web_request *r = x->request;
	return !is_good(x->answer->status) || !r->begin || r->begin(r->ctx, x->answer, &x->err);
}

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
	struct exchange *x = ctx;
	size_t n = size * count;
	if (!begin(x))
		return 0;
	if (is_good(x->answer->status) && x->request->take)
		return x->request->take(x->request->ctx, (const uint8_t *)data, n, &x->err) ? n : 0;
	x->refusal_bytes += n;
	return x->refusal_bytes > REFUSAL_MAX ? 0 : n;
}

static size_t on_upload(char *out, size_t size, size_t count, void *ctx)
{
	struct exchange *x = ctx;
	const struct web_request *r = x->request;
	uint64_t left = r->body_size - x->body_done;
	size_t n = size * count < left ? size * count : (size_t)left;
	if (n && !source_read(r->body, r->body_offset + x->body_done, out, n, &x->err))
		return CURL_READFUNC_ABORT;
	x->body_done += n;
	return n;
}

static int on_seek(void *ctx, curl_off_t offset, int origin)
{
	struct exchange *x = ctx;
	if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > x->request->body_size)
		return CURL_SEEKFUNC_FAIL;
	x->body_done = (uint64_t)offset;
	return CURL_SEEKFUNC_OK;
}

static int on_progress(void *ctx, UNUSED curl_off_t down_total, UNUSED curl_off_t down,
		       UNUSED curl_off_t up_total, UNUSED curl_off_t up)
{
	struct exchange *x = ctx;
	return interrupt_seen() || atomic_load(&x->pool->stopped);
}

/* --- one try ------------------------------------------------------------------------------------ */

static bool set_method(const struct exchange *x)
{
	CURL *e = x->easy;
	const struct web_request *r = x->request;
	if (strcmp(r->method, "HEAD") == 0)
		return curl_easy_setopt(e, CURLOPT_NOBODY, 1L) == CURLE_OK;
	if (strcmp(r->method, "PUT") != 0)
		return curl_easy_setopt(e, CURLOPT_HTTPGET, 1L) == CURLE_OK;
	return curl_easy_setopt(e, CURLOPT_UPLOAD, 1L) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_READFUNCTION, on_upload) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_READDATA, (void *)x) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_SEEKFUNCTION, on_seek) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_SEEKDATA, (void *)x) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_INFILESIZE_LARGE, (curl_off_t)r->body_size) == CURLE_OK;
}

static bool set_callbacks(struct exchange *x)
{
	CURL *e = x->easy;
	return curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_HEADERDATA, x) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_WRITEDATA, x) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, on_progress) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_XFERINFODATA, x) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L) == CURLE_OK;
}

/* A secret for this machine itself may be in plain text: it must not pass a proxy. */
static bool set_proxy(const struct exchange *x)
{
	bool straight =
		x->pool->settings.credential->kind != CREDENTIAL_NONE && !x->request->url->https;
	return !straight || curl_easy_setopt(x->easy, CURLOPT_PROXY, "") == CURLE_OK;
}

static void headers_free(struct curl_slist **list)
{
	curl_slist_free_all(*list);
}

static bool add_line(struct curl_slist **list, const char *name, const char *value, struct err *err)
{
	AUTO(buf_wipe) struct buf line = BUF_INIT(CREDENTIAL_MAX + 256);
	buf_printf(&line, "%s: %s", name, value);
	struct curl_slist *more =
		buf_ok(&line, "a header", err) ? curl_slist_append(*list, buf_str(&line)) : NULL;
	if (!more)
		return err_no_memory(err);
	*list = more;
	return true;
}

static bool make_headers(const struct web_headers *h, const char *authorization,
			 struct curl_slist **list, struct err *err)
{
	/* "Expect": a question that costs a round trip or a second for each upload */
	struct curl_slist *more = curl_slist_append(*list, "Expect:");
	if (!more)
		return err_no_memory(err);
	*list = more;
	for (size_t i = 0; i < h->count; i++)
		if (!add_line(list, h->v[i].name, h->v[i].value, err))
			return false;
	return !*authorization || add_line(list, "Authorization", authorization, err);
}

static bool failed(struct exchange *x, const struct curl_setup *setup, CURLcode result,
		   enum hope *hope, struct err *err)
{
	*hope = HOPE_NONE;
	if (interrupt_seen() || atomic_load(&x->pool->stopped))
		return err_set(err, ERR_INTERRUPTED, "interrupted");
	if (x->err.code != ERR_NONE) {
		*err = x->err;
		return false;
	}
	*hope = curl_hope(result);
	if (result == CURLE_PARTIAL_FILE)
		err_set(err, ERR_NETWORK, "the connection ended before all was there");
	else
		curl_failed(setup, result, err);
	credential_hide(err->msg);
	return false;
}

static void count_bytes(struct exchange *x)
{
	curl_off_t down = 0, up = 0;
	curl_easy_getinfo(x->easy, CURLINFO_SIZE_DOWNLOAD_T, &down);
	curl_easy_getinfo(x->easy, CURLINFO_SIZE_UPLOAD_T, &up);
	atomic_fetch_add(&x->pool->received, (unsigned long long)down + x->header_bytes);
	atomic_fetch_add(&x->pool->sent, (unsigned long long)up);
}

static bool perform(struct exchange *x, struct curl_slist *list, const struct curl_setup *setup,
		    enum hope *hope, uint64_t *wait_ms, struct err *err)
{
	if (!curl_set_up(x->easy, setup) || !set_method(x) || !set_callbacks(x) || !set_proxy(x) ||
	    curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, list) != CURLE_OK)
		return err_set(err, ERR_NETWORK, "this libcurl lacks an option that is needed");
	CURLcode result = curl_easy_perform(x->easy);
	count_bytes(x);
	if (result != CURLE_OK || !begin(x))
		return failed(x, setup, result, hope, err);
	curl_off_t after = 0;
	curl_easy_getinfo(x->easy, CURLINFO_RETRY_AFTER, &after);
	*wait_ms = after > 0 ? (uint64_t)after * 1000 : 0;
	*hope = is_good(x->answer->status) ? HOPE_NONE : curl_status_hope(x->answer->status);
	return true;
}

bool web_try(struct web_pool *p, const struct web_request *r, struct web_answer *a, enum hope *hope,
	     uint64_t *wait_ms, struct err *err)
{
	AUTO(buf_wipe) struct buf url = BUF_INIT(BLOB_URL_MAX + CREDENTIAL_MAX);
	AUTO(buf_wipe) struct buf authorization = BUF_INIT(CREDENTIAL_MAX + 64);
	AUTO(headers_free) struct curl_slist *list = NULL;
	struct web_headers headers = r->headers;
	*a = (struct web_answer) { 0 };
	*hope = HOPE_NONE;
	*wait_ms = 0;
	if (!credential_check(p->settings.credential, r->url, err) ||
	    !blob_sign(p->settings.credential, r, &headers, &url, &authorization, err) ||
	    !make_headers(&headers, buf_str(&authorization), &list, err))
		return false;
	struct exchange x = { .pool = p, .request = r, .answer = a, .easy = take_easy(p) };
	if (!x.easy)
		return err_no_memory(err);
	bool may_move = p->settings.credential->kind == CREDENTIAL_NONE && !r->body;
	const struct curl_setup setup = { .url = buf_str(&url),
					  .cacert = p->settings.cacert,
					  .stall_seconds = r->body ? UPLOAD_STALL_SECONDS
								   : CURL_STALL_SECONDS,
					  .redirects = may_move ? REDIRECTS_MAX : 0,
					  .text = x.text };
	bool ok = perform(&x, list, &setup, hope, wait_ms, err);
	give_easy(p, x.easy);
	return ok;
}

/* --- again and again ---------------------------------------------------------------------------- */

bool web_again(struct web_pool *p, unsigned tries, enum hope hope, uint64_t wait_ms,
	       const char *why)
{
	uint64_t retries = p->settings.retries;
	if (hope == HOPE_ONCE && retries > 1)
		retries = 1;
	if (hope == HOPE_NONE || tries > retries)
		return false;
	uint64_t growing = WAIT_MS_FIRST;
	for (unsigned i = 1; i < tries && growing < WAIT_MS_MAX; i++)
		growing *= 2;
	wait_ms = wait_ms ? wait_ms : growing;
	wait_ms = wait_ms > WAIT_MS_MAX ? WAIT_MS_MAX : wait_ms;
	progress_note("%s; trying again in %.1f s", why, (double)wait_ms / 1000);
	for (uint64_t done = 0; done < wait_ms; done += WAIT_STEP_MS) {
		if (interrupt_seen() || atomic_load(&p->stopped))
			return false;
		uint64_t step = wait_ms - done < WAIT_STEP_MS ? wait_ms - done : WAIT_STEP_MS;
		nanosleep(&(struct timespec) { .tv_nsec = (long)step * 1000000L }, NULL);
	}
	return true;
}

bool web_send(struct web_pool *p, const struct web_request *r, struct web_answer *a,
	      struct err *err)
{
	for (unsigned tries = 1;; tries++) {
		enum hope hope;
		uint64_t wait_ms;
		struct err why = { 0 }, said = { 0 };
		bool ok = web_try(p, r, a, &hope, &wait_ms, &why);
		if (ok && hope != HOPE_NONE)
			web_refused(p, r, a, &said);
		if (web_again(p, tries, hope, wait_ms, ok ? said.msg : why.msg))
			continue;
		if (!ok) {
			*err = why;
			return err_wrap(err, "'%s'", r->url->shown);
		}
		return true;
	}
}

bool web_refused(const struct web_pool *p, const struct web_request *r, const struct web_answer *a,
		 struct err *err)
{
	char hint[CREDENTIAL_HINT_SIZE];
	const char *reason = a->response.reason;
	bool denied = a->status == 401 || a->status == 403;
	if (a->status == 404)
		snprintf(hint, sizeof(hint), ": there is no such container or file");
	return err_set(err, denied ? ERR_UNTRUSTED : ERR_NETWORK, "'%s': HTTP status %ld%s%s%s%s",
		       r->url->shown, a->status, *reason ? " (" : "", reason, *reason ? ")" : "",
		       denied             ? credential_hint(p->settings.credential, hint)
		       : a->status == 404 ? hint
					  : "");
}
