/* SPDX-License-Identifier: MIT */
/* pack.c - see pack.h. */
#include "pack.h"

#include <string.h>

#include "group_read.h"
#include "interrupt.h"
#include "parallel.h"
#include "progress.h"

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
	block_table_done(&p->table);
	free(p->places);
	*p = (struct pack) { 0 };
}

static bool append(struct pack *p, struct block block, struct slice raw, const struct encoded *e,
		   struct outfile *out, struct err *err)
{
	if (p->table.count >= p->cap)
		return err_set(err, ERR_SYSTEM, "more blocks than were counted");
	block.codec = e->codec;
	block.raw_size = raw.len;
	block.stored_size = e->stored.len;
	if (!e->with_prefix)
		block.prefix = BLOCK_NO_PREFIX;
	p->places[p->table.count] = out->offset;
	if (!sha256_of(e->stored, block.sha256, err) ||
	    !outfile_write(out, e->stored.p, e->stored.len, err))
		return false;
	p->table.blocks[p->table.count++] = block;
	return true;
}

bool pack_bytes(struct pack *p, struct slice raw, uint32_t group, const struct encode_options *opt,
		struct outfile *out, struct err *err)
{
	static const struct slice none;
	struct encoded e;
	AUTO(auto_free) uint8_t *buffer = malloc(encode_buffer_size(raw.len));
	if (!buffer)
		return err_no_memory(err);
	return encode_block(opt, CONTENT_DATA, raw, none, buffer, &e, err) &&
	       append(p, (struct block) { .group = group }, raw, &e, out, err);
}

/* --- many blocks ---------------------------------------------------------------------------------- */

/*
 * One block may take a hundred times as long as another, and the first thread neither fills nor writes while it encodes
 * one: so that the others do not run out of blocks, there are two a thread.
 */
#define SLOTS_PER_JOB 2

/* A block on its way: filled by the first thread, encoded by any, written by the first. */
struct slot {
	struct parallel_job job;
	const struct groups *g;
	const struct encode_options *opt;
	uint32_t block;
	uint8_t *raw, *buffer; /* owned; of the largest block's size */
	struct encoded encoded;
	bool ok, started;
	struct err err;
};

struct line {
	struct parallel *parallel;
	struct slot *slots; /* block b uses slots[b % count] */
	uint32_t count;
};

static void line_done(struct line *l)
{
	for (uint32_t i = 0; l->slots && i < l->count; i++) {
		if (l->slots[i].started)
			parallel_wait(l->parallel, &l->slots[i].job);
		free(l->slots[i].raw);
		free(l->slots[i].buffer);
	}
	free(l->slots);
	parallel_free(l->parallel);
}

static void encode(void *arg)
{
	struct slot *s = arg;
	const struct group_block *b = &s->g->blocks[s->block];
	struct slice raw = { s->raw, (size_t)b->size }, prefix = { 0 };
	AUTO(auto_free) uint8_t *before = NULL;
	s->ok = true;
	if (b->prefix != GROUP_NONE) {
		prefix.len = (size_t)s->g->blocks[b->prefix].size;
		prefix.p = before = malloc(prefix.len);
		s->ok = before ? group_read_block(s->g, b->prefix, before, &s->err)
			       : err_no_memory(&s->err);
	}
	s->ok = s->ok &&
		encode_block(s->opt, b->kind, raw, prefix, s->buffer, &s->encoded, &s->err);
}

static size_t largest_block(const struct groups *g)
{
	uint64_t largest = 1;
	for (uint32_t i = 0; i < g->block_count; i++)
		if (g->blocks[i].size > largest)
			largest = g->blocks[i].size;
	return (size_t)largest;
}

/* As many threads as asked for and memory allows; the first one, which waits, works, too. */
static bool line_init(struct line *l, const struct groups *g, const struct pack_options *opt,
		      struct err *err)
{
	size_t largest = largest_block(g);
	if (largest > BLOCK_RAW_MAX)
		return err_set(err, ERR_SYSTEM, "blocks of %zu bytes are too large", largest);
	uint64_t each = encode_memory(largest, largest) + largest +
			SLOTS_PER_JOB * (largest + encode_buffer_size(largest));
	uint64_t jobs = PACK_MEMORY_MAX / each;
	jobs = jobs < opt->jobs ? jobs : opt->jobs;
	jobs = jobs < 1 ? 1 : jobs > PACK_JOBS_MAX ? PACK_JOBS_MAX : jobs;
	l->count = (uint32_t)jobs * SLOTS_PER_JOB + 1;
	l->slots = calloc(l->count, sizeof(*l->slots));
	l->parallel = parallel_new((unsigned)jobs - 1);
	if (!l->slots || !l->parallel)
		return err_no_memory(err);
	for (uint32_t i = 0; i < l->count; i++) {
		struct slot *s = &l->slots[i];
		s->g = g;
		s->opt = &opt->encode;
		s->raw = malloc(largest);
		s->buffer = malloc(encode_buffer_size(largest));
		if (!s->raw || !s->buffer)
			return err_no_memory(err);
	}
	return true;
}

static bool fill(struct line *l, struct group_reader *r, uint32_t block, struct err *err)
{
	struct slot *s = &l->slots[block % l->count];
	s->block = block;
	if (!interrupt_check(err) || !group_read_next(r, block, s->raw, err))
		return false;
	s->job = (struct parallel_job) { .run = encode, .arg = s };
	s->started = true;
	parallel_start(l->parallel, &s->job);
	return true;
}

/* Wait for block @block and write it. */
static bool drain(struct line *l, struct pack *p, uint32_t block, struct outfile *out,
		  struct err *err)
{
	struct slot *s = &l->slots[block % l->count];
	const struct group_block *b = &s->g->blocks[block];
	parallel_wait(l->parallel, &s->job);
	s->started = false;
	if (!s->ok)
		return err_set(err, s->err.code, "%s", s->err.msg);
	struct block record = { .group = b->group,
				.prefix = b->prefix == GROUP_NONE ? 0 : b->prefix + 1 };
	return append(p, record, (struct slice) { s->raw, (size_t)b->size }, &s->encoded, out, err);
}

bool pack_groups(struct pack *p, const struct groups *g, const struct pack_options *opt,
		 struct outfile *out, struct err *err)
{
	AUTO(line_done) struct line l = { 0 };
	AUTO(group_reader_done) struct group_reader r = GROUP_READER_INIT(g);
	uint64_t done = 0;
	if (p->table.count != 0)
		return err_set(err, ERR_SYSTEM, "blocks of groups come first");
	if (!line_init(&l, g, opt, err))
		return false;
	for (uint32_t i = 0; i < g->block_count + l.count; i++) {
		if (i >= l.count && i - l.count < g->block_count) {
			if (!drain(&l, p, i - l.count, out, err))
				return false;
			done += g->blocks[i - l.count].size;
			progress_update(done);
		}
		if (i < g->block_count && !fill(&l, &r, i, err))
			return false;
	}
	p->table.group_count = (uint32_t)g->group_count;
	return true;
}
