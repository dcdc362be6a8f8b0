/* SPDX-License-Identifier: MIT */
/* test_rd.c - the bounded reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "rd.h"

static const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };

static void test_rd_integers(void **state)
{
	(void)state;
	struct rd r = rd_new((struct slice) { bytes, sizeof(bytes) });
	assert_int_equal(rd_u16le(&r), 0x0201);
	assert_int_equal(rd_u32le(&r), 0x06050403);
	assert_false(rd_end(&r));
	assert_int_equal(rd_take(&r, 3).len, 3);
	assert_true(rd_end(&r));
	r = rd_new((struct slice) { bytes, 8 });
	assert_true(rd_u64le(&r) == UINT64_C(0x0807060504030201));
	assert_true(rd_end(&r));
}

static void test_rd_is_sticky(void **state)
{
	(void)state;
	struct rd r = rd_new((struct slice) { bytes, 3 });
	assert_int_equal(rd_u32le(&r), 0);
	assert_true(r.bad);
	assert_int_equal(rd_u16le(&r), 0); /* two bytes are there, but order is lost */
	assert_int_equal(rd_take(&r, 1).len, 0);
	uint8_t copy[2] = { 7, 7 };
	rd_copy(&r, copy, sizeof(copy));
	assert_int_equal(copy[0] + copy[1], 0);
	assert_false(rd_end(&r));
}

static void test_rd_huge_lengths(void **state)
{
	(void)state;
	static const uint64_t lengths[] = { 4, UINT32_MAX, UINT64_C(1) << 32, UINT64_MAX };
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct rd r = rd_new((struct slice) { bytes, 3 });
		assert_int_equal(rd_take(&r, lengths[i]).len, 0);
		assert_true(r.bad);
	}
	struct rd empty = rd_new((struct slice) { 0 });
	assert_int_equal(rd_take(&empty, 0).len, 0);
	assert_true(rd_end(&empty));
}

static void test_slice_equal(void **state)
{
	(void)state;
	assert_true(slice_equal(slice_str("ab"), slice_str("ab")));
	assert_false(slice_equal(slice_str("ab"), slice_str("abc")));
	assert_false(slice_equal(slice_str("ab"), slice_str("ac")));
	assert_true(slice_equal(slice_str(""), (struct slice) { 0 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rd_integers),
		cmocka_unit_test(test_rd_is_sticky),
		cmocka_unit_test(test_rd_huge_lengths),
		cmocka_unit_test(test_slice_equal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
