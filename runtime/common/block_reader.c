/* SPDX-License-Identifier: MIT */
/*
 * block_reader.c - see block_reader.h.
 *
 * All but decode() runs on the caller's thread.  A slot belongs to its job from start() to finish();
 * between them the caller reads nothing of it but `running`, and the job nothing of others but its
 * prefix, after having waited for it.
 */
#include "bundle.h"

/* --- a job: one block --- */

/* The raw bytes of the prefix, or nothing where there is none. */
static bool wait_for_prefix(const struct block_slot *s, struct slice *out, struct err *err)
{
	*out = (struct slice) { 0 };
	if (!s->prefix)
		return true;
	struct block_slot *p = s->prefix;
	parallel_wait_inside(s->bundle->reader.parallel, &p->job);
	if (!p->raw)
		return err_set(err, p->err.code, "%s", p->err.msg);
	*out = (struct slice) { p->raw, (size_t)s->bundle->table.blocks[p->block - 1].raw_size };
	return true;
}

static void decode(void *arg)
{
	struct block_slot *s = arg;
	struct slice prefix;
	if (wait_for_prefix(s, &prefix, &s->err) &&
	    !bundle_load_block(s->bundle, s->block - 1, prefix, &s->raw, &s->err))
		s->raw = NULL;
}

/* --- slots and memory --- */

static struct block_slot *find(struct block_reader *r, uint32_t index)
{
	for (size_t i = 0; i < BLOCK_READER_SLOTS; i++)
		if (r->slots[i].block == index + 1)
			return &r->slots[i];
	return NULL;
}

static struct block_slot *find_empty(struct block_reader *r)
{
	for (size_t i = 0; i < BLOCK_READER_SLOTS; i++)
		if (r->slots[i].block == 0)
			return &r->slots[i];
	return NULL;
}

/* While a block is decoded; afterwards its raw bytes are what is left. */
static uint64_t memory_to_decode(const struct block *b)
{
	return b->codec == BLOCK_STORED ? b->raw_size
					: b->stored_size + b->raw_size + block_decode_memory(b);
}

/* What all slots hold, but for one prefix. */
static uint64_t memory_held(const struct bundle *b)
{
	uint64_t sum = 0, prefix = 0;
	for (size_t i = 0; i < BLOCK_READER_SLOTS; i++) {
		const struct block_slot *s = &b->reader.slots[i];
		if (s->block == 0)
			continue;
		const struct block *block = &b->table.blocks[s->block - 1];
		sum += s->running ? memory_to_decode(block) : block->raw_size;
		if (s->pins && block->raw_size > prefix)
			prefix = block->raw_size;
	}
	return sum - prefix;
}

static void forget(struct block_slot *s)
{
	free(s->raw);
	*s = (struct block_slot) { 0 };
}

static void finish(struct block_reader *r, struct block_slot *s)
{
	if (!s->running)
		return;
	parallel_wait(r->parallel, &s->job);
	s->running = false;
	if (s->prefix)
		s->prefix->pins--;
	s->prefix = NULL;
}

/* The slot that was asked for longest ago and that no other needs, or NULL. */
static struct block_slot *oldest(struct block_reader *r, bool expected_too)
{
	struct block_slot *found = NULL;
	for (size_t i = 0; i < BLOCK_READER_SLOTS; i++) {
		struct block_slot *s = &r->slots[i];
		if (s->block == 0 || s->running || s->pins || s == r->borrowed ||
		    (s->used == 0 && !expected_too))
			continue;
		if (!found || s->used < found->used)
			found = s;
	}
	return found;
}

/*
 * Room for @needed bytes more and for a slot, by giving up what was used already and, if @all, what
 * is only expected.  With @all it succeeds in any case: a block may be larger than all memory.
 */
static bool make_room(struct bundle *b, uint64_t needed, bool all)
{
	struct block_reader *r = &b->reader;
	while (!find_empty(r) || memory_held(b) + needed > BLOCK_READER_MEMORY) {
		struct block_slot *victim = oldest(r, all);
		if (victim) {
			forget(victim);
			continue;
		}
		size_t i = 0;
		while (all && i < BLOCK_READER_SLOTS && !r->slots[i].running)
			i++;
		if (!all || i == BLOCK_READER_SLOTS)
			return all;
		finish(r, &r->slots[i]);
	}
	return true;
}

static struct block_slot *start(struct bundle *b, uint32_t index, struct block_slot *prefix)
{
	struct block_reader *r = &b->reader;
	struct block_slot *s = find_empty(r);
	if (!s)
		return NULL;
	*s = (struct block_slot) { .bundle = b, .block = index + 1, .prefix = prefix };
	s->job = (struct parallel_job) { .run = decode, .arg = s, .urgent = true };
	s->running = true;
	if (prefix)
		prefix->pins++;
	parallel_start(r->parallel, &s->job);
	return s;
}

/* Begin to decode block @index and, if it has one and that is not here, its prefix before it. */
static bool begin(struct bundle *b, uint32_t index, bool all)
{
	struct block_reader *r = &b->reader;
	const struct block *block = &b->table.blocks[index];
	struct block_slot *prefix = NULL;
	if (block->prefix != BLOCK_NO_PREFIX) {
		uint32_t at = block->prefix - 1;
		prefix = find(r, at);
		if (!prefix && !make_room(b, memory_to_decode(&b->table.blocks[at]), all))
			return false;
		if (!prefix)
			prefix = start(b, at, NULL);
		if (!prefix)
			return false;
		prefix->pins++; /* stays while room is made for the block itself */
		prefix->used = ++r->clock;
	}
	bool ok = make_room(b, memory_to_decode(block), all) && start(b, index, prefix);
	if (prefix)
		prefix->pins--;
	return ok;
}

/* --- in the order of need --- */

bool block_reader_expect(struct bundle *b, const uint32_t *blocks, size_t count, struct err *err)
{
	struct block_reader *r = &b->reader;
	free(r->expected);
	r->expected_count = r->expected_next = 0;
	r->expected = malloc((count ? count : 1) * sizeof(*r->expected));
	if (!r->expected)
		return err_no_memory(err);
	if (count)
		memcpy(r->expected, blocks, count * sizeof(*blocks));
	r->expected_count = count;
	return true;
}

/* Start what comes after block @index, as far as there is room and there are threads. */
static void look_ahead(struct bundle *b, uint32_t index)
{
	struct block_reader *r = &b->reader;
	while (r->expected_next < r->expected_count && r->expected[r->expected_next] <= index)
		r->expected_next++;
	if (parallel_threads(r->parallel) == 0)
		return;
	for (size_t i = r->expected_next; i < r->expected_count; i++) {
		uint32_t next = r->expected[i];
		if (!bundle_has_block(b, next, NULL) || (!find(r, next) && !begin(b, next, false)))
			return;
	}
}

bool block_reader_read(struct bundle *b, uint32_t index, struct slice *raw, struct err *err)
{
	struct block_reader *r = &b->reader;
	r->borrowed = NULL;
	if (!bundle_has_block(b, index, err))
		return false;
	struct block_slot *s = find(r, index);
	if (!s) {
		begin(b, index, true);
		s = find(r, index);
		if (!s)
			return err_no_memory(err);
	}
	s->used = ++r->clock;
	r->borrowed = s;
	look_ahead(b, index);
	finish(r, s);
	look_ahead(b, index); /* what decoding took besides the block is free again */
	if (!s->raw) {
		r->borrowed = NULL;
		err_set(err, s->err.code, "%s", s->err.msg);
		forget(s);
		return false;
	}
	*raw = (struct slice) { s->raw, (size_t)b->table.blocks[index].raw_size };
	return true;
}

void block_reader_done(struct block_reader *r)
{
	for (size_t i = 0; i < BLOCK_READER_SLOTS; i++)
		finish(r, &r->slots[i]);
	for (size_t i = 0; i < BLOCK_READER_SLOTS; i++)
		forget(&r->slots[i]);
	free(r->expected);
	r->expected = NULL;
	r->expected_count = 0;
}
