/* SPDX-License-Identifier: MIT */
/*
 * fetch.c - see fetch.h.
 *
 * One thread and one curl multi handle; up to `jobs` slots, each with one transfer (transfer.h) and
 * perhaps its request.  What libcurl calls back only judges and stores; how a transfer goes on is
 * decided when its request has ended.
 */
#include "fetch.h"

#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "curl_setup.h"
#include "interrupt.h"
#include "progress.h"
#include "response.h"
#include "transfer.h"
#include "url.h"

#define JOBS_DEFAULT 4
#define JOBS_MAX 32
#define RETRIES_DEFAULT 4
#define WAIT_MS_DEFAULT 1000
#define POLL_MS 200
#define REDIRECTS_MAX 5

struct slot {
	struct run *run;
	struct transfer t;

	/* a request under way */
	CURL *easy; /* NULL: none */
	struct curl_slist *headers;
	char curl_text[CURL_ERROR_SIZE];
	struct response response;
	bool accepted;  /* its body is being taken */
	struct err err; /* what a callback ran into, */
	bool fatal;     /* on this machine, */
	enum hope hope; /* else by the server's doing */
};

struct run {
	struct cache *cache;
	const struct fetch_options *options;
	unsigned jobs, retries, stall_seconds, wait_ms;
	struct slot slots[JOBS_MAX];
	struct fetch_item *next, *end; /* items not begun */
	uint64_t done_bytes;           /* of transfers that ended */
	size_t lost;                   /* items that no mirror has */
	struct err first_lost;
	CURLM *multi; /* NULL until the first request */
};

/* --- what libcurl calls back ----------------------------------------------------------------- */

static size_t on_header(char *data, size_t size, size_t count, void *ctx)
{
	struct slot *s = ctx;
	response_note(&s->response, data, size * count);
	return size * count;
}

PRINTF_LIKE(3, 4) static bool refuse(struct slot *s, enum hope hope, const char *fmt, ...)
{
	char text[256];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	s->hope = hope;
	return err_set(&s->err, ERR_NETWORK, "%s", text);
}

/* Does the server announce another size than the lock knows? */
static bool check_announced(struct slot *s, uint64_t announced)
{
	uint64_t limit = transfer_limit(&s->t);
	bool exact = s->t.item->size != 0;
	if (exact ? announced == limit : announced <= limit)
		return true;
	return refuse(s, HOPE_NONE, "the server announces %llu bytes, %s %llu",
		      (unsigned long long)announced, exact ? "expected are" : "allowed are",
		      (unsigned long long)limit);
}

/* 206: do these bytes belong behind those that are there? */
static bool accept_range(struct slot *s)
{
	const struct response *r = &s->response;
	if (!s->t.base || !r->has_range || r->range_start != s->t.base) {
		s->t.no_range = true;
		return refuse(s, HOPE_SOME, "the server sends another range than asked");
	}
	if (r->range_total && !check_announced(s, r->range_total))
		return false;
	s->t.pieced = true;
	return true;
}

/* 200: all of it, be it that there are no ranges or that the file is another than before. */
static bool accept_whole(struct slot *s)
{
	curl_off_t length = -1;
	curl_easy_getinfo(s->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	if (length >= 0 && !check_announced(s, (uint64_t)length))
		return false;
	if (transfer_size(&s->t) && !transfer_restart(&s->t, &s->err)) {
		s->fatal = true;
		return false;
	}
	s->t.base = 0;
	return true;
}

/* The first bytes of a body have come, or its end. */
static bool accept_response(struct slot *s)
{
	long status = 0;
	curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
	s->accepted = true;
	if (status != 200 && status != 206)
		return refuse(s, HOPE_NONE, "HTTP status %ld", status);
	if (status == 206 ? !accept_range(s) : !accept_whole(s))
		return false;
	const struct response *r = &s->response;
	memcpy(s->t.validator, r->etag[0] ? r->etag : r->modified, VALIDATOR_SIZE);
	return true;
}

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
	struct slot *s = ctx;
	size_t n = size * count;
	if (!s->accepted && !accept_response(s))
		return 0;
	if (n > transfer_limit(&s->t) - transfer_size(&s->t)) {
		s->hope = HOPE_NONE;
		transfer_too_large(&s->t, &s->err);
		return 0;
	}
	if (!cache_add_write(s->t.add, data, n, &s->err)) {
		s->fatal = true;
		return 0;
	}
	return n;
}

/* --- one request ----------------------------------------------------------------------------- */

static bool set_range(struct slot *s)
{
	if (!s->t.base)
		return true;
	char text[VALIDATOR_SIZE + 16];
	snprintf(text, sizeof(text), "%llu-", (unsigned long long)s->t.base);
	if (curl_easy_setopt(s->easy, CURLOPT_RANGE, text) != CURLE_OK)
		return false;
	if (!s->t.validator[0])
		return true;
	snprintf(text, sizeof(text), "If-Range: %s", s->t.validator);
	s->headers = curl_slist_append(NULL, text);
	return s->headers && curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, s->headers) == CURLE_OK;
}

static struct curl_setup setup_of(struct slot *s)
{
	return (struct curl_setup) { .url = s->t.item->urls[s->t.url],
				     .cacert = s->run->options->cacert,
				     .stall_seconds = s->run->stall_seconds,
				     .redirects = REDIRECTS_MAX,
				     .text = s->curl_text };
}

static bool set_request(struct slot *s)
{
	CURL *e = s->easy;
	const struct curl_setup setup = setup_of(s);
	return curl_set_up(e, &setup) && curl_easy_setopt(e, CURLOPT_FAILONERROR, 1L) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_PRIVATE, s) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_HEADERDATA, s) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_WRITEDATA, s) == CURLE_OK && set_range(s);
}

static bool curl_begin(struct run *run, struct err *err)
{
	if (run->multi)
		return true;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(err, ERR_NETWORK, "cannot initialise libcurl");
	run->multi = curl_multi_init();
	return run->multi || err_no_memory(err);
}

static void request_end(struct slot *s)
{
	if (s->easy) {
		curl_multi_remove_handle(s->run->multi, s->easy);
		curl_easy_cleanup(s->easy);
		s->easy = NULL;
	}
	curl_slist_free_all(s->headers);
	s->headers = NULL;
}

static bool request_begin(struct slot *s, struct err *err)
{
	if (!curl_begin(s->run, err))
		return false;
	s->response = (struct response) { 0 };
	s->accepted = false;
	s->err = (struct err) { 0 };
	s->fatal = false;
	s->easy = curl_easy_init();
	if (!s->easy)
		return err_no_memory(err);
	if (!set_request(s))
		return err_set(err, ERR_NETWORK, "this libcurl lacks an option that is needed");
	if (curl_multi_add_handle(s->run->multi, s->easy) != CURLM_OK)
		return err_no_memory(err);
	return true;
}

/* --- how it ended ---------------------------------------------------------------------------- */

static void describe(struct slot *s, CURLcode result, struct err *why)
{
	const struct curl_setup setup = setup_of(s);
	if (result == CURLE_PARTIAL_FILE)
		err_set(why, ERR_NETWORK, "the connection ended after %llu bytes",
			(unsigned long long)transfer_size(&s->t));
	else
		curl_failed(&setup, result, why);
}

/* Of a response with an error status: is it worth another try, and when? */
static enum hope judge_status(struct slot *s, uint64_t *wait_ms, struct err *why)
{
	long status = 0;
	curl_off_t retry_after = 0;
	curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(s->easy, CURLINFO_RETRY_AFTER, &retry_after);
	if (status == 416 && s->t.base) {
		/* what is there is as long as the file, or longer: it is of another one */
		s->t.no_range = true;
		err_set(why, ERR_NETWORK, "the server has no more bytes than are here already");
		return HOPE_SOME;
	}
	err_set(why, ERR_NETWORK, "HTTP status %ld", status);
	s->t.not_there = status == 404 || status == 410;
	if (retry_after > 0)
		*wait_ms = (uint64_t)retry_after * 1000;
	return curl_status_hope(status);
}

static bool request_done(struct slot *s, CURLcode result, struct err *err)
{
	struct err why = { 0 };
	uint64_t wait_ms = 0;
	enum hope hope = HOPE_NONE;
	if (result == CURLE_OK && !s->accepted)
		(void)accept_response(s); /* an empty body; s->err tells */
	if (s->fatal) {
		*err = s->err;
		return false;
	}
	if (s->err.code != ERR_NONE) {
		why = s->err;
		hope = s->hope;
	} else if (result == CURLE_HTTP_RETURNED_ERROR) {
		hope = judge_status(s, &wait_ms, &why);
	} else if (result != CURLE_OK) {
		hope = curl_hope(result);
		describe(s, result, &why);
	} else if (s->t.item->size && transfer_size(&s->t) < s->t.item->size) {
		hope = HOPE_SOME;
		transfer_too_short(&s->t, &why);
	}
	request_end(s);
	if (why.code == ERR_NONE)
		return transfer_complete(&s->t, err);
	return transfer_failed(&s->t, &why, hope, wait_ms, err);
}

/* --- all of them ----------------------------------------------------------------------------- */

static bool step_requests(struct run *run, struct err *err)
{
	int running, left;
	if (!run->multi)
		return true;
	if (curl_multi_perform(run->multi, &running) != CURLM_OK)
		return err_set(err, ERR_NETWORK, "libcurl failed");
	const CURLMsg *m;
	while ((m = curl_multi_info_read(run->multi, &left)) != NULL) {
		char *slot = NULL;
		CURLcode result = m->data.result; /* m dies with its handle */
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &slot);
		if (!request_done((struct slot *)(void *)slot, result, err))
			return false;
	}
	return true;
}

/* Give a slot whose transfer has ended the next item, if there is one. */
static void refill(struct run *run, struct slot *s)
{
	while (s->t.stage == STAGE_DONE && run->next < run->end) {
		struct fetch_item *item = run->next++;
		if (!item->done)
			transfer_begin(&s->t, run->cache, item, run->retries, run->wait_ms);
	}
}

/* Count a transfer that has ended. */
static void collect(struct run *run, struct transfer *t)
{
	if (t->stage != STAGE_DONE || !t->item)
		return;
	run->done_bytes += t->item->seen_size;
	if (!t->item->done && !t->item->missing && run->lost++ == 0)
		run->first_lost = t->lost;
	t->item = NULL;
}

static bool step_slot(struct run *run, struct slot *s, struct err *err)
{
	struct transfer *t = &s->t;
	collect(run, t);
	refill(run, s);
	if (t->stage == STAGE_WAITING && clock_ms() >= t->not_before_ms && !transfer_start(t, err))
		return false;
	if (t->stage == STAGE_HTTP && !s->easy && !request_begin(s, err))
		return false;
	if (t->stage == STAGE_LOCAL && !transfer_local_step(t, err))
		return false;
	return true;
}

/* One round over everything that can go on. */
static bool step(struct run *run, struct err *err)
{
	uint64_t bytes = 0;
	for (unsigned i = 0; i < run->jobs; i++) {
		if (!step_slot(run, &run->slots[i], err))
			return false;
		bytes += transfer_size(&run->slots[i].t);
	}
	progress_update(run->done_bytes + bytes);
	return step_requests(run, err);
}

/* How long nothing but data can wake a transfer; false when all have ended. */
static bool next_wait(const struct run *run, uint64_t *wait_ms)
{
	uint64_t now = clock_ms();
	bool active = run->next < run->end;
	*wait_ms = POLL_MS;
	for (unsigned i = 0; i < run->jobs; i++) {
		const struct transfer *t = &run->slots[i].t;
		uint64_t left = POLL_MS;
		if (t->stage == STAGE_LOCAL || (t->stage == STAGE_DONE && run->next < run->end))
			left = 0;
		else if (t->stage == STAGE_WAITING)
			left = t->not_before_ms > now ? t->not_before_ms - now : 0;
		if (left < *wait_ms)
			*wait_ms = left;
		active |= t->stage != STAGE_DONE;
	}
	return active;
}

static bool run_all(struct run *run, struct err *err)
{
	uint64_t wait_ms;
	while (next_wait(run, &wait_ms)) {
		if (wait_ms && run->multi)
			curl_multi_poll(run->multi, NULL, 0, (int)wait_ms, NULL);
		else if (wait_ms)
			nanosleep(&(struct timespec) { .tv_nsec = (long)wait_ms * 1000000L }, NULL);
		if (interrupt_seen())
			return err_set(
				err, ERR_INTERRUPTED,
				"interrupted; what was fetched is kept: run it again to go on");
		if (!step(run, err))
			return false;
	}
	for (unsigned i = 0; i < run->jobs; i++)
		collect(run, &run->slots[i].t);
	if (run->lost == 0)
		return true;
	*err = run->first_lost;
	if (run->lost > 1)
		err_wrap(err, "%zu files are not to be had (-v names each), the first", run->lost);
	return false;
}

static void run_free(struct run *run)
{
	for (size_t i = 0; i < JOBS_MAX; i++) {
		request_end(&run->slots[i]);
		transfer_end(&run->slots[i].t);
	}
	if (run->multi) {
		curl_multi_cleanup(run->multi);
		curl_global_cleanup();
	}
	free(run);
}

static unsigned or_default(unsigned value, unsigned fallback)
{
	return value ? value : fallback;
}

static struct run *run_new(struct cache *c, struct fetch_item *items, size_t count,
			   const struct fetch_options *options, struct err *err)
{
	struct run *run = calloc(1, sizeof(*run));
	if (!run) {
		err_no_memory(err);
		return NULL;
	}
	run->cache = c;
	run->options = options;
	run->next = items;
	run->end = items + count;
	run->jobs = or_default(options->jobs, JOBS_DEFAULT);
	if (run->jobs > JOBS_MAX)
		run->jobs = JOBS_MAX;
	run->retries = options->no_retries ? 0 : or_default(options->retries, RETRIES_DEFAULT);
	run->stall_seconds = or_default(options->stall_seconds, CURL_STALL_SECONDS);
	run->wait_ms = or_default(options->wait_ms, WAIT_MS_DEFAULT);
	for (size_t i = 0; i < JOBS_MAX; i++) {
		run->slots[i].run = run;
		run->slots[i].t.stage = STAGE_DONE;
	}
	return run;
}

static bool check_item(const struct fetch_item *item, struct err *err)
{
	if (item->url_count == 0)
		return err_set(err, ERR_FORMAT, "%s has no URL", item->what);
	for (size_t i = 0; i < item->url_count; i++) {
		if (url_kind(item->urls[i]) != URL_UNSUPPORTED)
			continue;
		AUTO(auto_free) char *url = url_text(item->urls[i]);
		return err_set(err, ERR_FORMAT,
			       "%s: '%s' is not supported: use http, https, file: or a path",
			       item->what, url ? url : "the URL");
	}
	return true;
}

/* Nothing to do for @item? */
static bool take_cached(const struct cache *c, struct fetch_item *item)
{
	uint64_t size;
	item->done = item->from_cache = item->have_sha256 && cache_size(c, item->sha256, &size) &&
					(!item->size || size == item->size);
	if (item->done) {
		memcpy(item->seen_sha256, item->sha256, SHA256_SIZE);
		item->seen_size = size;
	}
	return item->done;
}

bool fetch_all(struct cache *c, struct fetch_item *items, size_t count,
	       const struct fetch_options *options, struct err *err)
{
	uint64_t total = 0;
	size_t missing = 0;
	for (size_t i = 0; i < count; i++) {
		if (take_cached(c, &items[i]))
			continue;
		if (!check_item(&items[i], err))
			return false;
		if (options->offline)
			return err_set(err, ERR_NETWORK,
				       "%s is not in the cache '%s' and this is offline: run "
				       "'ibbundle fetch' where there is a network",
				       items[i].what, cache_dir(c));
		missing++;
		total += items[i].size;
	}
	if (missing == 0)
		return true;
	struct run *run = run_new(c, items, count, options, err);
	if (!run)
		return false;
	progress_begin("fetching", total);
	bool ok = run_all(run, err);
	progress_end();
	run_free(run);
	return ok;
}

const char *fetch_version(void)
{
	return curl_version_info(CURLVERSION_NOW)->version;
}
