/* SPDX-License-Identifier: MIT */
/* blob.c - see blob.h. */
#include "blob.h"

#include <string.h>

#define STATUS_NOT_FOUND 404
#define STATUS_CONFLICT 409
#define STATUS_CONDITION 412

static bool is_good(const struct web_answer *a)
{
	return a->status >= 200 && a->status < 300;
}

static bool says(const struct web_answer *a, const char *reason)
{
	return strcmp(a->response.reason, reason) == 0;
}

static bool denied(const struct web_answer *a)
{
	return a->status == 401 || a->status == 403;
}

bool blob_look(struct web_pool *p, const struct blob_url *url, struct blob_found *out,
	       struct err *err)
{
	struct web_request r = { .method = "HEAD", .url = url };
	struct web_answer a;
	if (!web_send(p, &r, &a, err))
		return false;
	*out = (struct blob_found) { .state = BLOB_NONE };
	if (denied(&a)) {
		out->state = BLOB_SECRET;
		return true;
	}
	if (a.status == STATUS_NOT_FOUND && !says(&a, "ContainerNotFound"))
		return true;
	if (!is_good(&a))
		return web_refused(p, &r, &a, err);
	out->state = BLOB_THERE;
	out->size = a.length;
	memcpy(out->etag, a.response.etag, sizeof(out->etag));
	memcpy(out->md5, a.response.md5, sizeof(out->md5));
	return true;
}

/* --- making one --------------------------------------------------------------------------------- */

static void add_conditions(struct web_request *r, const struct blob_new *b)
{
	if (b->if_match)
		web_header(&r->headers, "If-Match", "%s", b->if_match);
	else
		web_header(&r->headers, "If-None-Match", "*");
	web_header(&r->headers, "x-ms-blob-content-md5", "%s", b->md5);
	web_header(&r->headers, "x-ms-blob-content-type", "application/octet-stream");
	for (size_t i = 0; i < BLOB_METADATA_MAX && b->metadata[i].name; i++)
		web_header(&r->headers, b->metadata[i].name, "%s", b->metadata[i].value);
}

static bool made_of(const struct web_pool *p, const struct web_request *r,
		    const struct web_answer *a, enum blob_made *made, struct err *err)
{
	*made = BLOB_MADE;
	if (is_good(a))
		return true;
	*made = BLOB_IN_THE_WAY;
	if (a->status == STATUS_CONDITION ||
	    (a->status == STATUS_CONFLICT && says(a, "BlobAlreadyExists")))
		return true;
	return web_refused(p, r, a, err);
}

bool blob_put(struct web_pool *p, const struct blob_new *b, const struct source *src,
	      enum blob_made *made, struct err *err)
{
	struct web_request r = {
		.method = "PUT", .url = b->url, .body = src, .body_size = src->size
	};
	struct web_answer a;
	web_header(&r.headers, "x-ms-blob-type", "BlockBlob");
	web_header(&r.headers, "Content-MD5", "%s", b->md5);
	add_conditions(&r, b);
	return web_send(p, &r, &a, err) && made_of(p, &r, &a, made, err);
}

static void base64_text(const uint8_t md5[MD5_SIZE], char out[MD5_TEXT_SIZE])
{
	AUTO(buf_done) struct buf text = BUF_INIT(MD5_TEXT_SIZE);
	base64_add((struct slice) { md5, MD5_SIZE }, &text);
	snprintf(out, MD5_TEXT_SIZE, "%s", buf_str(&text));
}

bool blob_put_block(struct web_pool *p, const struct blob_url *url, const char *name,
		    const struct source *src, uint64_t offset, uint64_t size,
		    const uint8_t md5[MD5_SIZE], struct err *err)
{
	AUTO(buf_done) struct buf query = BUF_INIT(256);
	char text[MD5_TEXT_SIZE];
	struct web_request r = {
		.method = "PUT", .url = url, .body = src, .body_offset = offset, .body_size = size
	};
	struct web_answer a;
	base64_text(md5, text);
	web_header(&r.headers, "Content-MD5", "%s", text);
	buf_add_str(&query, "comp=block&blockid=");
	for (const char *c = name; *c; c++) {
		if (strchr("+/=", *c))
			buf_printf(&query, "%%%02X", (unsigned)(unsigned char)*c);
		else
			buf_add(&query, c, 1);
	}
	if (!buf_ok(&query, "a query", err))
		return false;
	r.query = buf_str(&query);
	if (!web_send(p, &r, &a, err))
		return false;
	if (is_good(&a))
		return true;
	web_refused(p, &r, &a, err);
	if (says(&a, "InvalidBlobOrBlock") || says(&a, "InvalidBlockId"))
		return err_wrap(err,
				"blocks of another program wait under this name, which go after "
				"a week or with the blob: take another name");
	return false;
}

/* --- block lists -------------------------------------------------------------------------------- */

static bool take_text(void *ctx, const uint8_t *p, size_t n, struct err *err)
{
	struct buf *out = ctx;
	buf_add(out, p, n);
	return buf_ok(out, "the list of blocks", err);
}

static bool begin_text(void *ctx, const struct web_answer *a, struct err *err)
{
	(void)a;
	(void)err;
	struct buf *out = ctx;
	buf_done(out); /* of a try before */
	return true;
}

bool blob_list(struct web_pool *p, const struct blob_url *url, struct block_list *out, bool *secret,
	       struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(BLOCK_LIST_TEXT_MAX);
	struct web_request r = { .method = "GET",
				 .url = url,
				 .query = "comp=blocklist&blocklisttype=uncommitted",
				 .begin = begin_text,
				 .take = take_text,
				 .ctx = &text };
	struct web_answer a;
	*secret = false;
	if (!web_send(p, &r, &a, err))
		return false;
	*secret = denied(&a);
	if (*secret || (a.status == STATUS_NOT_FOUND && !says(&a, "ContainerNotFound")))
		return true;
	if (!is_good(&a))
		return web_refused(p, &r, &a, err);
	return block_list_parse(buf_slice(&text), out, err) || err_wrap(err, "'%s'", url->shown);
}

static bool read_memory(void *ctx, uint64_t offset, void *out, size_t len, struct err *err)
{
	(void)err;
	const struct buf *b = ctx;
	memcpy(out, b->p + offset, len);
	return true;
}

bool blob_commit(struct web_pool *p, const struct blob_new *b, const char (*names)[BLOCK_NAME_SIZE],
		 size_t count, enum blob_made *made, struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(BLOCK_LIST_TEXT_MAX);
	struct web_answer a;
	uint8_t md5[MD5_SIZE];
	char md5_text[MD5_TEXT_SIZE];
	block_list_write(names, count, &text);
	if (!buf_ok(&text, "the list of blocks", err))
		return false;
	struct source src = {
		.name = "the list of blocks", .size = text.len, .ctx = &text, .read_at = read_memory
	};
	struct web_request r = { .method = "PUT",
				 .url = b->url,
				 .query = "comp=blocklist",
				 .body = &src,
				 .body_size = src.size };
	if (!md5_of_source(&src, 0, src.size, md5, err))
		return false;
	base64_text(md5, md5_text);
	web_header(&r.headers, "Content-MD5", "%s", md5_text);
	add_conditions(&r, b);
	return web_send(p, &r, &a, err) && made_of(p, &r, &a, made, err);
}
