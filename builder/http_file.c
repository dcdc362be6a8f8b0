/* SPDX-License-Identifier: MIT */
/* http_file.c - see http_file.h. */
#include "http_file.h"

#include <string.h>

#define STATUS_PARTIAL 206
#define STATUS_CONDITION 412
#define PROGRESS_RESETS_TRIES (256u << 10) /* a try that brought so many bytes was not in vain */

/* One range on its way, or all of the file. */
struct range {
	struct http_file *file; /* size, etag and modified are set by the first answer */
	const struct http_sink *sink;
	bool opening, whole;
	uint64_t at, end; /* what is still to come */
};

static bool replaced(struct err *err)
{
	return err_set(err, ERR_CONFLICT, "it was replaced while it was read: run it again");
}

/* --- the head of an answer ---------------------------------------------------------------------- */

/* Of the first answer: what the file is. */
static bool learn(struct range *r, const struct web_answer *a, struct err *err)
{
	const struct response *says = &a->response;
	if (says->range_total > HTTP_FILE_SIZE_MAX)
		return err_set(err, ERR_NETWORK, "the server says that it has %llu bytes",
			       (unsigned long long)says->range_total);
	r->file->size = says->range_total;
	memcpy(r->file->etag, says->etag, sizeof(says->etag));
	memcpy(r->file->modified, says->modified, sizeof(says->modified));
	if (r->end > r->file->size)
		r->end = r->file->size;
	return true;
}

static bool is_same_state(const struct http_file *f, const struct response *says)
{
	if (says->range_total != f->size || strcmp(says->etag, f->etag) != 0)
		return false;
	/* an ETag says it all; some servers give each of their machines another date */
	return f->etag[0] || strcmp(says->modified, f->modified) == 0;
}

static bool begin_range(void *ctx, const struct web_answer *a, struct err *err)
{
	struct range *r = ctx;
	const struct response *says = &a->response;
	if (a->status != STATUS_PARTIAL)
		return err_set(
			err, ERR_NO_RANGES,
			"the server sends no parts of files: give --whole to fetch all of it");
	if (!says->exact_range || says->range_start != r->at)
		return err_set(err, ERR_NETWORK, "the server sends another range than asked");
	if (r->opening && !learn(r, a, err))
		return false;
	if (!is_same_state(r->file, says))
		return replaced(err);
	if (says->range_last != r->end - 1 || (a->has_length && a->length != r->end - r->at))
		return err_set(err, ERR_NETWORK, "the server sends another range than asked");
	r->opening = false;
	return true;
}

static bool begin_whole(void *ctx, const struct web_answer *a, struct err *err)
{
	struct range *r = ctx;
	r->at = 0;
	r->end = a->has_length ? a->length : HTTP_FILE_SIZE_MAX;
	return (a->status == 200 && r->end <= HTTP_FILE_SIZE_MAX) ||
	       err_set(err, ERR_NETWORK, "the server sends no file, or too large a one");
}

static bool take(void *ctx, const uint8_t *p, size_t n, struct err *err)
{
	struct range *r = ctx;
	if (n > r->end - r->at)
		return err_set(err, ERR_NETWORK, "the server sends more than was asked for");
	if (!r->sink->write(r->sink->ctx, r->at, p, n, err))
		return false;
	r->at += n;
	return true;
}

/* --- requests ----------------------------------------------------------------------------------- */

static void add_conditions(struct web_request *q, const struct range *r)
{
	if (r->whole)
		return;
	web_header(&q->headers, "Range", "bytes=%llu-%llu", (unsigned long long)r->at,
		   (unsigned long long)r->end - 1);
	if (r->opening)
		return;
	if (r->file->etag[0])
		web_header(&q->headers, "If-Match", "%s", r->file->etag);
	else if (r->file->modified[0])
		web_header(&q->headers, "If-Unmodified-Since", "%s", r->file->modified);
}

/* One try.  True when all is there. */
static bool try_range(struct range *r, enum hope *hope, uint64_t *wait_ms, struct err *err)
{
	struct web_request q = { .method = "GET",
				 .url = r->file->url,
				 .begin = r->whole ? begin_whole : begin_range,
				 .take = take,
				 .ctx = r };
	struct web_answer a;
	add_conditions(&q, r);
	if (!web_try(r->file->pool, &q, &a, hope, wait_ms, err))
		return err_wrap(err, "'%s'", q.url->shown);
	if (a.status == STATUS_CONDITION) {
		replaced(err);
		return err_wrap(err, "'%s'", q.url->shown);
	}
	if (a.status < 200 || a.status > 299)
		return web_refused(r->file->pool, &q, &a, err);
	if (r->whole || r->at == r->end)
		return true;
	*hope = HOPE_SOME;
	return err_set(err, ERR_NETWORK, "'%s': the server sends less than was asked for",
		       q.url->shown);
}

static bool run(struct range *r, struct err *err)
{
	unsigned tries = 0;
	for (uint64_t before = r->at;; before = r->at) {
		enum hope hope = HOPE_NONE;
		uint64_t wait_ms = 0;
		struct err why = { 0 };
		if (try_range(r, &hope, &wait_ms, &why))
			return true;
		tries = !r->whole && r->at - before >= PROGRESS_RESETS_TRIES ? 1 : tries + 1;
		if (!web_again(r->file->pool, tries, hope, wait_ms, why.msg)) {
			*err = why;
			return false;
		}
	}
}

bool http_file_open(struct web_pool *pool, const struct blob_url *url, uint64_t first,
		    const struct http_sink *sink, struct http_file *out, struct err *err)
{
	struct http_file f = { .pool = pool, .url = url };
	struct range r = { .file = &f, .sink = sink, .opening = true, .end = first };
	if (!run(&r, err))
		return false;
	*out = f;
	return true;
}

bool http_file_get(const struct http_file *f, uint64_t offset, uint64_t size,
		   const struct http_sink *sink, struct err *err)
{
	struct http_file copy = *f;
	struct range r = { .file = &copy, .sink = sink, .at = offset, .end = offset + size };
	return run(&r, err);
}

bool http_file_get_whole(struct web_pool *pool, const struct blob_url *url,
			 const struct http_sink *sink, struct http_file *out, struct err *err)
{
	struct http_file f = { .pool = pool, .url = url };
	struct range r = { .file = &f, .sink = sink, .whole = true };
	if (!run(&r, err))
		return false;
	f.size = r.at;
	*out = f;
	return true;
}
