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
	AUTO(trust_store_done) struct trust_store s = { 0 };
	struct trust_places places = { "C:\\none\\policy.json", dir, "C:\\none\\seen.json" };
	if (!trust_store_open(&places, NULL, 0, on_ignored, NULL, &s, &err))
		fail_msg("%s", err.msg);
	return trust_count(s.trust);
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

/* The policy: only where it is the administrators' own, in a directory of theirs. */
static void test_policy(void **state)
{
	struct err err = { 0 };
	char dir[PLATFORM_PATH_MAX], file[PLATFORM_PATH_MAX];
	struct policy p;
	snprintf(dir, sizeof(dir), "%s\\policy", (const char *)*state);
	snprintf(file, sizeof(file), "%s\\policy.json", dir);
	assert_fails(trust_store_read_policy(file, &p, &err), ERR_NO, "");
	assert_ok(platform_make_state(dir, &err));
	assert_fails(trust_store_read_policy(file, &p, &err), ERR_NO, "");
	assert_ok(platform_write_file(file, slice_str("{\"schema\":1}"), 0, &err));
	assert_ok(trust_store_read_policy(file, &p, &err));
	policy_done(&p);

	let_all_write(file);
	assert_fails(trust_store_read_policy(file, &p, &err), ERR_POLICY, "policy.json");
	close_to_others(file);
	assert_ok(trust_store_read_policy(file, &p, &err));
	policy_done(&p);
	let_all_write(dir); /* anybody may put another in its place */
	assert_fails(trust_store_read_policy(file, &p, &err), ERR_POLICY, "decides about trust");
	assert_ok(platform_remove_file(file, &err)); /* or has removed it */
	assert_fails(trust_store_read_policy(file, &p, &err), ERR_POLICY, "decides about trust");
	close_to_others(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_directory, enter_directory, leave_directory),
		cmocka_unit_test_setup_teardown(test_policy, enter_directory, leave_directory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
