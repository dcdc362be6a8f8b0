/* SPDX-License-Identifier: MIT */
/*
 * remake.c - see remake.h.
 *
 * A job belongs to the pool from parallel_start() to parallel_wait(); all else is done on the
 * caller's thread.
 */
#include "remake.h"

#include "recipe_make.h"
#include "thread.h"

struct remake_job {
	struct parallel_job job;
	struct remake *remake;
	const struct tree_recipe *recipe;
	uint32_t index;
	struct remake_job *next;
	uint8_t *input, *made; /* owned */
	uint64_t at;           /* of the input, read so far */
	bool ok;
	struct err err;
};

/* --- what it costs ------------------------------------------------------------------------------- */

static bool makes_pieces(const struct tree_recipe *r)
{
	return r->name.len == 0 && r->piece_count > 0;
}

/* Input, output and encoder of one job. */
static bool job_need(const struct tree_recipe *r, uint64_t *need, uint64_t *encoder,
		     struct err *err)
{
	if (!recipe_make_cost(r->parameters, encoder, err))
		return false;
	/* Neither can wrap: sizes are less than 2^46 (tree.c), dictionaries 64 MiB at most. */
	*need = r->input_size + r->size + *encoder;
	return *need <= REMAKE_MEMORY_MAX ||
	       err_set(err, ERR_FORMAT, "to make a piece takes more than %u MiB",
		       (unsigned)(REMAKE_MEMORY_MAX >> 20));
}

/* The first and the last block that its input is in. */
static void span(const struct tree *t, const struct tree_recipe *r, uint32_t *first, uint32_t *last)
{
	*first = UINT32_MAX;
	*last = 0;
	for (uint32_t i = 0; i < r->piece_count; i++) {
		uint32_t block = t->pieces[r->first_piece + i].block;
		*first = block < *first ? block : *first;
		*last = block > *last ? block : *last;
	}
}

/* The most that inputs, each held from its first block to its last, take together. */
static bool most_held(const struct tree *t, uint64_t *out, struct err *err)
{
	AUTO(auto_free) uint64_t *begin = calloc(BLOCK_COUNT_MAX, sizeof(*begin));
	AUTO(auto_free) uint64_t *end = calloc(BLOCK_COUNT_MAX, sizeof(*end));
	uint64_t held = 0, most = 0;
	if (!begin || !end)
		return err_no_memory(err);
	for (uint32_t i = 0; i < t->recipe_count; i++) {
		uint32_t first, last;
		if (!makes_pieces(&t->recipes[i]))
			continue;
		span(t, &t->recipes[i], &first, &last);
		if (last >= BLOCK_COUNT_MAX) /* tree_parse() saw to that */
			return err_set(err, ERR_FORMAT, "a piece is not in any block");
		begin[first] += t->recipes[i].input_size;
		end[last] += t->recipes[i].input_size;
	}
	for (uint32_t i = 0; i < BLOCK_COUNT_MAX; i++) {
		held += begin[i];
		most = held > most ? held : most;
		held -= end[i];
	}
	*out = most;
	return true;
}

bool remake_measure(const struct tree *t, struct remake_cost *out, struct err *err)
{
	struct remake_cost cost = { 0 };
	uint64_t held = 0;
	for (uint32_t i = 0; i < t->recipe_count; i++) {
		const struct tree_recipe *r = &t->recipes[i];
		uint64_t need = 0, encoder = 0;
		if (!makes_pieces(r))
			continue;
		if (!job_need(r, &need, &encoder, err))
			return err_wrap(err, "recipe %u", (unsigned)i);
		cost.files++;
		cost.bytes += r->input_size;
		cost.memory = need > cost.memory ? need : cost.memory;
		cost.encoder = encoder > cost.encoder ? encoder : cost.encoder;
	}
	if (cost.files == 0) {
		*out = cost;
		return true;
	}
	if (!most_held(t, &held, err))
		return false;
	if (held > REMAKE_MEMORY_MAX - cost.memory)
		return err_set(err, ERR_FORMAT,
			       "to make what its recipes make takes more than %u MiB",
			       (unsigned)(REMAKE_MEMORY_MAX >> 20));
	cost.memory += held;
	*out = cost;
	return true;
}

/* --- a job, on any thread ------------------------------------------------------------------------ */

static bool job_read(void *ctx, uint8_t *p, size_t n, size_t *got, struct err *err)
{
	struct remake_job *j = ctx;
	struct remake *r = j->remake;
	if (atomic_load(&r->stop) || (r->stops && r->stops(r->stop_ctx)))
		return err_set(err, ERR_INTERRUPTED, "interrupted");
	if (n > j->recipe->input_size - j->at) /* recipe_check() saw to that */
		return err_set(err, ERR_FORMAT, "a recipe needs more input");
	memcpy(p, j->input + j->at, n);
	j->at += n;
	*got = n;
	return true;
}

static bool job_write(void *ctx, uint64_t at, const uint8_t *p, size_t n, struct err *err)
{
	struct remake_job *j = ctx;
	uint64_t size = j->recipe->size;
	if (at > size || n > size - at)
		return err_set(err, ERR_DIGEST, "what a recipe makes is larger than it should be");
	memcpy(j->made + at, p, n);
	return true;
}

static struct xz_encoder *take_encoder(struct remake *r, struct err *err)
{
	monitor_lock(r->monitor);
	struct xz_encoder *e = r->idle_count ? r->idle[--r->idle_count] : NULL;
	monitor_unlock(r->monitor);
	return e ? e : xz_encoder_new(err);
}

static void put_back(struct remake *r, struct xz_encoder *e)
{
	monitor_lock(r->monitor);
	r->idle[r->idle_count++] = e;
	monitor_unlock(r->monitor);
}

static bool make(struct remake_job *j, struct xz_encoder *e, struct err *err)
{
	struct recipe_io io = { j, job_read, job_write, e };
	uint8_t digest[SHA256_SIZE];
	uint64_t size = 0;
	j->made = malloc((size_t)j->recipe->size);
	if (!j->made)
		return err_no_memory(err);
	if (!recipe_make(j->recipe->parameters, &io, &size, err))
		return false;
	struct slice made = { j->made, (size_t)j->recipe->size };
	if (size != j->recipe->size || !sha256_of(made, digest, err) ||
	    memcmp(digest, j->recipe->sha256, sizeof(digest)) != 0)
		return err_set(err, ERR_DIGEST, "what a recipe makes is not the vendor's");
	return true;
}

static void run(void *arg)
{
	struct remake_job *j = arg;
	struct xz_encoder *e = take_encoder(j->remake, &j->err);
	j->ok = e && make(j, e, &j->err);
	if (e)
		put_back(j->remake, e);
	free(j->input);
	j->input = NULL;
}

/* --- all of them --------------------------------------------------------------------------------- */

/*
 * One encoder has room in any case, one a thread where memory allows; what is left is for inputs and
 * pieces.  An encoder stays as large as its last stream's, so each counts as the largest.
 */
static bool share_memory(struct remake *r, unsigned threads, struct err *err)
{
	struct remake_cost cost;
	uint64_t encoders = threads;
	if (!remake_measure(r->tree, &cost, err))
		return false;
	uint64_t memory = r->memory > cost.memory ? r->memory : cost.memory;
	uint64_t least = cost.memory - cost.encoder, ahead = threads * REMAKE_AHEAD;
	if (cost.encoder > 0 && (memory - cost.memory) / cost.encoder < threads - 1)
		encoders = 1 + (memory - cost.memory) / cost.encoder;
	/* What waits for a thread has no encoder yet. */
	r->started_max = encoders < threads ? (unsigned)encoders : UINT32_MAX;
	r->held_max = memory - encoders * cost.encoder;
	if (r->held_max > ahead)
		r->held_max = ahead > least ? ahead : least;
	return true;
}

bool remake_init(struct remake *r, struct err *err)
{
	uint32_t n = r->tree->recipe_count;
	unsigned threads = parallel_threads(r->parallel) + 1;
	r->last = &r->first;
	r->jobs = calloc(n ? n : 1, sizeof(*r->jobs));
	r->idle = calloc(threads, sizeof(struct xz_encoder *));
	r->monitor = monitor_new();
	if (!r->jobs || !r->idle || !r->monitor)
		return err_no_memory(err);
	for (uint32_t i = 0; i < n; i++)
		r->jobs[i] = (struct remake_job) { .remake = r,
						   .recipe = &r->tree->recipes[i],
						   .index = i };
	return share_memory(r, threads, err);
}

/* Wait for the job that was started first. */
static struct remake_job *wait_first(struct remake *r)
{
	struct remake_job *j = r->first;
	parallel_wait(r->parallel, &j->job);
	r->first = j->next;
	if (!r->first)
		r->last = &r->first;
	r->started--;
	r->held -= j->recipe->input_size + j->recipe->size;
	return j;
}

static bool hand_over_first(struct remake *r, struct err *err)
{
	struct remake_job *j = wait_first(r);
	if (!j->ok)
		return err_set(err, j->err.code, "%s", j->err.msg);
	struct slice made = { j->made, (size_t)j->recipe->size };
	bool ok = r->deliver(r->ctx, j->index, made, err);
	free(j->made);
	j->made = NULL;
	return ok;
}

/* Room for @n bytes more; where nothing is under way there is. */
static bool make_room(struct remake *r, uint64_t n, struct err *err)
{
	while (r->first && (r->held > r->held_max || n > r->held_max - r->held))
		if (!hand_over_first(r, err))
			return false;
	r->held += n;
	return true;
}

bool remake_add(struct remake *r, uint32_t recipe, uint64_t at, struct slice bytes, struct err *err)
{
	struct remake_job *j = &r->jobs[recipe];
	uint64_t size = j->recipe->input_size;
	if (!j->input) {
		if (!make_room(r, size, err))
			return false;
		j->input = malloc((size_t)size);
	}
	if (!j->input)
		return err_no_memory(err);
	if (at > size || bytes.len > size - at) /* tree_parse() saw to that */
		return err_set(err, ERR_FORMAT, "pieces are longer than what they are of");
	memcpy(j->input + at, bytes.p, bytes.len);
	return true;
}

bool remake_start(struct remake *r, uint32_t recipe, struct err *err)
{
	struct remake_job *j = &r->jobs[recipe];
	if (!make_room(r, j->recipe->size, err))
		return false;
	while (r->started >= r->started_max)
		if (!hand_over_first(r, err))
			return false;
	j->job = (struct parallel_job) { .run = run, .arg = j };
	*r->last = j;
	r->last = &j->next;
	r->started++;
	parallel_start(r->parallel, &j->job);
	return true;
}

bool remake_finish(struct remake *r, struct err *err)
{
	while (r->first)
		if (!hand_over_first(r, err))
			return false;
	return true;
}

void remake_done(struct remake *r)
{
	atomic_store(&r->stop, true);
	while (r->first)
		wait_first(r);
	for (uint32_t i = 0; r->jobs && i < r->tree->recipe_count; i++) {
		free(r->jobs[i].input);
		free(r->jobs[i].made);
	}
	free(r->jobs);
	r->jobs = NULL;
	while (r->idle_count > 0)
		xz_encoder_free(r->idle[--r->idle_count]);
	free(r->idle);
	r->idle = NULL;
	monitor_free(r->monitor);
	r->monitor = NULL;
}
