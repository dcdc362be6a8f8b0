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

#define CODE "{01234567-89AB-CDEF-0123-456789ABCDEF}"

/* What only Windows has, and only while an install runs. */
static void test_windows(void **state)
{
	(void)state;
	struct err err = { 0 };
	const char *products[] = { CODE };
	struct inventory_driver drivers[] = { { "oem7.inf", "mlx5.inf", "2.22" } };
	struct state s = { .result = "running",
			   .has_exit_code = true,
			   .exit_code = UINT32_MAX,
			   .came = { products, 1, drivers, 1 },
			   .has_before = true };
	AUTO(state_done) struct state back = { 0 };
	AUTO(state_done) struct state end = { 0 };
	assert_ok(state_write("state.json", &s, &err));
	assert_ok(state_read("state.json", &back, &err));
	assert_true(back.has_exit_code);
	assert_true(back.exit_code == UINT32_MAX);
	assert_true(inventory_has_product(&back.came, CODE));
	assert_true(inventory_has_driver(&back.came, &drivers[0]));
	assert_true(back.has_before); /* though there was nothing */
	assert_true(inventory_is_empty(&back.before));
	s = (struct state) { .result = "installed", .before = { products, 1, NULL, 0 } };
	assert_ok(state_write("state.json", &s, &err));
	assert_ok(state_read("state.json", &end, &err));
	assert_false(end.has_before);
	assert_false(end.has_exit_code);
	assert_true(inventory_is_empty(&end.before)); /* not kept when it is over */
}

/* What only an image has, and the machine that was made from it. */
static void test_first_boot(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct state s = { .result = "installed" };
	AUTO(state_done) struct state none = { 0 };
	AUTO(state_done) struct state back = { 0 };
	assert_ok(state_write("state.json", &s, &err));
	assert_ok(state_read("state.json", &none, &err));
	assert_null(none.first_boot.result);
	s.first_boot = (struct state_first_boot) { "failed", "no device", 1764000000 };
	assert_ok(state_write("state.json", &s, &err));
	assert_ok(state_read("state.json", &back, &err));
	assert_string_equal(back.first_boot.result, "failed");
	assert_string_equal(back.first_boot.message, "no device");
	assert_int_equal(back.first_boot.when, 1764000000);
}

static const struct {
	const char *result, *package, *version;
	bool tells;
} ends[] = {
	{ "installed", "p", "1", true },  { "installed", "p", "2", false },
	{ "installed", "q", "1", false }, { "failed", "p", "1", false },
	{ NULL, NULL, NULL, false },
};

static const struct {
	bool required;
	uint64_t when, now, up;
	bool due;
	const char *why;
} reboots[] = {
	{ true, 1000, 1100, 200000, true, "it was up before the install" },
	{ true, 1000, 1100, 99000, false, "it started after" },
	{ true, 1000, 1100, 100999, true, "in the same second: rather once too often" },
	{ false, 1000, 1100, 200000, false, "none was needed" },
	{ true, 1000, 100, 500000, true, "the clock is wrong: up for longer than since 1970" },
};

static void test_ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		struct state s = { .result = ends[i].result,
				   .package = ends[i].package,
				   .package_version = ends[i].version };
		assert_int_equal(state_tells_of(&s, "p", "1"), ends[i].tells);
	}
	for (size_t i = 0; i < COUNT_OF(reboots); i++) {
		struct state s = { .reboot_required = reboots[i].required,
				   .when = reboots[i].when };
		if (state_awaits_reboot(&s, reboots[i].now, reboots[i].up) != reboots[i].due)
			fail_msg("%s", reboots[i].why);
	}
}

/* Files and settings: what was there, empty lines and lines that were not there included. */
static void test_settings(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(state_done) struct state s = { .result = "x" };
	AUTO(state_done) struct state back = { 0 };
	AUTO(state_done) struct state more = { 0 };
	struct state_setting all[] = {
		{ "/etc/a", NULL, "text\n", NULL, 0 },
		{ "/etc/b", "K", "K=y", "# K=n \t", 2 },
		{ "/etc/b", "K", "K=y", NULL, 3 },
	};
	for (size_t i = 0; i < COUNT_OF(all); i++)
		assert_ok(state_set_setting(&s, all[i], &err));
	all[2].was = "";
	assert_ok(state_set_setting(&s, all[2], &err)); /* in its place */
	assert_int_equal(s.setting_count, 3);
	assert_ok(state_write("state.json", &s, &err));
	assert_ok(state_read("state.json", &back, &err));
	assert_int_equal(back.setting_count, 3);
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		const struct state_setting *t = state_find_setting(&back, &all[i]);
		assert_ptr_equal(t, &back.settings[i]);
		assert_string_equal(t->text, all[i].text);
		assert_int_equal(!t->was, !all[i].was);
		assert_true(!t->was || strcmp(t->was, all[i].was) == 0);
	}
	struct facts_package packages[] = { { .name = "a", .version = "1", .arch = "all" } };
	struct facts f = { .packages = packages, .package_count = 1 };
	AUTO(state_done) struct state again = { 0 };
	AUTO(state_done) struct state heir = { 0 };
	assert_ok(state_note_there(&back, &f, &err));
	assert_ok(state_write("state.json", &back, &err));
	assert_ok(state_read("state.json", &again, &err));
	assert_ok(state_inherit_there(&heir, &again, &err));
	assert_string_equal(state_version_then(&heir, &packages[0]), "1");
	packages[0].arch = "amd64";
	assert_null(state_version_then(&heir, &packages[0]));
	assert_ok(state_note_there(&back, &(struct facts) { 0 }, &err)); /* the first one counts */
	assert_int_equal(back.there_count, 1);
	state_forget_there(&back);
	assert_int_equal(back.there_count, 0);
	const char *kept = state_keep(&back, slice_str("x"));
	assert_string_equal(kept, "x");
	assert_ok(state_set_setting(&more, all[0], &err));
	assert_ok(state_inherit_settings(&more, &back, &err));
	assert_int_equal(more.setting_count, 3);
}

static const struct {
	const char *from, *to, *text, *why;
} bad[] = {
	{ "\"schema\": 1", "\"schema\": 1, \"packages_before\": [{\"name\":1}]", "must be a string",
	  "type" },
	{ "\"schema\": 1", "\"schema\": 1, \"settings\": 1", "must be an array", "type" },
	{ "\"schema\": 1", "\"schema\": 1, \"settings\": [{\"path\":\"etc\",\"text\":\"\"}]",
	  "not absolute", "a relative path" },
	{ "\"schema\": 1", "\"schema\": 1, \"settings\": [{\"path\":\"/etc\",\"to\":\"\"}]",
	  "unknown key", "key" },
	{ "\"schema\": 1", "\"schema\": 2", "newer version", "another schema" },
	{ "\"result\": \"x\"", "\"result\": 1", "must be a string", "wrong type" },
	{ "\"message\"", "\"other\"", "other", "a member that is not known" },
	{ "  \"message\": \"\",\n", "", "message", "a member is missing" },
	{ "\"when\": 0", "\"when\": 0, \"extra\": 1", "extra", "a member too many" },
	{ "\"name\": \"a\"", "\"name\": \"--force\"", "no package's", "a name that is an option" },
	{ "\"packages\"", "\"packages", "", "not JSON" },
	{ "\"when\": 0", "\"when\": 0, \"exit_code\": 4294967296", "exit_code", "33 bits" },
	{ "\"when\": 0", "\"when\": 0, \"products\": [\"/x\"]", "product code", "an option" },
	{ "\"when\": 0", "\"when\": 0, \"drivers\": [{\"inf\": \"a.inf\"}]", "drivers[0]",
	  "not of the store" },
	{ "\"when\": 0", "\"when\": 0, \"before\": []", "before", "type" },
	{ "\"when\": 0", "\"when\": 0, \"first_boot\": 1", "first_boot", "type" },
	{ "\"when\": 0", "\"when\": 0, \"first_boot\": {\"result\":\"ok\",\"message\":\"\"}",
	  "first_boot", "a member is missing" },
	{ "\"when\": 0",
	  "\"when\": 0, \"first_boot\": {\"result\":\"ok\",\"message\":\"\",\"when\":0,\"x\":1}",
	  "first_boot.x", "unknown" },
	{ "\"when\": 0", "\"when\": 0, \"before\": {\"x\": 1}", "before.x", "unknown" },
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
		cmocka_unit_test_setup_teardown(test_windows, enter_temp_dir, leave_temp_dir),
		cmocka_unit_test_setup_teardown(test_first_boot, enter_temp_dir, leave_temp_dir),
		cmocka_unit_test(test_ends),
		cmocka_unit_test_setup_teardown(test_settings, enter_temp_dir, leave_temp_dir),
		cmocka_unit_test_setup_teardown(test_bad, enter_temp_dir, leave_temp_dir),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
