/* SPDX-License-Identifier: MIT */
/* test_recipe.c - the operations of a recipe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cleanup.h"
#include "recipe.h"

#define PARAMETERS_MAX 4096

static const struct recipe_op xz = { .kind = RECIPE_XZ,
				     .length = 100,
				     .xz = { .preset = 6 | RECIPE_XZ_EXTREME,
					     .check = 4,
					     .dictionary = 8 << 20,
					     .block_size = 24 } };

static void test_round_trip(void **state)
{
	(void)state;
	static const uint8_t text[] = "header";
	const struct recipe_op ops[] = {
		{ .kind = RECIPE_LITERAL, .length = 6, .literal = { text, 6 } },
		{ .kind = RECIPE_COPY, .length = 1 },
		{ .kind = RECIPE_SKIP, .length = 2 },
		xz,
		{ .kind = RECIPE_ZLIB, .length = 3, .level = 9, .memory = 8 },
		{ .kind = RECIPE_GZIP, .length = 4, .level = 6 },
	};
	AUTO(buf_done) struct buf b = BUF_INIT(PARAMETERS_MAX);
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		recipe_write(&ops[i], &b);
	assert_true(recipe_check(buf_slice(&b), 110, NULL));
	assert_false(recipe_check(buf_slice(&b), 109, NULL));
	assert_false(recipe_check(buf_slice(&b), 111, NULL));
	struct rd r = rd_new(buf_slice(&b));
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		struct recipe_op op;
		assert_true(recipe_next(&r, &op, NULL));
		assert_int_equal(op.kind, ops[i].kind);
		assert_int_equal(op.length, ops[i].length);
		assert_int_equal(op.level, ops[i].level);
		assert_int_equal(op.memory, ops[i].memory);
		assert_int_equal(op.xz.preset, ops[i].xz.preset);
		assert_int_equal(op.xz.dictionary, ops[i].xz.dictionary);
		assert_int_equal(op.xz.block_size, ops[i].xz.block_size);
		assert_true(slice_equal(op.literal, ops[i].literal));
	}
	assert_true(rd_end(&r));
	for (size_t cut = 1; cut < b.len; cut++) {
		struct err err = { 0 };
		assert_false(recipe_check((struct slice) { b.p, cut }, 110, &err));
		assert_int_equal(err.code, ERR_FORMAT);
	}
}

static const struct {
	struct recipe_op op;
	const char *why;
} refused[] = {
	{ { .kind = (enum recipe_op_kind)0, .length = 1 }, "no operation" },
	{ { .kind = (enum recipe_op_kind)7, .length = 1 }, "an operation from the future" },
	{ { .kind = RECIPE_COPY }, "a copy of nothing" },
	{ { .kind = RECIPE_COPY, .length = UINT64_MAX }, "more than there is" },
	{ { .kind = RECIPE_XZ, .length = 1, .xz = { 10, 4, 1 << 20, 0 } }, "preset 10" },
	{ { .kind = RECIPE_XZ, .length = 1, .xz = { 6 | 1 << 30, 4, 1 << 20, 0 } }, "a flag" },
	{ { .kind = RECIPE_XZ, .length = 1, .xz = { 6, 2, 1 << 20, 0 } }, "an unknown check" },
	{ { .kind = RECIPE_XZ, .length = 1, .xz = { 6, 4, 4095, 0 } }, "a tiny dictionary" },
	{ { .kind = RECIPE_XZ, .length = 1, .xz = { 6, 4, (64 << 20) + 1, 0 } },
	  "a dictionary that takes too much memory" },
	{ { .kind = RECIPE_XZ, .length = 1, .xz = { 6, 4, 1 << 20, UINT64_MAX } }, "huge blocks" },
	{ { .kind = RECIPE_ZLIB, .length = 1, .level = 0, .memory = 8 }, "level 0" },
	{ { .kind = RECIPE_ZLIB, .length = 1, .level = 10, .memory = 8 }, "level 10" },
	{ { .kind = RECIPE_ZLIB, .length = 1, .level = 9, .memory = 0 }, "no memory" },
	{ { .kind = RECIPE_ZLIB, .length = 1, .level = 9, .memory = 10 }, "memory level 10" },
	{ { .kind = RECIPE_GZIP, .length = 1, .level = 0 }, "GNU gzip's level 0" },
	{ { .kind = RECIPE_GZIP, .length = 1, .level = 10 }, "GNU gzip's level 10" },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		AUTO(buf_done) struct buf b = BUF_INIT(PARAMETERS_MAX);
		struct err err = { 0 };
		recipe_write(&refused[i].op, &b);
		if (recipe_check(buf_slice(&b), refused[i].op.length ? 1 : 0, &err))
			fail_msg("%s", refused[i].why);
		assert_int_equal(err.code, ERR_FORMAT);
	}
}

static void test_argument_of_a_copy(void **state)
{
	(void)state;
	uint8_t raw[16] = { RECIPE_COPY, 0, 0, 0, 0, 0, 0, 0, 1 };
	assert_true(recipe_check((struct slice) { raw, sizeof(raw) }, 1, NULL));
	raw[4] = 1;
	assert_false(recipe_check((struct slice) { raw, sizeof(raw) }, 1, NULL));
}

static void test_too_many(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b = BUF_INIT(1 << 20);
	const struct recipe_op copy = { .kind = RECIPE_COPY, .length = 1 };
	for (unsigned i = 0; i < RECIPE_OPERATIONS_MAX; i++)
		recipe_write(&copy, &b);
	assert_true(recipe_check(buf_slice(&b), RECIPE_OPERATIONS_MAX, NULL));
	recipe_write(&copy, &b);
	assert_false(recipe_check(buf_slice(&b), RECIPE_OPERATIONS_MAX + 1, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_argument_of_a_copy),
		cmocka_unit_test(test_too_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
