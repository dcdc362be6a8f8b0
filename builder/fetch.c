/* SPDX-License-Identifier: MIT */
/*
 * fetch.c - see fetch.h.
 *
 * One thread.  A transfer is one item on its way; up to `jobs` of them share a curl multi handle.
 * Each goes from try to try:
 *
 *   WAITING -> (lock on the partial file) -> HTTP or LOCAL -> complete -> in the cache
 *      ^                                          |
 *      +---- later, or with the next mirror ------+
 *
 * The digest decides at the end.  Where the bytes came in more than one piece and don't fit, they
 * may be of two versions of the file: it is fetched once more as a whole before that is an error.
 */
#include "fetch.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "cmd.h"
#include "file.h"
#include "interrupt.h"
#include "progress.h"
#include "url.h"

#define JOBS_DEFAULT 4
#define JOBS_MAX 32
#define RETRIES_DEFAULT 4
#define STALL_SECONDS_DEFAULT 30
#define STALL_BYTES_PER_SECOND 1024
#define WAIT_MS_DEFAULT 1000
#define WAIT_MS_MAX 60000
#define POLL_MS 200
#define REDIRECTS_MAX 5
#define LOCAL_CHUNK (256 * 1024)
#define PROGRESS_RESETS_TRIES (1 << 20) /* a try that brought so many bytes was not in vain */
#define FAILURES_MAX 640                /* of the message's 1024 bytes */
#define VALIDATOR_SIZE 256

enum stage { STAGE_WAITING, STAGE_HTTP, STAGE_LOCAL, STAGE_DONE };

/* Is the same request worth another try? */
enum hope { HOPE_NONE, HOPE_ONCE, HOPE_SOME };

/* What one response said about itself. */
struct response {
	bool accepted;
	bool has_range;
	uint64_t range_start;
	uint64_t range_total; /* 0: not told */
	char etag[VALIDATOR_SIZE];
	char modified[VALIDATOR_SIZE];
};

struct transfer {
	struct run *run;
	struct fetch_item *item;
	enum stage stage;
	uint64_t not_before_ms;
	struct cache_add *add; /* held while the transfer lasts */
	bool told_busy;

	size_t url;                     /* which mirror */
	unsigned tries;                 /* that failed, of this mirror */
	uint64_t base;                  /* bytes that were there when this try began */
	bool pieced;                    /* what is there came in more than one response */
	bool whole_again;               /* it was fetched once more as a whole already */
	bool no_range;                  /* this mirror's ranges are wrong */
	char validator[VALIDATOR_SIZE]; /* of the response that the bytes are from, this mirror */

	/* a try under way */
	CURL *easy;
	struct curl_slist *headers;
	char curl_text[CURL_ERROR_SIZE];
	struct response response;
	struct err err; /* what a callback ran into, */
	enum hope hope; /* if that was the server's doing */
	bool fatal;     /* else */
	int fd;

	enum err_code worst;
	struct buf failures; /* "URL: reason; URL: reason" of mirrors given up */
};

struct run {
	struct cache *cache;
	const struct fetch_options *options;
	unsigned jobs, retries, stall_seconds, wait_ms;
	struct transfer slots[JOBS_MAX];
	struct fetch_item *next, *end; /* items not begun */
	uint64_t bytes;                /* of items begun, for progress */
	CURLM *multi;                  /* NULL until the first http transfer */
};

static uint64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static uint64_t item_limit(const struct fetch_item *item)
{
	if (item->size)
		return item->size;
	return item->size_max ? item->size_max : FETCH_SIZE_MAX;
}

static bool in_cache(const struct cache *c, const struct fetch_item *item, uint64_t *size)
{
	return item->have_sha256 && cache_size(c, item->sha256, size) &&
	       (!item->size || *size == item->size);
}

/* --- the life of a transfer ------------------------------------------------------------------ */

static void end_try(struct transfer *t)
{
	if (t->easy) {
		curl_multi_remove_handle(t->run->multi, t->easy);
		curl_easy_cleanup(t->easy);
		t->easy = NULL;
	}
	curl_slist_free_all(t->headers);
	t->headers = NULL;
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

/* What it has so far stays in the cache for the next to resume. */
static void transfer_done(struct transfer *t)
{
	end_try(t);
	cache_add_free(t->add);
	t->add = NULL;
	buf_done(&t->failures);
	t->stage = STAGE_DONE;
}

static void transfer_begin(struct transfer *t, struct run *run, struct fetch_item *item)
{
	*t = (struct transfer) {
		.run = run, .item = item, .fd = -1, .failures = BUF_INIT(FAILURES_MAX)
	};
}

static void try_again(struct transfer *t, uint64_t wait_ms)
{
	t->stage = STAGE_WAITING;
	t->not_before_ms = now_ms() + wait_ms;
}

static bool start_over(struct transfer *t, struct err *err)
{
	t->run->bytes -= cache_add_size(t->add);
	t->base = 0;
	t->pieced = false;
	t->validator[0] = '\0';
	return cache_add_restart(t->add, err);
}

static const char *next_step(enum err_code code)
{
	switch (code) {
	case ERR_DIGEST:
		return "it changed since it was locked, or somebody tampers with it: compare with "
		       "what its vendor publishes before locking again";
	case ERR_UNTRUSTED:
		return "name the server's certificate authority with --cacert FILE";
	case ERR_FORMAT:
		return "check the URL, then lock again";
	default:
		return "check network, proxy and mirror, and run it again: what is there is kept";
	}
}

static bool all_mirrors_failed(const struct transfer *t, struct err *err)
{
	return err_set(err, t->worst, "cannot fetch %s: %s; %s", t->item->what,
		       buf_str(&t->failures), next_step(t->worst));
}

/* The mirror's last word: note it and go on with the next, if there is one. */
static bool give_up_mirror(struct transfer *t, const struct err *why, struct err *err)
{
	AUTO(auto_free) char *url = url_text(t->item->urls[t->url]);
	if (!url)
		return err_no_memory(err);
	progress_note("%s: %s", url, why->msg);
	if (t->failures.len)
		buf_add_str(&t->failures, "; ");
	buf_printf(&t->failures, "%s: %s", url, why->msg);
	if (t->tries > 1)
		buf_printf(&t->failures, " (tried %u times)", t->tries);
	/* a wrong digest weighs more than a mirror that does not answer */
	if (t->worst != ERR_DIGEST)
		t->worst = why->code;
	if (++t->url == t->item->url_count)
		return all_mirrors_failed(t, err);
	t->tries = 0;
	t->no_range = false;
	t->whole_again = false;
	t->validator[0] = '\0'; /* another server's ETag means nothing here */
	try_again(t, 0);
	return true;
}

/* A try failed for @why. False, with @err, when that ends the run. */
static bool try_failed(struct transfer *t, const struct err *why, enum hope hope, uint64_t wait_ms,
		       struct err *err)
{
	end_try(t);
	if (t->add && cache_add_size(t->add) >= t->base + PROGRESS_RESETS_TRIES)
		t->tries = 0;
	unsigned retries = t->run->retries;
	if (hope == HOPE_ONCE && retries > 1)
		retries = 1;
	t->tries++;
	if (hope == HOPE_NONE || t->tries > retries)
		return give_up_mirror(t, why, err);
	for (unsigned i = 1; wait_ms == 0 && i <= t->tries; i++)
		wait_ms = i < t->tries ? 0 : (uint64_t)t->run->wait_ms << (i - 1);
	if (wait_ms > WAIT_MS_MAX)
		wait_ms = WAIT_MS_MAX;
	progress_note("%s: %s; trying again in %.1f s", t->item->what, why->msg,
		      (double)wait_ms / 1000);
	try_again(t, wait_ms);
	return true;
}

static bool transfer_succeed(struct transfer *t, const uint8_t digest[SHA256_SIZE], uint64_t size,
			     bool from_cache)
{
	memcpy(t->item->seen_sha256, digest, SHA256_SIZE);
	t->item->seen_size = size;
	t->item->from_cache = from_cache;
	t->item->done = true;
	transfer_done(t);
	return true;
}

/* All bytes are there: check them and give the file its name. */
static bool complete(struct transfer *t, struct err *err)
{
	end_try(t);
	uint64_t size = cache_add_size(t->add);
	uint8_t digest[SHA256_SIZE];
	struct err why = { 0 };
	const uint8_t *want = t->item->have_sha256 ? t->item->sha256 : NULL;
	if (cache_add_commit(t->add, want, digest, &why))
		return transfer_succeed(t, digest, size, false);
	if (why.code != ERR_DIGEST) {
		*err = why;
		return false;
	}
	t->run->bytes -= size; /* commit dropped them */
	bool pieced = t->pieced;
	t->base = 0;
	t->pieced = false;
	t->validator[0] = '\0';
	if (pieced && !t->whole_again) {
		t->whole_again = true;
		progress_note("%s: its pieces don't fit together; fetching it as a whole",
			      t->item->what);
		try_again(t, 0);
		return true;
	}
	return try_failed(t, &why, HOPE_NONE, 0, err);
}

/* --- local files ----------------------------------------------------------------------------- */

static bool local_begin(struct transfer *t, struct err *err)
{
	struct err why = { 0 };
	AUTO(auto_free) char *path = url_local_path(t->item->urls[t->url], &why);
	if (!path)
		return try_failed(t, &why, HOPE_NONE, 0, err);
	struct stat st;
	t->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hang us */
	if (t->fd < 0 || fstat(t->fd, &st) != 0) {
		err_set(&why, ERR_SYSTEM, "%s", strerror(errno));
		return try_failed(t, &why, HOPE_NONE, 0, err);
	}
	if (!S_ISREG(st.st_mode)) {
		err_set(&why, ERR_SYSTEM, "not a regular file");
		return try_failed(t, &why, HOPE_NONE, 0, err);
	}
	t->stage = STAGE_LOCAL;
	return start_over(t, err);
}

static bool too_large(struct transfer *t, struct err *why)
{
	return err_set(why, ERR_FORMAT, "it is larger than the %s %llu bytes",
		       t->item->size ? "expected" : "allowed",
		       (unsigned long long)item_limit(t->item));
}

static bool too_short(struct transfer *t, struct err *why)
{
	return err_set(why, ERR_NETWORK, "it ended after %llu of %llu bytes",
		       (unsigned long long)cache_add_size(t->add),
		       (unsigned long long)t->item->size);
}

/* One chunk; the loop comes back for the next, so that network transfers don't starve. */
static bool local_step(struct transfer *t, struct err *err)
{
	static uint8_t chunk[LOCAL_CHUNK];
	struct err why = { 0 };
	ssize_t n = read(t->fd, chunk, sizeof(chunk));
	if (n < 0 && errno == EINTR)
		return true;
	if (n < 0) {
		err_set(&why, ERR_SYSTEM, "%s", strerror(errno));
		return try_failed(t, &why, HOPE_NONE, 0, err);
	}
	if (n == 0 && t->item->size && cache_add_size(t->add) < t->item->size) {
		too_short(t, &why);
		return try_failed(t, &why, HOPE_NONE, 0, err);
	}
	if (n == 0)
		return complete(t, err);
	if ((uint64_t)n > item_limit(t->item) - cache_add_size(t->add)) {
		too_large(t, &why);
		return try_failed(t, &why, HOPE_NONE, 0, err);
	}
	t->run->bytes += (uint64_t)n;
	return cache_add_write(t->add, chunk, (size_t)n, err);
}

/* --- http ------------------------------------------------------------------------------------ */

/* @line's value when it is header @name, else NULL. */
static const char *header_value(const char *line, const char *name)
{
	size_t len = strlen(name);
	if (strncasecmp(line, name, len) != 0 || line[len] != ':')
		return NULL;
	line += len + 1;
	return line + strspn(line, " \t");
}

static void copy_value(char out[VALIDATOR_SIZE], const char *value)
{
	size_t len = strcspn(value, "\r\n");
	out[0] = '\0';
	if (len >= VALIDATOR_SIZE) /* too long to be sent back: do without */
		return;
	memcpy(out, value, len);
	out[len] = '\0';
}

static size_t on_header(char *data, size_t size, size_t count, void *ctx)
{
	struct transfer *t = ctx;
	struct response *r = &t->response;
	char line[VALIDATOR_SIZE + 64];
	size_t len = size * count < sizeof(line) ? size * count : sizeof(line) - 1;
	memcpy(line, data, len);
	line[len] = '\0';

	const char *value;
	unsigned long long start, total;
	if (strncasecmp(line, "HTTP/", 5) == 0) {
		*r = (struct response) { 0 }; /* the one before was a redirect, or 100 */
	} else if ((value = header_value(line, "etag")) != NULL) {
		if (value[0] == '"') /* weak ones (W/"...") don't promise the same bytes */
			copy_value(r->etag, value);
	} else if ((value = header_value(line, "last-modified")) != NULL) {
		copy_value(r->modified, value);
	} else if ((value = header_value(line, "content-range")) != NULL) {
		int fields = sscanf(value, "bytes %llu-%*u/%llu", &start, &total);
		r->has_range = fields >= 1;
		r->range_start = fields >= 1 ? start : 0;
		r->range_total = fields >= 2 ? total : 0;
	}
	return size * count;
}

static bool refuse(struct transfer *t, enum hope hope, const char *fmt, ...) PRINTF_LIKE(3, 4);

static bool refuse(struct transfer *t, enum hope hope, const char *fmt, ...)
{
	char text[256];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	t->hope = hope;
	return err_set(&t->err, ERR_NETWORK, "%s", text);
}

/* Does the server announce another size than the lock knows? */
static bool check_announced(struct transfer *t, uint64_t announced)
{
	bool exact = t->item->size != 0;
	if (exact ? announced == t->item->size : announced <= item_limit(t->item))
		return true;
	return refuse(t, HOPE_NONE, "the server announces %llu bytes, %s %llu",
		      (unsigned long long)announced, exact ? "expected are" : "allowed are",
		      (unsigned long long)item_limit(t->item));
}

/* The first bytes of a body have come: may they be put behind what is there? */
static bool accept_response(struct transfer *t)
{
	struct response *r = &t->response;
	long status = 0;
	curl_off_t length = -1;
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	r->accepted = true;
	if (status == 206) {
		if (!t->base || !r->has_range || r->range_start != t->base) {
			t->no_range = true;
			return refuse(t, HOPE_SOME, "the server sends another range than asked");
		}
		if (r->range_total && !check_announced(t, r->range_total))
			return false;
		t->pieced = true;
	} else if (status == 200) {
		if (length >= 0 && !check_announced(t, (uint64_t)length))
			return false;
		/* no ranges there, or the file is another than before */
		if (cache_add_size(t->add) && !start_over(t, &t->err)) {
			t->fatal = true;
			return false;
		}
	} else {
		return refuse(t, HOPE_NONE, "HTTP status %ld", status);
	}
	copy_value(t->validator, r->etag[0] ? r->etag : r->modified);
	return true;
}

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
	struct transfer *t = ctx;
	size_t n = size * count;
	if (!t->response.accepted && !accept_response(t))
		return 0;
	if (n > item_limit(t->item) - cache_add_size(t->add)) {
		t->hope = HOPE_NONE;
		too_large(t, &t->err);
		return 0;
	}
	if (!cache_add_write(t->add, data, n, &t->err)) {
		t->fatal = true;
		return 0;
	}
	t->run->bytes += n;
	return n;
}

static bool http_range(struct transfer *t)
{
	if (!t->base)
		return true;
	char text[VALIDATOR_SIZE + 16];
	snprintf(text, sizeof(text), "%llu-", (unsigned long long)t->base);
	if (curl_easy_setopt(t->easy, CURLOPT_RANGE, text) != CURLE_OK)
		return false;
	if (!t->validator[0])
		return true;
	snprintf(text, sizeof(text), "If-Range: %s", t->validator);
	t->headers = curl_slist_append(NULL, text);
	return t->headers && curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers) == CURLE_OK;
}

static bool http_trust(struct transfer *t)
{
	const char *cacert = t->run->options->cacert;
	/* the directory of the system's roots would still be trusted beside the file */
	return !cacert || (curl_easy_setopt(t->easy, CURLOPT_CAINFO, cacert) == CURLE_OK &&
			   curl_easy_setopt(t->easy, CURLOPT_CAPATH, NULL) == CURLE_OK);
}

static bool http_setup(struct transfer *t)
{
	CURL *e = t->easy;
	const char *url = t->item->urls[t->url];
	/* never from https to http: a redirect must not take away the transport's protection */
	const char *redirects = url_kind(url) == URL_HTTPS ? "https" : "http,https";
	return curl_easy_setopt(e, CURLOPT_URL, url) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_PRIVATE, t) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_REDIR_PROTOCOLS_STR, redirects) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 1L) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_FAILONERROR, 1L) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_USERAGENT, "ibbundle/" IBBUNDLE_VERSION) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT, (long)t->run->stall_seconds) ==
		       CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, (long)t->run->stall_seconds) ==
		       CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, (long)STALL_BYTES_PER_SECOND) ==
		       CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->curl_text) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_HEADERDATA, t) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_WRITEDATA, t) == CURLE_OK && http_trust(t) &&
	       http_range(t);
}

static bool http_begin(struct transfer *t, struct err *err)
{
	struct run *run = t->run;
	if (!run->multi) {
		if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
			return err_set(err, ERR_NETWORK, "cannot initialise libcurl");
		run->multi = curl_multi_init();
		if (!run->multi)
			return err_no_memory(err);
	}
	/* without a digest only a validator tells that both pieces are of one file */
	bool may_resume = !t->no_range && (t->item->have_sha256 || t->validator[0]);
	if (cache_add_size(t->add) && !may_resume && !start_over(t, err))
		return false;
	t->base = cache_add_size(t->add);
	t->response = (struct response) { 0 };
	t->err = (struct err) { 0 };
	t->fatal = false;
	t->curl_text[0] = '\0';
	t->easy = curl_easy_init();
	if (!t->easy)
		return err_no_memory(err);
	if (!http_setup(t))
		return err_set(err, ERR_NETWORK, "this libcurl lacks an option that is needed");
	if (curl_multi_add_handle(run->multi, t->easy) != CURLM_OK)
		return err_no_memory(err);
	t->stage = STAGE_HTTP;
	return true;
}

/* Of a response with an error status. */
static bool http_status_failed(struct transfer *t, struct err *err)
{
	struct err why = { 0 };
	long status = 0;
	curl_off_t retry_after = 0;
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &retry_after);
	if (status == 416 && t->base) {
		/* what is there is longer than the file: it is of another one */
		t->no_range = true;
		err_set(&why, ERR_NETWORK, "the server has fewer bytes than are here already");
		return try_failed(t, &why, HOPE_SOME, 1, err);
	}
	bool passes = status >= 500 || status == 408 || status == 425 || status == 429;
	err_set(&why, ERR_NETWORK, "HTTP status %ld", status);
	uint64_t wait_ms = retry_after > 0 ? (uint64_t)retry_after * 1000 : 0;
	return try_failed(t, &why, passes ? HOPE_SOME : HOPE_NONE, wait_ms, err);
}

static enum hope hope_of(CURLcode result)
{
	switch (result) {
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return HOPE_SOME;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_SSL_CONNECT_ERROR:
		return HOPE_ONCE;
	default:
		return HOPE_NONE;
	}
}

static void describe(const struct transfer *t, CURLcode result, struct err *why)
{
	if (result == CURLE_UNSUPPORTED_PROTOCOL)
		err_set(why, ERR_NETWORK,
			"it redirects to a place that is not allowed (http and "
			"https only, never from https to http)");
	else if (result == CURLE_TOO_MANY_REDIRECTS)
		err_set(why, ERR_NETWORK, "more than %d redirects", REDIRECTS_MAX);
	else if (result == CURLE_OPERATION_TIMEDOUT)
		err_set(why, ERR_TIMEOUT, "no answer or no data for %u seconds",
			t->run->stall_seconds);
	else if (result == CURLE_PARTIAL_FILE)
		err_set(why, ERR_NETWORK, "the connection ended after %llu bytes",
			(unsigned long long)cache_add_size(t->add));
	else
		err_set(why, result == CURLE_PEER_FAILED_VERIFICATION ? ERR_UNTRUSTED : ERR_NETWORK,
			"%s", t->curl_text[0] ? t->curl_text : curl_easy_strerror(result));
}

static bool http_end(struct transfer *t, CURLcode result, struct err *err)
{
	struct err why = { 0 };
	if (result == CURLE_OK && !t->response.accepted && !accept_response(t))
		result = CURLE_WRITE_ERROR; /* an empty body is judged here */
	if (t->fatal) {
		*err = t->err;
		return false;
	}
	if (t->err.code != ERR_NONE) {
		why = t->err;
		return try_failed(t, &why, t->hope, 0, err);
	}
	if (result == CURLE_HTTP_RETURNED_ERROR)
		return http_status_failed(t, err);
	if (result != CURLE_OK) {
		describe(t, result, &why);
		return try_failed(t, &why, hope_of(result), 0, err);
	}
	if (t->item->size && cache_add_size(t->add) < t->item->size) {
		too_short(t, &why);
		return try_failed(t, &why, HOPE_SOME, 0, err);
	}
	return complete(t, err);
}

static bool http_step(struct run *run, struct err *err)
{
	int running, left;
	if (!run->multi)
		return true;
	if (curl_multi_perform(run->multi, &running) != CURLM_OK)
		return err_set(err, ERR_NETWORK, "libcurl failed");
	const CURLMsg *m;
	while ((m = curl_multi_info_read(run->multi, &left)) != NULL) {
		char *t = NULL;
		CURLcode result = m->data.result; /* m dies with its handle */
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t);
		if (!http_end((struct transfer *)(void *)t, result, err))
			return false;
	}
	return true;
}

/* --- all of them ----------------------------------------------------------------------------- */

/* Get hold of the file to write to.  *ready false: somebody else is at it, or it is there. */
static bool hold(struct transfer *t, bool *ready, struct err *err)
{
	struct fetch_item *item = t->item;
	*ready = true;
	if (t->add)
		return true;
	if (!item->have_sha256) {
		t->add = cache_add_begin(t->run->cache, err);
		return t->add != NULL;
	}
	bool busy;
	t->add = cache_add_resume(t->run->cache, item->sha256, &busy, err);
	if (!t->add && !busy)
		return false;
	if (busy) {
		if (!t->told_busy)
			progress_note("%s: another download of it is under way", item->what);
		t->told_busy = true;
		*ready = false;
		try_again(t, POLL_MS);
		return true;
	}
	/* who held it before may have finished it */
	uint64_t found;
	if (in_cache(t->run->cache, item, &found)) {
		*ready = false;
		return transfer_succeed(t, item->sha256, found, true);
	}
	t->run->bytes += cache_add_size(t->add);
	t->pieced = cache_add_size(t->add) > 0;
	if (cache_add_size(t->add) > item_limit(item))
		return start_over(t, err);
	return true;
}

static bool begin_try(struct transfer *t, struct err *err)
{
	bool ready;
	if (!hold(t, &ready, err))
		return false;
	if (!ready)
		return true;
	if (t->item->size && cache_add_size(t->add) == t->item->size)
		return complete(t, err); /* an earlier run ended just before this */
	if (url_kind(t->item->urls[t->url]) == URL_LOCAL)
		return local_begin(t, err);
	return http_begin(t, err);
}

/* One round over all slots.  *busy: one of them can go on at once; *active: how many are at work. */
static bool step(struct run *run, bool *busy, size_t *active, struct err *err)
{
	*busy = false;
	*active = 0;
	for (unsigned i = 0; i < run->jobs; i++) {
		struct transfer *t = &run->slots[i];
		while (t->stage == STAGE_DONE && run->next < run->end) {
			struct fetch_item *item = run->next++;
			if (!item->done)
				transfer_begin(t, run, item);
		}
		if (t->stage == STAGE_WAITING && now_ms() >= t->not_before_ms && !begin_try(t, err))
			return false;
		if (t->stage == STAGE_LOCAL && !local_step(t, err))
			return false;
		*busy |=
			t->stage == STAGE_LOCAL || (t->stage == STAGE_DONE && run->next < run->end);
		*active += t->stage != STAGE_DONE;
	}
	return http_step(run, err);
}

static void pause_for_data(struct run *run)
{
	if (run->multi)
		curl_multi_poll(run->multi, NULL, 0, POLL_MS, NULL);
	else
		nanosleep(&(struct timespec) { .tv_nsec = POLL_MS * 1000000L }, NULL);
}

static bool run_all(struct run *run, struct err *err)
{
	bool busy;
	size_t active;
	do {
		if (!interrupt_check(err))
			return err_wrap(err, "fetching ended early, run it again to go on");
		if (!step(run, &busy, &active, err))
			return false;
		progress_update(run->bytes);
		if (active && !busy)
			pause_for_data(run);
	} while (active || run->next < run->end);
	return true;
}

static void run_done(struct run *run)
{
	for (size_t i = 0; i < JOBS_MAX; i++)
		transfer_done(&run->slots[i]);
	if (run->multi) {
		curl_multi_cleanup(run->multi);
		curl_global_cleanup();
	}
	free(run);
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
	run->jobs = options->jobs ? options->jobs : JOBS_DEFAULT;
	if (run->jobs > JOBS_MAX)
		run->jobs = JOBS_MAX;
	run->retries = options->retries ? options->retries : RETRIES_DEFAULT;
	if (options->no_retries)
		run->retries = 0;
	run->stall_seconds =
		options->stall_seconds ? options->stall_seconds : STALL_SECONDS_DEFAULT;
	run->wait_ms = options->wait_ms ? options->wait_ms : WAIT_MS_DEFAULT;
	for (size_t i = 0; i < JOBS_MAX; i++) {
		run->slots[i].fd = -1;
		run->slots[i].stage = STAGE_DONE;
	}
	return run;
}

static bool check_item(const struct fetch_item *item, struct err *err)
{
	if (item->url_count == 0)
		return err_set(err, ERR_FORMAT, "%s has no URL", item->what);
	for (size_t i = 0; i < item->url_count; i++) {
		AUTO(auto_free) char *url = url_text(item->urls[i]);
		if (!url)
			return err_no_memory(err);
		if (url_kind(item->urls[i]) == URL_UNSUPPORTED)
			return err_set(
				err, ERR_FORMAT,
				"%s: '%s' is not supported: use http, https, file: or a path",
				item->what, url);
	}
	return true;
}

static bool offline_error(const struct cache *c, const struct fetch_item *item, struct err *err)
{
	return err_set(err, ERR_NETWORK,
		       "%s is not in the cache '%s' and this is offline: run 'ibbundle fetch' "
		       "where there is a network",
		       item->what, cache_dir(c));
}

bool fetch_all(struct cache *c, struct fetch_item *items, size_t count,
	       const struct fetch_options *options, struct err *err)
{
	uint64_t total = 0;
	size_t missing = 0;
	for (size_t i = 0; i < count; i++) {
		struct fetch_item *item = &items[i];
		item->done = item->from_cache = false;
		if (in_cache(c, item, &item->seen_size)) {
			memcpy(item->seen_sha256, item->sha256, SHA256_SIZE);
			item->done = item->from_cache = true;
			continue;
		}
		if (!check_item(item, err))
			return false;
		if (options->offline)
			return offline_error(c, item, err);
		missing++;
		total += item->size;
	}
	if (missing == 0)
		return true;
	struct run *run = run_new(c, items, count, options, err);
	if (!run)
		return false;
	progress_begin("fetching", total);
	bool ok = run_all(run, err);
	progress_end();
	run_done(run);
	return ok;
}

const char *fetch_version(void)
{
	return curl_version_info(CURLVERSION_NOW)->version;
}
