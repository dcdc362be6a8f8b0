/* SPDX-License-Identifier: MIT */
/* test_trust_store_windows.c - a certificate that others could have put there is not trusted. */
#include "support_windows.h"

#include "certificate.h"
#include "trust_store.h"

static char ignored_last[PLATFORM_PATH_MAX];

static void on_ignored(void *ctx, const char *path)
{
	(void)ctx;
	snprintf(ignored_last, sizeof(ignored_last), "%s", path);
}

static size_t load(const char *dir)
{
	struct err err = { 0 };
	ignored_last[0] = '\0';
	AUTO(trust_auto_free)
	struct trust *t = trust_store_load(dir, NULL, 0, on_ignored, NULL, &err);
	if (!t)
		fail_msg("%s", err.msg);
	return trust_count(t);
}

static void test_directory(void **state)
{
	struct err err = { 0 };
	char dir[PLATFORM_PATH_MAX], file[PLATFORM_PATH_MAX];
	snprintf(dir, sizeof(dir), "%s\\trust.d", (const char *)*state);
	snprintf(file, sizeof(file), "%s\\A.CER", dir);
	assert_int_equal(load(dir), 0);
	assert_string_equal(ignored_last, "");
	assert_ok(platform_make_state(dir, &err));
	assert_int_equal(load(dir), 0);
	assert_ok(platform_write_file(file, slice_str(certificate), 0, &err));
	assert_int_equal(load(dir), 1);

	let_all_write(file);
	assert_int_equal(load(dir), 0);
	assert_string_equal(ignored_last, file);
	close_to_others(file);
	assert_int_equal(load(dir), 1);
	let_all_write(dir); /* anybody may put another in its place */
	assert_int_equal(load(dir), 0);
	assert_string_equal(ignored_last, dir);
	close_to_others(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_directory, enter_directory, leave_directory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
