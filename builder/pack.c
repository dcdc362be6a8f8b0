/* SPDX-License-Identifier: MIT */
/* pack.c - see pack.h.  The only file of the builder that includes zstd.h. */
#include "pack.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "interrupt.h"
#include "progress.h"

/* A block that shrinks by less than one part in 50 is stored: reading it is faster then. */
#define GAIN_MIN_DIVISOR 50
#define PROBE_LEVEL 3
#define STEP_SIZE (1u << 20)

const char *pack_zstd_version(void)
{
	return ZSTD_versionString();
}

bool pack_init(struct pack *p, uint32_t count, struct err *err)
{
	*p = (struct pack) { .cap = count };
	p->table.blocks = calloc(count ? count : 1, sizeof(*p->table.blocks));
	p->places = calloc(count ? count : 1, sizeof(*p->places));
	if (p->table.blocks && p->places)
		return true;
	pack_done(p);
	return err_no_memory(err);
}

void pack_done(struct pack *p)
{
	free(p->table.blocks);
	free(p->places);
	*p = (struct pack) { 0 };
}

/* --- one block ----------------------------------------------------------------------------------- */

struct job {
	uint8_t *raw; /* owned, as is packed: both of the largest block's size */
	size_t raw_size;
	uint8_t *packed;
	size_t packed_cap;
	struct block block;
	struct slice stored; /* raw or packed */
	bool finished, failed;
	struct err err;
};

static int window_log(size_t size)
{
	int log = 10;
	while (log < 27 && (size_t)1 << log < size)
		log++;
	return log;
}

static bool set_up(ZSTD_CCtx *cctx, int level, bool probe, size_t size)
{
	size_t rc = ZSTD_CCtx_reset(cctx, ZSTD_reset_session_and_parameters);
	const struct {
		ZSTD_cParameter name;
		int value;
	} settings[] = {
		{ ZSTD_c_compressionLevel, level },
		{ ZSTD_c_windowLog, window_log(size) },
		{ ZSTD_c_checksumFlag, 0 }, /* the table has a better one */
		{ ZSTD_c_enableLongDistanceMatching, probe },
	};
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]) && !ZSTD_isError(rc); i++)
		rc = ZSTD_CCtx_setParameter(cctx, settings[i].name, settings[i].value);
	return !ZSTD_isError(rc) && !ZSTD_isError(ZSTD_CCtx_setPledgedSrcSize(cctx, size));
}

/* In steps, since a block at a high level takes seconds and somebody may want to stop. */
static bool compress(ZSTD_CCtx *cctx, int level, bool probe, struct job *j, size_t *size,
		     struct err *err)
{
	if (!set_up(cctx, level, probe, j->raw_size))
		return err_set(err, ERR_SYSTEM, "zstd does not take level %d", level);
	ZSTD_outBuffer out = { j->packed, j->packed_cap, 0 };
	ZSTD_inBuffer in = { j->raw, 0, 0 };
	size_t left = 1;
	while (left > 0 || in.size < j->raw_size) {
		if (!interrupt_check(err))
			return false;
		if (in.pos == in.size)
			in.size = j->raw_size - in.size < STEP_SIZE ? j->raw_size
								    : in.size + STEP_SIZE;
		left = ZSTD_compressStream2(cctx, &out, &in,
					    in.size < j->raw_size ? ZSTD_e_continue : ZSTD_e_end);
		if (ZSTD_isError(left))
			return err_set(err, ERR_SYSTEM, "zstd cannot compress a block: %s",
				       ZSTD_getErrorName(left));
	}
	*size = out.pos;
	return true;
}

static bool gains(const struct job *j, size_t size)
{
	return size < j->raw_size - j->raw_size / GAIN_MIN_DIVISOR;
}

/*
 * Most blocks of packages are compressed inside already, and the high levels spend seconds to find
 * that out.  So a fast level looks first, with long-distance matching: the same compressed run may
 * well stand twice in a block, megabytes apart.
 */
static bool encode(ZSTD_CCtx *cctx, int level, struct job *j, struct err *err)
{
	size_t size = 0;
	bool smaller = false;
	if (level > 0 && j->raw_size > 0) {
		if (!compress(cctx, level < PROBE_LEVEL ? level : PROBE_LEVEL, true, j, &size, err))
			return false;
		smaller = gains(j, size);
		if (smaller && level > PROBE_LEVEL) {
			if (!compress(cctx, level, false, j, &size, err))
				return false;
			smaller = gains(j, size);
		}
	}
	j->stored = smaller ? (struct slice) { j->packed, size }
			    : (struct slice) { j->raw, j->raw_size };
	j->block.codec = smaller ? BLOCK_ZSTD : BLOCK_STORED;
	j->block.raw_size = j->raw_size;
	j->block.stored_size = j->stored.len;
	return sha256_of(j->stored, j->block.sha256, err);
}

static bool append(struct pack *p, const struct job *j, struct outfile *out, struct err *err)
{
	if (p->table.count >= p->cap)
		return err_set(err, ERR_SYSTEM, "more blocks than were counted");
	p->places[p->table.count] = out->offset;
	if (!outfile_write(out, j->stored.p, j->stored.len, err))
		return false;
	p->table.blocks[p->table.count++] = j->block;
	return true;
}

static void auto_cctx(ZSTD_CCtx **slot)
{
	ZSTD_freeCCtx(*slot);
}

bool pack_bytes(struct pack *p, struct slice raw, uint32_t group, int level, struct outfile *out,
		struct err *err)
{
	AUTO(auto_cctx) ZSTD_CCtx *cctx = ZSTD_createCCtx();
	AUTO(auto_free) uint8_t *copy = malloc(raw.len ? raw.len : 1);
	size_t cap = ZSTD_compressBound(raw.len);
	AUTO(auto_free) uint8_t *packed = malloc(cap);
	if (!cctx || !copy || !packed)
		return err_no_memory(err);
	if (raw.len)
		memcpy(copy, raw.p, raw.len);
	struct job j = { .raw = copy, .raw_size = raw.len, .packed = packed, .packed_cap = cap };
	j.block.group = group;
	return encode(cctx, level, &j, err) && append(p, &j, out, err);
}

bool pack_frame(struct slice raw, int level, struct buf *out, struct err *err)
{
	AUTO(auto_cctx) ZSTD_CCtx *cctx = ZSTD_createCCtx();
	struct job j = { .raw = (uint8_t *)(uintptr_t)raw.p,
			 .raw_size = raw.len,
			 .packed_cap = ZSTD_compressBound(raw.len) };
	AUTO(auto_free) uint8_t *packed = malloc(j.packed_cap);
	size_t size = 0;
	j.packed = packed;
	if (!cctx || !packed)
		return err_no_memory(err);
	if (!compress(cctx, level, false, &j, &size, err))
		return false;
	buf_add(out, packed, size);
	return buf_ok(out, "a compressed document", err);
}

/* --- the stream of a group's files ---------------------------------------------------------------- */

struct reader {
	const struct groups *g;
	uint32_t next; /* in g->order: the file that is open, or opened next */
	int fd;        /* -1: none is open */
	uint64_t done; /* of the open file */
	struct sha256 hash;
};

static void reader_done(struct reader *r)
{
	if (r->fd >= 0)
		close(r->fd);
	sha256_done(&r->hash);
}

static bool open_file(struct reader *r, const struct group_file *f, struct err *err)
{
	r->fd = open(f->from, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0)
		return err_set(err, ERR_SYSTEM, "cannot open '%s': %s", f->from, strerror(errno));
	r->done = 0;
	sha256_done(&r->hash);
	return sha256_init(&r->hash, err);
}

static bool close_file(struct reader *r, const struct group_file *f, struct err *err)
{
	uint8_t more, seen[SHA256_SIZE];
	bool longer = read(r->fd, &more, 1) != 0;
	close(r->fd);
	r->fd = -1;
	r->next++;
	sha256_final(&r->hash, seen);
	if (!longer && memcmp(seen, f->sha256, SHA256_SIZE) == 0)
		return true;
	char want[SHA256_HEX_SIZE], have[SHA256_HEX_SIZE];
	sha256_hex(f->sha256, want);
	sha256_hex(seen, have);
	return err_set(err, ERR_DIGEST,
		       "'%s' has changed since it was verified: expected sha256 %s, found %s%s; "
		       "delete it and fetch again",
		       f->from, want, have, longer ? " and more bytes after it" : "");
}

/* As many bytes of the open file as fit in @n. */
static bool read_some(struct reader *r, const struct group_file *f, uint8_t *p, size_t n,
		      size_t *got, struct err *err)
{
	uint64_t left = f->size - r->done;
	size_t want = left < n ? (size_t)left : n;
	ssize_t k = read(r->fd, p, want);
	if (k < 0)
		return err_set(err, ERR_SYSTEM, "cannot read '%s': %s", f->from, strerror(errno));
	if (k == 0)
		return err_set(
			err, ERR_DIGEST,
			"'%s' is cut short since it was verified: %llu of %llu bytes; delete "
			"it and fetch again",
			f->from, (unsigned long long)r->done, (unsigned long long)f->size);
	sha256_update(&r->hash, p, (size_t)k);
	r->done += (uint64_t)k;
	*got = (size_t)k;
	return true;
}

/* Fill @p with the next @n bytes of the groups. */
static bool reader_fill(struct reader *r, uint8_t *p, size_t n, struct err *err)
{
	while (n > 0) {
		if (r->next >= r->g->order_count)
			return err_set(err, ERR_SYSTEM, "the groups end before their blocks do");
		const struct group_file *f = &r->g->files[r->g->order[r->next]];
		if (r->fd < 0 && !open_file(r, f, err))
			return false;
		size_t got = 0;
		if (!read_some(r, f, p, n, &got, err))
			return false;
		p += got;
		n -= got;
		if (r->done == f->size && !close_file(r, f, err))
			return false;
	}
	return true;
}

/* --- many blocks ---------------------------------------------------------------------------------- */

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct job *jobs; /* block b uses jobs[b % job_count] */
	uint32_t job_count;
	uint32_t filled, taken; /* blocks read so far, blocks given to a worker */
	bool stop;
	int level;
	pthread_t threads[PACK_JOBS_MAX];
	unsigned thread_count;
};

static void *worker(void *arg)
{
	struct pool *pool = arg;
	AUTO(auto_cctx) ZSTD_CCtx *cctx = ZSTD_createCCtx();
	pthread_mutex_lock(&pool->lock);
	for (;;) {
		while (!pool->stop && pool->taken == pool->filled)
			pthread_cond_wait(&pool->changed, &pool->lock);
		if (pool->stop)
			break;
		struct job *j = &pool->jobs[pool->taken++ % pool->job_count];
		pthread_mutex_unlock(&pool->lock);
		bool ok = cctx ? encode(cctx, pool->level, j, &j->err) : err_no_memory(&j->err);
		pthread_mutex_lock(&pool->lock);
		j->failed = !ok;
		j->finished = true;
		pthread_cond_broadcast(&pool->changed);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

static void pool_done(struct pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	pool->stop = true;
	pthread_cond_broadcast(&pool->changed);
	pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->thread_count; i++)
		pthread_join(pool->threads[i], NULL);
	for (uint32_t i = 0; pool->jobs && i < pool->job_count; i++) {
		free(pool->jobs[i].raw);
		free(pool->jobs[i].packed);
	}
	free(pool->jobs);
	pthread_cond_destroy(&pool->changed);
	pthread_mutex_destroy(&pool->lock);
}

static bool pool_start(struct pool *pool, const struct groups *g, const struct pack_options *opt,
		       struct err *err)
{
	uint64_t largest = 0;
	for (size_t i = 0; i < g->group_count; i++)
		if (g->groups[i].block_size > largest)
			largest = g->groups[i].block_size;
	if (largest > BLOCK_RAW_MAX)
		return err_set(err, ERR_SYSTEM, "blocks of %llu bytes are too large",
			       (unsigned long long)largest);
	unsigned threads = opt->jobs < 1               ? 1
			   : opt->jobs > PACK_JOBS_MAX ? PACK_JOBS_MAX
						       : opt->jobs;
	pool->level = opt->level;
	pool->job_count = threads + 1;
	pool->jobs = calloc(pool->job_count, sizeof(*pool->jobs));
	if (!pool->jobs)
		return err_no_memory(err);
	for (uint32_t i = 0; i < pool->job_count; i++) {
		struct job *j = &pool->jobs[i];
		j->packed_cap = ZSTD_compressBound((size_t)largest);
		j->raw = malloc(largest ? (size_t)largest : 1);
		j->packed = malloc(j->packed_cap);
		if (!j->raw || !j->packed)
			return err_no_memory(err);
	}
	for (unsigned i = 0; i < threads; i++) {
		int rc = pthread_create(&pool->threads[i], NULL, worker, pool);
		if (rc != 0)
			return err_set(err, ERR_SYSTEM, "cannot start a thread: %s", strerror(rc));
		pool->thread_count++;
	}
	return true;
}

/* Wait for the block in @j and write it.  Blocks come here in their order. */
static bool pool_write(struct pool *pool, struct job *j, struct pack *p, struct outfile *out,
		       struct err *err)
{
	pthread_mutex_lock(&pool->lock);
	while (!j->finished)
		pthread_cond_wait(&pool->changed, &pool->lock);
	pthread_mutex_unlock(&pool->lock);
	if (j->failed) {
		*err = j->err;
		return false;
	}
	return append(p, j, out, err);
}

static bool pool_run(struct pool *pool, struct pack *p, const struct groups *g, struct outfile *out,
		     struct err *err)
{
	AUTO(reader_done) struct reader reader = { .g = g, .fd = -1 };
	uint64_t done = 0;
	uint32_t n = 0, written = 0;
	for (size_t i = 0; i < g->group_count; i++) {
		const struct group *grp = &g->groups[i];
		for (uint32_t b = 0; b < grp->block_count; b++, n++) {
			struct job *j = &pool->jobs[n % pool->job_count];
			if (n >= pool->job_count && !pool_write(pool, j, p, out, err))
				return false;
			written += n >= pool->job_count;
			j->finished = false;
			j->raw_size = (size_t)group_block_size(grp, b);
			j->block = (struct block) { .group = (uint32_t)i };
			if (!interrupt_check(err) ||
			    !reader_fill(&reader, j->raw, j->raw_size, err))
				return false;
			pthread_mutex_lock(&pool->lock);
			pool->filled++;
			pthread_cond_broadcast(&pool->changed);
			pthread_mutex_unlock(&pool->lock);
			done += j->raw_size;
			progress_update(done);
		}
	}
	for (; written < n; written++)
		if (!pool_write(pool, &pool->jobs[written % pool->job_count], p, out, err))
			return false;
	return true;
}

bool pack_groups(struct pack *p, const struct groups *g, const struct pack_options *opt,
		 struct outfile *out, struct err *err)
{
	AUTO(pool_done) struct pool pool = { .lock = PTHREAD_MUTEX_INITIALIZER,
					     .changed = PTHREAD_COND_INITIALIZER };
	if (!pool_start(&pool, g, opt, err) || !pool_run(&pool, p, g, out, err))
		return false;
	p->table.group_count = (uint32_t)g->group_count;
	return true;
}
