/* SPDX-License-Identifier: MIT */
/* prove.c - see prove.h. */
#include "prove.h"

#include <pthread.h>
#include <string.h>

#include "decompress.h"
#include "interrupt.h"
#include "progress.h"
#include "recipe_run.h"
#include "xz_guess.h"

#define GZIP_HEADER_SIZE 10
#define GZIP_HEADER_MAX 1024u
#define GZIP_TRAILER_SIZE 8
#define CHUNK (64u << 10)

/* Encoders that are at work together hold at most this much, unless one alone takes more. */
#define MEMORY_MAX (UINT64_C(1000) << 20)

/* --- ways ---------------------------------------------------------------------------------------- */

void prove_ways_done(struct prove_ways *w)
{
	buf_done(&w->literals[0]);
	buf_done(&w->literals[1]);
}

/* Length of the header of a gzip member (RFC 1952); 0: it is none, or a strange one. */
static size_t gzip_header_length(struct slice s)
{
	enum { EXTRA = 4, NAME = 8, COMMENT = 16, CRC = 2, KNOWN = 31 };
	struct rd r = rd_new(s);
	struct slice fixed = rd_take(&r, GZIP_HEADER_SIZE);
	if (r.bad || fixed.p[0] != 0x1f || fixed.p[1] != 0x8b || fixed.p[2] != 8 ||
	    (fixed.p[3] & ~KNOWN))
		return 0;
	if (fixed.p[3] & EXTRA)
		rd_take(&r, rd_u16le(&r));
	for (int texts = !!(fixed.p[3] & NAME) + !!(fixed.p[3] & COMMENT); texts > 0; texts--)
		while (!r.bad && rd_uint_le(&r, 1))
			;
	if (fixed.p[3] & CRC)
		rd_take(&r, 2);
	return r.bad ? 0 : s.len - r.left;
}

static void add_deflate(struct prove_ways *w, enum recipe_op_kind kind, uint32_t level)
{
	if (w->count == PROVE_WAYS_MAX)
		return;
	for (size_t i = 0; i < w->count; i++)
		if (w->v[i].ops[1].kind == kind && w->v[i].ops[1].level == level)
			return;
	struct slice head = buf_slice(&w->literals[0]), tail = buf_slice(&w->literals[1]);
	struct recipe_op middle = { .kind = kind, .level = level, .memory = 8 };
	w->v[w->count].ops[0] = (struct recipe_op) { .kind = RECIPE_LITERAL, .literal = head };
	w->v[w->count].ops[1] = middle;
	w->v[w->count].ops[2] = (struct recipe_op) { .kind = RECIPE_LITERAL, .literal = tail };
	w->v[w->count++].count = 3;
}

static bool find_gzip(const struct source *src, uint64_t offset, uint64_t size,
		      struct prove_ways *w, struct err *err)
{
	uint8_t head[GZIP_HEADER_MAX], tail[GZIP_TRAILER_SIZE];
	size_t n = size < sizeof(head) ? (size_t)size : sizeof(head);
	if (size < GZIP_HEADER_SIZE + GZIP_TRAILER_SIZE)
		return true;
	if (!source_read(src, offset, head, n, err) ||
	    !source_read(src, offset + size - sizeof(tail), tail, sizeof(tail), err))
		return false;
	size_t length = gzip_header_length((struct slice) { head, n });
	if (length == 0)
		return true;
	w->literals[0] = BUF_INIT(GZIP_HEADER_MAX);
	w->literals[1] = BUF_INIT(GZIP_TRAILER_SIZE);
	buf_add(&w->literals[0], head, length);
	buf_add(&w->literals[1], tail, sizeof(tail));
	if (!buf_ok(&w->literals[0], "a header", err) || !buf_ok(&w->literals[1], "a trailer", err))
		return false;
	/* The header's "extra flags" say 2 for the best compression, 4 for the fastest. */
	uint32_t likely = head[8] == 2 ? 9 : head[8] == 4 ? 1 : 6;
	add_deflate(w, RECIPE_ZLIB, likely); /* costs less to try */
	add_deflate(w, RECIPE_GZIP, likely);
	add_deflate(w, RECIPE_ZLIB, 9);
	add_deflate(w, RECIPE_GZIP, 9);
	add_deflate(w, RECIPE_ZLIB, 6);
	add_deflate(w, RECIPE_GZIP, 6);
	return true;
}

bool prove_find_ways(const struct source *src, uint64_t offset, uint64_t size,
		     struct prove_ways *out, struct err *err)
{
	uint8_t magic[6] = { 0 };
	AUTO(prove_ways_done) struct prove_ways w = { 0 };
	size_t n = size < sizeof(magic) ? (size_t)size : sizeof(magic);
	if (n && !source_read(src, offset, magic, n, err))
		return false;
	if (memcmp(magic,
		   "\375"
		   "7zXZ",
		   6) == 0) {
		struct xz_guess g = { 0 };
		/* Of several streams dpkg takes the first, and other programs all. */
		if (!xz_guess(src, offset, size, &g, err))
			return false;
		w.size = g.size;
		for (; w.count < g.count; w.count++) {
			w.v[w.count].ops[0] =
				(struct recipe_op) { .kind = RECIPE_XZ, .xz = g.ways[w.count] };
			w.v[w.count].count = 1;
		}
	} else if (magic[0] == 0x1f && magic[1] == 0x8b) {
		if (!find_gzip(src, offset, size, &w, err))
			return false;
	}
	*out = w;
	w = (struct prove_ways) { 0 };
	return true;
}

/* --- memory of all encoders at once -------------------------------------------------------------- */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t less;
	uint64_t used;
} memory = { .lock = PTHREAD_MUTEX_INITIALIZER, .less = PTHREAD_COND_INITIALIZER };

static void memory_take(uint64_t n)
{
	pthread_mutex_lock(&memory.lock);
	while (memory.used > 0 && n > MEMORY_MAX - memory.used)
		pthread_cond_wait(&memory.less, &memory.lock);
	memory.used += n < MEMORY_MAX ? n : MEMORY_MAX;
	pthread_mutex_unlock(&memory.lock);
}

static void memory_give(uint64_t n)
{
	pthread_mutex_lock(&memory.lock);
	memory.used -= n < MEMORY_MAX ? n : MEMORY_MAX;
	pthread_cond_broadcast(&memory.less);
	pthread_mutex_unlock(&memory.lock);
}

/* --- trying one ---------------------------------------------------------------------------------- */

struct trial {
	const struct source *src;
	uint64_t offset, size;
	struct decoder *decoder;
	uint64_t same, *reported; /* bytes */
	bool differs;
};

static bool trial_read(void *ctx, uint8_t *p, size_t n, size_t *got, struct err *err)
{
	struct trial *t = ctx;
	if (!interrupt_check(err) || !decoder_read(t->decoder, p, n, got, err))
		return false;
	return *got > 0 || err_set(err, ERR_FORMAT, "it is shorter than it says");
}

/* What is made is compared and dropped. */
static bool trial_write(void *ctx, uint64_t at, const uint8_t *p, size_t n, struct err *err)
{
	struct trial *t = ctx;
	uint8_t wanted[CHUNK];
	while (n > 0) {
		size_t part = n < CHUNK ? n : CHUNK;
		t->differs = at > t->size || part > t->size - at;
		if (t->differs)
			return err_set(err, ERR_FORMAT, "it is longer");
		if (!source_read(t->src, t->offset + at, wanted, part, err))
			return false;
		t->differs = memcmp(wanted, p, part) != 0;
		if (t->differs)
			return err_set(err, ERR_FORMAT, "it differs");
		p += part;
		n -= part;
		at += part;
		t->same += part;
		if (t->same > *t->reported) {
			progress_add(t->same - *t->reported);
			*t->reported = t->same;
		}
	}
	return true;
}

static uint64_t memory_of(const struct recipe_op *ops, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (ops[i].kind == RECIPE_XZ)
			return xz_encode_memory(&ops[i].xz);
	return 1 << 20;
}

static bool try_way(struct trial *t, const struct recipe_op *ops, size_t count, uint64_t raw_size,
		    bool *yes, struct err *err)
{
	struct recipe_io io = { .ctx = t, .read = trial_read, .write = trial_write };
	struct err why = { 0 };
	uint64_t at = 0;
	bool ok = true;
	for (size_t i = 0; ok && i < count; i++) {
		struct recipe_op op = ops[i];
		if (op.kind != RECIPE_LITERAL)
			op.length = raw_size;
		ok = recipe_run_op(&op, &io, &at, &why);
	}
	if (!ok && !t->differs)
		return err_set(err, why.code, "%s", why.msg);
	*yes = ok && at == t->size;
	return true;
}

bool prove(const struct source *src, uint64_t offset, uint64_t size, uint64_t raw_size,
	   const struct prove_ways *ways, uint32_t *way, struct err *err)
{
	uint64_t reported = 0;
	*way = PROVE_NO_WAY;
	for (size_t i = 0; raw_size > 0 && i < ways->count; i++) {
		AUTO(decoder_auto_free)
		struct decoder *decoder = decoder_open(src, offset, size, err);
		if (!decoder)
			return false;
		struct trial t = { .src = src,
				   .offset = offset,
				   .size = size,
				   .decoder = decoder,
				   .reported = &reported };
		uint64_t need = memory_of(ways->v[i].ops, ways->v[i].count);
		bool yes = false;
		memory_take(need);
		bool ok = try_way(&t, ways->v[i].ops, ways->v[i].count, raw_size, &yes, err);
		memory_give(need);
		if (!ok)
			return false;
		if (yes) {
			*way = (uint32_t)i;
			return true;
		}
	}
	return true;
}
