/* SPDX-License-Identifier: MIT */
/* test_source.c - bounds of what is read from a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "source.h"

static uint64_t last_offset;
static size_t last_len, calls;

static bool read_at(void *ctx, uint64_t offset, void *out, size_t len, struct err *err)
{
	(void)ctx;
	calls++;
	last_offset = offset;
	last_len = len;
	if (len == 13)
		return err_set(err, ERR_SYSTEM, "bad luck");
	for (size_t i = 0; i < len; i++)
		((uint8_t *)out)[i] = 7;
	return true;
}

#define GIB (UINT64_C(1) << 30)

static const struct {
	uint64_t size, offset;
	size_t len;
	bool ok;
	const char *why;
} rows[] = {
	{ 100, 0, 100, true, "all of it" },
	{ 100, 100, 0, true, "nothing at the end" },
	{ 100, 101, 0, false, "nothing past the end" },
	{ 100, 90, 11, false, "one byte too many" },
	{ 100, 1, SIZE_MAX, false, "a sum that wraps" },
	{ 100, UINT64_MAX, 2, false, "another" },
	{ 8 * GIB, 2 * GIB - 1, 2, true, "over 2 GiB" },
	{ 8 * GIB, 4 * GIB - 1, 2, true, "over 4 GiB" },
	{ 4 * GIB + 1, 4 * GIB, 1, true, "the byte at 4 GiB" },
	{ 4 * GIB + 1, 4 * GIB, 2, false, "and one too many" },
};

static void test_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct source src = { "file", rows[i].size, NULL, read_at };
		struct err err = { 0 };
		uint8_t out[128];
		calls = 0;
		if (source_read(&src, rows[i].offset, out, rows[i].len, &err) != rows[i].ok)
			fail_msg("row %zu: %s", i, rows[i].why);
		assert_int_equal(calls, rows[i].ok && rows[i].len > 0);
		if (!rows[i].ok)
			assert_int_equal(err.code, ERR_FORMAT);
		else if (calls)
			assert_true(last_offset == rows[i].offset && last_len == rows[i].len);
	}
}

static void test_alloc(void **state)
{
	(void)state;
	struct source src = { "file", 8 * GIB, NULL, read_at };
	struct err err = { 0 };
	AUTO(auto_free) uint8_t *p = NULL;
	assert_false(source_read_alloc(&src, "part", 0, 101, 100, &p, &err));
	assert_string_equal(err.msg, "the part in 'file' is larger than 100 bytes");
	assert_false(source_read_alloc(&src, "part", 0, UINT64_MAX, 100, &p, &err));
	assert_false(source_read_alloc(&src, "part", 0, 13, 100, &p, &err));
	assert_int_equal(err.code, ERR_SYSTEM);
	assert_string_equal(err.msg, "cannot read the part: bad luck");
	assert_null(p);
	assert_true(source_read_alloc(&src, "part", 4 * GIB, 100, 100, &p, &err));
	assert_int_equal(p[99], 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_alloc),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
