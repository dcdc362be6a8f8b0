/* SPDX-License-Identifier: MIT */
/* remote.c - see remote.h. */
#include "remote.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "pe.h"
#include "progress.h"
#include "workers.h"

#define TAIL_SIZE (256u << 10) /* signatures, root, and what else fits */
#define PIECE_SIZE (4u << 20)  /* of one request */
#define GAP_SIZE (16u << 10)   /* fewer bytes than this between two parts are fetched along */
#define WASTE_SHARE 20         /* but no more of them than this part of what is wanted */

/* --- the partial file --------------------------------------------------------------------------- */

static bool write_sink(void *ctx, uint64_t offset, const uint8_t *p, size_t n, struct err *err)
{
	const struct remote *r = ctx;
	return file_write_at(r->fd, r->path, offset, p, n, err);
}

/* No link, nobody else's, and nobody else at it. */
static bool open_partial(struct remote *r, struct err *err)
{
	struct stat st;
	r->fd = open(r->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (r->fd < 0 || fstat(r->fd, &st) != 0)
		return file_error(err, "open", r->path);
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid()) {
		close(r->fd);
		r->fd = -1;
		return err_set(err, ERR_SYSTEM, "'%s' is not a file of ours: remove it", r->path);
	}
	if (flock(r->fd, LOCK_EX | LOCK_NB) != 0 || fstat(r->fd, &st) != 0 || st.st_nlink == 0) {
		close(r->fd);
		r->fd = -1; /* not ours to remove */
		return err_set(err, ERR_LOCKED, "another pull is writing '%s'", r->path);
	}
	r->was_there = st.st_size > 0;
	return true;
}

static bool read_partial(const struct remote *r, uint64_t offset, uint8_t *out, size_t len,
			 struct err *err)
{
	while (len) {
		ssize_t n = pread(r->fd, out, len, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return file_error(err, "read", r->path);
		out += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
	}
	return true;
}

/* --- the source --------------------------------------------------------------------------------- */

static bool need(struct remote *r, struct span wanted, struct err *err)
{
	const struct http_sink sink = { write_sink, r };
	struct span x;
	while (span_set_missing(&r->have, wanted, &x))
		if (!http_file_get(&r->file, x.from, x.to - x.from, &sink, err) ||
		    !span_set_add(&r->have, x, err))
			return false;
	return true;
}

static bool read_at(void *ctx, uint64_t offset, void *out, size_t len, struct err *err)
{
	struct remote *r = ctx;
	return need(r, (struct span) { offset, offset + len }, err) &&
	       read_partial(r, offset, out, len, err);
}

/* What an older state of the file had at its end is not this one's. */
static bool fit(struct remote *r, struct err *err)
{
	if (ftruncate(r->fd, (off_t)r->file.size) != 0)
		return file_error(err, "resize", r->path);
	r->src = (struct source) {
		.name = r->url.shown, .size = r->file.size, .ctx = r, .read_at = read_at
	};
	return true;
}

static bool open_whole(struct remote *r, struct web_pool *pool, struct err *err)
{
	const struct http_sink sink = { write_sink, r };
	progress_begin("fetching", 0);
	bool ok = http_file_get_whole(pool, &r->url, &sink, &r->file, err);
	progress_end();
	return ok && fit(r, err) && span_set_add(&r->have, (struct span) { 0, r->file.size }, err);
}

/* The beginning tells whether certificates follow the locator; what else there is stands at the end. */
static bool open_ranges(struct remote *r, struct web_pool *pool, struct err *err)
{
	const struct http_sink sink = { write_sink, r };
	if (!http_file_open(pool, &r->url, PE_HEADERS_MAX, &sink, &r->file, err))
		return false;
	uint64_t size = r->file.size;
	uint64_t head = size < PE_HEADERS_MAX ? size : PE_HEADERS_MAX;
	return fit(r, err) && span_set_add(&r->have, (struct span) { 0, head }, err) &&
	       need(r, (struct span) { size > TAIL_SIZE ? size - TAIL_SIZE : 0, size }, err);
}

bool remote_open(struct remote *r, struct web_pool *pool, const char *path, bool whole,
		 struct err *err)
{
	r->path = strdup(path);
	if (!r->path)
		return err_no_memory(err);
	return open_partial(r, err) &&
	       (whole ? open_whole(r, pool, err) : open_ranges(r, pool, err));
}

void remote_close(struct remote *r, bool keep)
{
	if (r->fd >= 0 && !keep)
		unlink(r->path); /* before the lock on it goes */
	if (r->fd >= 0)
		close(r->fd);
	free(r->path);
	span_set_done(&r->have);
	blob_url_done(&r->url);
	*r = REMOTE_INIT;
}

/* --- blocks ------------------------------------------------------------------------------------- */

/* Only this file, none of it fetched. */
static bool read_only_partial(void *ctx, uint64_t offset, void *out, size_t len, struct err *err)
{
	return read_partial(ctx, offset, out, len, err);
}

bool remote_recognise(struct remote *r, const struct block *b, uint64_t offset, struct err *err)
{
	uint8_t digest[SHA256_SIZE];
	struct span x = { offset, offset + b->stored_size }, missing;
	off_t data = lseek(r->fd, (off_t)offset, SEEK_DATA);
	if (!r->was_there || (data < 0 ? errno == ENXIO : (uint64_t)data >= x.to) ||
	    !span_set_missing(&r->have, x, &missing))
		return true;
	struct source src = r->src;
	src.read_at = read_only_partial;
	if (!sha256_of_source(&src, offset, b->stored_size, digest, err))
		return false;
	return memcmp(digest, b->sha256, sizeof(digest)) != 0 || span_set_add(&r->have, x, err);
}

struct fetching {
	struct remote *remote;
	struct span_set plan;
};

static void fetching_done(struct fetching *f)
{
	span_set_done(&f->plan);
}

static bool write_and_tell(void *ctx, uint64_t offset, const uint8_t *p, size_t n, struct err *err)
{
	progress_add(n);
	return write_sink(ctx, offset, p, n, err);
}

static bool fetch_one(void *ctx, size_t index, struct err *err)
{
	const struct fetching *f = ctx;
	const struct http_sink sink = { write_and_tell, f->remote };
	struct span x = f->plan.v[index];
	if (http_file_get(&f->remote->file, x.from, x.to - x.from, &sink, err))
		return true;
	web_pool_stop(f->remote->file.pool); /* the first error is the one that is told */
	return false;
}

bool remote_fetch(struct remote *r, const struct span_set *wanted, unsigned jobs, struct err *err)
{
	AUTO(fetching_done) struct fetching f = { .remote = r };
	if (!span_set_plan(&r->have, wanted, GAP_SIZE, span_set_bytes(wanted) / WASTE_SHARE,
			   PIECE_SIZE, &f.plan, err))
		return false;
	progress_begin("fetching", span_set_bytes(&f.plan));
	bool ok = workers_run(f.plan.count, jobs, fetch_one, &f, err);
	progress_end();
	for (size_t i = 0; ok && i < f.plan.count; i++)
		ok = span_set_add(&r->have, f.plan.v[i], err);
	return ok;
}
