/* SPDX-License-Identifier: MIT */
/* test_err.c - errors: their text, their status, their word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "err.h"

static void test_set_and_wrap(void **state)
{
	(void)state;
	struct err e = { 0 };
	assert_false(err_set(&e, ERR_FORMAT, "line %d", 7));
	assert_false(err_wrap(&e, "cannot read '%s'", "x"));
	assert_string_equal(e.msg, "cannot read 'x': line 7");
	assert_int_equal(e.code, ERR_FORMAT);
	assert_false(err_set(NULL, ERR_FORMAT, "nobody wants to know"));
	assert_false(err_wrap(NULL, "still not"));
}

static void test_long_messages(void **state)
{
	(void)state;
	char big[3 * sizeof(((struct err *)0)->msg)];
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	struct err e = { 0 };
	err_set(&e, ERR_SYSTEM, "%s", big);
	assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
	err_wrap(&e, "first");
	assert_memory_equal(e.msg, "first: xx", 9);
	assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
	err_wrap(&e, "%s", big);
	assert_true(strlen(e.msg) < sizeof(e.msg));
	assert_int_equal(e.code, ERR_SYSTEM);
}

static void test_kinds(void **state)
{
	(void)state;
	assert_int_equal(err_status(ERR_NONE), 0);
	assert_int_equal(err_status(ERR_NO_DEVICE), 1);
	assert_int_equal(err_status(ERR_USAGE), 2);
	assert_int_equal(err_status(ERR_FORMAT), 3);
	assert_int_equal(err_status(ERR_UNSIGNED), 4);
	assert_int_equal(err_status(ERR_MISSING_BLOCK), 5);
	assert_string_equal(err_reason(ERR_DIGEST), "digest-mismatch");
	for (int a = 0; a <= ERR_MISSING_BLOCK; a++)
		for (int b = 0; b < a; b++)
			assert_string_not_equal(err_reason((enum err_code)a),
						err_reason((enum err_code)b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_and_wrap),
		cmocka_unit_test(test_long_messages),
		cmocka_unit_test(test_kinds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
