/* SPDX-License-Identifier: MIT */
/* test_state.c - state and journal are written and read as they were, and bad ones refused. */
#include "platform.h"
#include "state.h"
#include "support.h"

static void test_round_trip(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct state_deb debs[] = { { "rdma-core", "44.0-2", "amd64", NULL },
				    { "libc6", "2.36-9", "amd64", "2.36-8" } };
	/* msi and deb are undone from what is installed, and not kept. */
	struct step steps[] = {
		{ .kind = STEP_RUN,
		  .args = { "/usr/sbin/x", "--all" },
		  .arg_count = 2,
		  .timeout = 60,
		  .ok = { 3, UINT32_MAX },
		  .ok_count = 2 },
		{ .kind = STEP_MSI, .args = { "a.msi" }, .arg_count = 1, .timeout = 1 },
		{ .kind = STEP_DEB, .timeout = 1 },
		{ .kind = STEP_RUN,
		  .args = { "./x.exe" },
		  .arg_count = 1,
		  .cmdline = "/S /x /v\"/qn\"",
		  .log = "msi.log",
		  .timeout = 2,
		  .reboot = { 3010 },
		  .reboot_count = 1 },
		{ .kind = STEP_REMOVE, .args = { "MLNX_WinOF2" }, .arg_count = 1, .timeout = 3 },
	};
	struct state s = { .operation = "install",
			   .result = "installed",
			   .reason = "ok",
			   .when = 1700000000,
			   .bundle = "b",
			   .package = "p",
			   .reboot_required = true,
			   .debs = debs,
			   .deb_count = 2,
			   .uninstall = steps,
			   .uninstall_count = 5 };
	AUTO(state_done) struct state back = { 0 };
	assert_fails(state_read("state.json", &back, &err), ERR_NO, "cannot open");
	assert_ok(state_write("state.json", &s, &err));
	assert_ok(state_read("state.json", &back, &err));
	assert_string_equal(back.result, "installed");
	assert_string_equal(back.message, "");
	assert_true(back.reboot_required);
	assert_int_equal(back.deb_count, 2);
	assert_null(back.debs[0].from);
	assert_string_equal(state_find(&back, "libc6", "amd64")->from, "2.36-8");
	assert_null(state_find(&back, "libc6", "arm64"));
	assert_int_equal(back.uninstall_count, 3);
	assert_string_equal(back.uninstall[0].args[1], "--all");
	assert_int_equal(back.uninstall[0].timeout, 60);
	assert_int_equal(back.uninstall[0].ok[0], 3);
	assert_true(back.uninstall[0].ok[1] == UINT32_MAX);
	assert_null(back.uninstall[0].cmdline);
	assert_string_equal(back.uninstall[1].cmdline, "/S /x /v\"/qn\"");
	assert_string_equal(back.uninstall[1].log, "msi.log");
	assert_int_equal(back.uninstall[1].ok_count, 0);
	assert_int_equal(back.uninstall[1].reboot[0], 3010);
	assert_int_equal(back.uninstall[2].kind, STEP_REMOVE);
	assert_string_equal(back.uninstall[2].args[0], "MLNX_WinOF2");
	/* nothing but the file is left in the directory */
	AUTO(platform_free_names) struct platform_names names = { 0 };
	assert_ok(platform_list_dir(".", &names, &err));
	assert_int_equal(names.count, 1);
}

static const struct {
	const char *from, *to, *text, *why;
} bad[] = {
	{ "\"schema\": 1", "\"schema\": 2", "newer version", "another schema" },
	{ "\"result\": \"x\"", "\"result\": 1", "must be a string", "wrong type" },
	{ "\"message\"", "\"other\"", "other", "a member that is not known" },
	{ "  \"message\": \"\",\n", "", "message", "a member is missing" },
	{ "\"when\": 0", "\"when\": 0, \"extra\": 1", "extra", "a member too many" },
	{ "\"name\": \"a\"", "\"name\": \"--force\"", "no package's", "a name that is an option" },
	{ "\"packages\"", "\"packages", "", "not JSON" },
};

static void test_bad(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct state_deb deb = { "a", "1", "all", NULL };
	struct state s = { .result = "x", .debs = &deb, .deb_count = 1 };
	assert_ok(state_write("state.json", &s, &err));
	AUTO(auto_free) char *text = strdup(read_text("state.json"));
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		AUTO(auto_free) char *broken = replace_once(text, bad[i].from, bad[i].to);
		AUTO(state_done) struct state back = { 0 };
		write_file("state.json", broken, strlen(broken));
		memset(&err, 0, sizeof(err));
		if (state_read("state.json", &back, &err) || err.code != ERR_FORMAT ||
		    !strstr(err.msg, bad[i].text))
			fail_msg("%s: %s", bad[i].why, err.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round_trip, enter_temp_dir, leave_temp_dir),
		cmocka_unit_test_setup_teardown(test_bad, enter_temp_dir, leave_temp_dir),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
