/* SPDX-License-Identifier: MIT */
/*
 * test_secure_windows.c - what is on the disk leads to the decisions of test_acl.c.
 *
 * Wine keeps an access list as the nine bits of Unix: one that lets everyone write comes back as
 * one, finer ones do not.
 */
#include "support_windows.h"

#include "secure.h"

static void test_state(void **state)
{
	struct err err = { 0 };
	const char *dir = in_directory(state, "ibbundle");
	assert_ok(platform_make_state(dir, &err));
	assert_ok(platform_make_state(dir, &err)); /* found as it was made */
	assert_true(platform_is_protected(dir));
	assert_ok(platform_write_file(in_directory(state, "ibbundle\\x"), slice_str(""), 0, &err));
	assert_true(platform_is_protected(in_directory(state, "ibbundle\\x")));

	let_all_write(dir);
	assert_false(platform_is_protected(dir));
	assert_fails(platform_make_state(dir, &err), ERR_SYSTEM, "ibbundle' lets Everyone write");
	assert_non_null(strstr(err.msg, "icacls"));
	close_to_others(dir);
	assert_ok(platform_make_state(dir, &err));
}

static void test_kinds(void **state)
{
	struct err err = { 0 };
	const char *file = in_directory(state, "file");
	assert_ok(platform_write_file(file, slice_str(""), 0, &err));
	assert_fails(platform_make_state(file, &err), ERR_SYSTEM, "is not a directory");
	AUTO(wide_free) wchar_t *f = wide_path(file, &err), *d = wide_path(*state, &err),
				*none = wide_path(in_directory(state, "none"), &err);
	assert_ok(secure_check(f, SECURE_FILE, "f", &err));
	assert_ok(secure_check(f, SECURE_ANY, "f", &err));
	assert_fails(secure_check(d, SECURE_FILE, "d", &err), ERR_SYSTEM, "is not a file");
	assert_fails(secure_check(none, SECURE_ANY, "n", &err), ERR_NO, "cannot open 'n'");
	assert_false(platform_is_protected(in_directory(state, "none")));
	let_all_write(file);
	assert_false(platform_is_protected(file));
}

/* The lock is for those who may install: others could hold it for ever. */
static void test_lock_is_closed(void **state)
{
	struct err err = { 0 };
	intptr_t lock = -1;
	assert_ok(platform_lock(*state, &lock, &err));
	assert_true(platform_is_protected(in_directory(state, "lock")));
	platform_unlock(&lock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_state, enter_directory, leave_directory),
		cmocka_unit_test_setup_teardown(test_kinds, enter_directory, leave_directory),
		cmocka_unit_test_setup_teardown(test_lock_is_closed, enter_directory,
						leave_directory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
