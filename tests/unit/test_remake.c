/* SPDX-License-Identifier: MIT */
/* test_remake.c - what it costs to make pieces, and how much of it is done at once. */
#include "remake.h"

#include <lzma.h>

#include "recipe_make.h"
#include "support.h"

#define COUNT 40
#define INPUT 1000
#define MIB (UINT64_C(1) << 20)

/* Whatever liblzma does, it takes no more than the rule says. */
static void test_encoder_memory(void **state)
{
	(void)state;
	for (uint32_t preset = 0; preset <= 9; preset++) {
		for (unsigned extreme = 0; extreme < 2; extreme++) {
			for (uint32_t size = 4096; size <= 64u << 20; size *= 2) {
				lzma_options_lzma o;
				assert_false(lzma_lzma_preset(
					&o, preset | (extreme ? LZMA_PRESET_EXTREME : 0)));
				o.dict_size = size;
				lzma_filter chain[] = { { LZMA_FILTER_LZMA2, &o },
							{ LZMA_VLI_UNKNOWN, NULL } };
				struct recipe_xz x = { .preset = preset, .dictionary = size };
				uint64_t found = lzma_raw_encoder_memusage(chain);
				if (found + (256u << 10) > xz_encode_memory(&x))
					fail_msg("preset %u, dictionary %u: %llu bytes",
						 (unsigned)preset, (unsigned)size,
						 (unsigned long long)found);
			}
		}
	}
}

/* A tree of recipes that each copy or compress INPUT bytes, number i from block i / @per_block. */
struct sample {
	struct tree tree;
	struct tree_recipe recipes[COUNT];
	struct tree_piece pieces[COUNT];
	struct buf parameters;
	uint8_t made[2 * INPUT];
	size_t read, made_size;
	uint8_t input[INPUT];
	unsigned delivered[COUNT], deliveries, fail_at;
	unsigned most; /* jobs at once */
	struct remake *remake;
};

static bool sample_read(void *ctx, uint8_t *p, size_t n, size_t *got, struct err *err)
{
	(void)err;
	struct sample *s = ctx;
	assert_true(n <= INPUT - s->read);
	memcpy(p, s->input + s->read, n);
	s->read += n;
	*got = n;
	return true;
}

static bool sample_write(void *ctx, uint64_t at, const uint8_t *p, size_t n, struct err *err)
{
	(void)err;
	struct sample *s = ctx;
	assert_true(at + n <= sizeof(s->made));
	memcpy(s->made + at, p, n);
	s->made_size = at + n > s->made_size ? at + n : s->made_size;
	return true;
}

static const struct recipe_op copy = { .kind = RECIPE_COPY, .length = INPUT };
static const struct recipe_op xz = { .kind = RECIPE_XZ,
				     .length = INPUT,
				     .xz = { 6, 1, 1u << 20, 0 } };

static void sample_make(struct sample *s, const struct recipe_op *op, unsigned per_block)
{
	*s = (struct sample) { .parameters = BUF_INIT(100), .input = { 1, 2, 3 } };
	struct recipe_io io = { .ctx = s, .read = sample_read, .write = sample_write };
	struct err err;
	uint64_t size = 0;
	recipe_write(op, &s->parameters);
	assert_true(recipe_make(buf_slice(&s->parameters), &io, &size, &err));
	for (uint32_t i = 0; i < COUNT; i++) {
		s->pieces[i] = (struct tree_piece) { i / per_block, 0, INPUT };
		s->recipes[i] = (struct tree_recipe) { .kind = RECIPE_OPERATIONS,
						       .parameters = buf_slice(&s->parameters),
						       .size = size,
						       .input_size = INPUT,
						       .first_piece = i,
						       .piece_count = 1 };
		assert_true(sha256_of((struct slice) { s->made, s->made_size },
				      s->recipes[i].sha256, NULL));
	}
	s->tree = (struct tree) { .recipes = s->recipes,
				  .recipe_count = COUNT,
				  .pieces = s->pieces,
				  .piece_count = COUNT };
}

static void sample_done(struct sample *s)
{
	buf_done(&s->parameters);
}

static void test_measure(void **state)
{
	(void)state;
	AUTO(sample_done) struct sample s;
	struct remake_cost c;
	struct err err;
	sample_make(&s, &copy, 4);
	assert_true(remake_measure(&s.tree, &c, &err));
	assert_int_equal(c.files, COUNT);
	assert_int_equal(c.bytes, COUNT * INPUT);
	assert_int_equal(c.memory, 4 * INPUT + 2 * INPUT); /* a block's inputs, and one job */
	/* One that begins in the first block and ends in the last is held all the time; one moves. */
	s.recipes[0].piece_count = 2;
	s.pieces[1].block = 9;
	assert_true(remake_measure(&s.tree, &c, &err));
	assert_int_equal(c.memory, 6 * INPUT + 2 * INPUT);
	s.recipes[0].piece_count = 1;
	s.recipes[7].name = slice_str("d"); /* a container makes no piece */
	assert_true(remake_measure(&s.tree, &c, &err));
	assert_int_equal(c.files, COUNT - 1);
	s.tree.recipe_count = 0;
	assert_true(remake_measure(&s.tree, &c, &err));
	assert_int_equal(c.memory, 0);
}

/* Sizes that a signer may write and nobody has the memory for. */
static void test_measure_refuses(void **state)
{
	(void)state;
	static const struct {
		uint64_t input, size;
		unsigned count;
		bool ok;
		const char *why;
	} rows[] = {
		{ 400 * MIB, 624 * MIB, 1, false, "a job, and what is held for it" },
		{ 300 * MIB, 424 * MIB, 1, true, "just as much as is allowed" },
		{ 300 * MIB, 424 * MIB + 1, 1, false, "a byte more" },
		{ UINT64_C(1) << 45, 1, 1, false, "an input of terabytes" },
		{ 1, UINT64_C(1) << 45, 1, false, "a file of terabytes" },
		{ 30 * MIB, MIB, 40, false, "many in one block" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(sample_done) struct sample s;
		struct remake_cost c;
		struct err err = { 0 };
		sample_make(&s, &copy, COUNT);
		s.tree.recipe_count = rows[i].count;
		for (unsigned k = 0; k < rows[i].count; k++) {
			s.recipes[k].input_size = rows[i].input;
			s.recipes[k].size = rows[i].size;
		}
		if (remake_measure(&s.tree, &c, &err) != rows[i].ok)
			fail_msg("%s: %s", rows[i].why, err.msg);
		assert_int_equal(err.code, rows[i].ok ? ERR_NONE : ERR_FORMAT);
	}
}

static bool deliver(void *ctx, uint32_t recipe, struct slice made, struct err *err)
{
	struct sample *s = ctx;
	assert_true(slice_equal(made, (struct slice) { s->made, s->made_size }));
	s->delivered[recipe]++;
	s->most = s->remake->started > s->most ? s->remake->started : s->most;
	return ++s->deliveries != s->fail_at || err_set(err, ERR_NO_SPACE, "no space");
}

static bool feed(struct remake *r, struct sample *s, struct err *err)
{
	for (uint32_t i = 0; i < COUNT; i++)
		if (!remake_add(r, i, 300, (struct slice) { s->input + 300, INPUT - 300 }, err) ||
		    !remake_add(r, i, 0, (struct slice) { s->input, 300 }, err) ||
		    !remake_start(r, i, err))
			return false;
	return remake_finish(r, err);
}

/* All come, each once, whatever the threads and the memory; and no more at once than that has room for. */
static void test_memory(void **state)
{
	(void)state;
	static const struct {
		const struct recipe_op *op;
		unsigned threads;
		uint64_t memory;
		unsigned most; /* that still wait when one is handed over */
		const char *why;
	} rows[] = {
		{ &copy, 0, 0, 2,
		  "what it can't be done without: three jobs, or a block's inputs" },
		{ &copy, 3, 0, 2, "that and threads" },
		{ &copy, 3, 8 * INPUT, 3, "room for one more" },
		{ &copy, 3, MIB, COUNT - 1, "room for all" },
		{ &copy, 0, MIB, COUNT - 1, "room for all, and one thread" },
		{ &xz, 3, 0, 0, "room for one encoder" },
		{ &xz, 3, 40 * MIB, 1, "for two" },
		{ &xz, 3, 60 * MIB, 2, "for three" },
		{ &xz, 3, 80 * MIB, COUNT - 1, "for one a thread: the others may wait without" },
		{ &xz, 0, 0, 3, "for the only thread's, and a block's inputs" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(sample_done) struct sample s;
		AUTO(auto_parallel) struct parallel *pool = parallel_new(rows[i].threads);
		struct err err = { 0 };
		sample_make(&s, rows[i].op, 4);
		AUTO(remake_done)
		struct remake r = { .tree = &s.tree,
				    .parallel = pool,
				    .memory = rows[i].memory,
				    .ctx = &s,
				    .deliver = deliver };
		s.remake = &r;
		assert_true(remake_init(&r, &err) && feed(&r, &s, &err));
		for (size_t k = 0; k < COUNT; k++)
			assert_int_equal(s.delivered[k], 1);
		if (s.most != rows[i].most)
			fail_msg("%s: %u", rows[i].why, s.most);
		assert_int_equal(r.held, 0);
	}
}

/* More than keeps the threads busy is not taken, however much there is. */
static void test_ahead(void **state)
{
	(void)state;
	static const struct {
		uint64_t input, most;
		const char *why;
	} rows[] = {
		{ INPUT, 4 * REMAKE_AHEAD, "an amount for each of four threads" },
		{ 80 * MIB, 160 * MIB + INPUT, "what it can't be done without is more" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(sample_done) struct sample s;
		AUTO(auto_parallel) struct parallel *pool = parallel_new(3);
		struct err err = { 0 };
		sample_make(&s, &copy, COUNT);
		s.tree.recipe_count = 1;
		s.recipes[0].input_size = rows[i].input;
		AUTO(remake_done)
		struct remake r = { .tree = &s.tree, .parallel = pool, .memory = 1000 * MIB };
		assert_true(remake_init(&r, &err));
		if (r.held_max != rows[i].most)
			fail_msg("%s: %llu", rows[i].why, (unsigned long long)r.held_max);
	}
}

/* What is under way when something fails is ended, and freed. */
static void test_fails(void **state)
{
	(void)state;
	for (unsigned at = 1; at <= COUNT; at++) {
		AUTO(sample_done) struct sample s;
		AUTO(auto_parallel) struct parallel *pool = parallel_new(3);
		struct err err = { 0 };
		sample_make(&s, at % 2 ? &copy : &xz, 4);
		s.fail_at = at;
		AUTO(remake_done)
		struct remake r = { .tree = &s.tree,
				    .parallel = pool,
				    .memory = 1 << 20,
				    .ctx = &s,
				    .deliver = deliver };
		s.remake = &r;
		assert_true(remake_init(&r, &err));
		assert_false(feed(&r, &s, &err));
		assert_int_equal(err.code, ERR_NO_SPACE);
		assert_int_equal(s.deliveries, at);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encoder_memory),  cmocka_unit_test(test_measure),
		cmocka_unit_test(test_measure_refuses), cmocka_unit_test(test_memory),
		cmocka_unit_test(test_ahead),           cmocka_unit_test(test_fails),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
