/* SPDX-License-Identifier: MIT */
/* test_buf.c - bytes that grow up to a limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "buf.h"

static void test_buf_grows(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b = BUF_INIT(5000);
	assert_string_equal(buf_str(&b), "");
	for (int i = 0; i < 1000; i++)
		buf_add_str(&b, "abcd");
	buf_printf(&b, "%s-%d", "x", 42);
	assert_int_equal(b.len, 4004);
	assert_string_equal(buf_str(&b) + 4000, "x-42");
	assert_true(buf_ok(&b, "text", NULL));
}

static void test_buf_little_endian(void **state)
{
	(void)state;
	static const uint8_t expected[] = { 4, 3, 2, 1, 8, 7, 6, 5, 4, 3, 2, 1 };
	AUTO(buf_done) struct buf b = BUF_INIT(12);
	buf_add_u32le(&b, 0x01020304);
	buf_add_u64le(&b, UINT64_C(0x0102030405060708));
	assert_int_equal(b.len, 12);
	assert_memory_equal(b.p, expected, 12);
}

static void test_buf_limit(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(buf_done) struct buf b = BUF_INIT(4);
	buf_add_str(&b, "abcd");
	assert_true(buf_ok(&b, "text", &err));
	buf_add_str(&b, "e");
	buf_printf(&b, "%d", 1);
	assert_int_equal(b.len, 4);
	assert_false(buf_ok(&b, "the text", &err));
	assert_int_equal(err.code, ERR_FORMAT);
	assert_string_equal(err.msg, "the text is larger than 4 bytes");
	buf_done(&b);
	assert_true(buf_ok(&b, "text", &err));
	assert_int_equal(b.max, 4);
}

static void test_buf_huge_length(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b = BUF_INIT(100);
	buf_add_str(&b, "abc");
	buf_add(&b, "", SIZE_MAX); /* refused before a byte of it is looked at */
	assert_int_equal(b.len, 3);
	assert_true(b.full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buf_grows),
		cmocka_unit_test(test_buf_little_endian),
		cmocka_unit_test(test_buf_limit),
		cmocka_unit_test(test_buf_huge_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
