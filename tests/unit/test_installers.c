/* SPDX-License-Identifier: MIT */
/* test_installers.c - the vendor's installers get the options that they know, and steps that are good. */
#include "support.h"

#include "installers.h"
#include "needs.h"
#include "steps.h"

#define OFED(v, d) .file = "MLNX_OFED_LINUX-" v "-" d "-x86_64.tgz", .version = v, .variant = d
#define DEVEL .kernel_devel = "3.10.0-957.27.2.el7.x86_64", .kernel_devel_rpm = "devel.rpm"

static const struct {
	struct installer what;
	const char *has, *has_not; /* in the package's text */
	const char *why;
} rows[] = {
	{ { .driver = "mlnx-ofed", OFED("5.5-1.0.3.2", "rhel7.9") },
	  "\"--skip-unsupported-devices-check\"",
	  "--add-kernel-support",
	  "no kernels are known: nothing is rebuilt" },
	{ { .driver = "mlnx-ofed", OFED("5.5-1.0.3.2", "rhel7.9"), .kernels = "3.10.0-1160" },
	  "\"match\":{\"headers\":\"on\",\"kernel\":\"< 3.10.0-1160\",\"tools\":[\"gcc\"",
	  "3.10.0-1127",
	  "rebuilt for kernels before and after" },
	{ { .driver = "mlnx-ofed", OFED("5.5-1.0.3.2", "rhel7.9"), .kernels = "3.10.0-1160" },
	  "{\"headers\":true,\"match\":{\"kernel\":\"> 3.10.0-1160\"},\"tools\":[\"gcc\"",
	  "\"packages\"",
	  "which needs headers and a compiler" },
	{ { .driver = "mlnx-ofed", OFED("4.9-4.1.7.0", "rhel7.9") },
	  "\"names\":[\"mlx4_core\"",
	  "--skip-unsupported-devices-check",
	  "before 5.1 there is no such option, and there is ConnectX-3" },
	{ { .driver = "mlnx-ofed", OFED("5.0-2.1.8.0", "rhel7.9") },
	  "mlx4_core",
	  "--skip-unsupported-devices-check",
	  "5.0 is before 5.1" },
	{ { .driver = "mlnx-ofed", OFED("23.10-1.1.9.0", "rhel8.9") },
	  "--skip-unsupported-devices-check",
	  "mlx4_core",
	  "23 is after 5" },
	{ { .driver = "mlnx-ofed", OFED("5.5-1.0.3.2", "ubuntu20.04") },
	  "\"--without-depcheck\"",
	  "--skip-unsupported-devices-check",
	  "what is missing must not be fetched; no such option" },
	{ { .driver = "mlnx-ofed", OFED("4.9-4.1.7.0", "ubuntu18.04") },
	  "\"check\":[{\"dkms\":[\"mlnx-ofed-kernel\"]},{\"device\":{}}]",
	  "python3",
	  "by dkms" },
	{ { .driver = "mlnx-ofed", OFED("5.5-1.0.3.2", "rhel7.6"), DEVEL, .kernels = "3.10.0-957" },
	  "\"--add-kernel-support\",\"--kernel\",\"3.10.0-957.27.2.el7.x86_64\",\"--kernel-"
	  "sources\","
	  "\"/usr/src/kernels/3.10.0-957.27.2.el7.x86_64\"]",
	  "\"also\"",
	  "for the one kernel" },
	{ { .driver = "mlnx-ofed", OFED("5.5-1.0.3.2", "rhel7.6"), DEVEL },
	  "\"install\":[{\"run\":[\"rpm\",\"-i\",\"--replacepkgs\",\"devel.rpm\"]}",
	  "\"headers\":true",
	  "which brings its headers" },
	{ { .driver = "mlnx-ofed", OFED("5.5-1.0.3.2", "rhel7.6") },
	  "./ofed/MLNX_OFED_LINUX-5.5-1.0.3.2-rhel7.6-x86_64/mlnxofedinstall",
	  ".tgz",
	  "the installer in the tree" },
	{ { .driver = "winof-2",
	    .file = "MLNX_WinOF2-2_22_50000_All_x64.exe",
	    .version = "2.22.50000",
	    .variant = "" },
	  "\"remove\":\"MLNX_WinOF2\"",
	  "mlnxofedinstall",
	  "by Windows Installer" },
	{ { .driver = "winof",
	    .file = "MLNX_VPI_WinOF-5_65_51000_All_win2016_x64.exe",
	    .version = "5.65.51000",
	    .variant = "win2016" },
	  "\"at_least\":\"5.65.51000\",\"name\":\"MLNX_VPI\"",
	  "WinOF2",
	  "its own product" },
};

static void check_steps(const struct json *doc, const char *key, const char *os)
{
	struct err err = { 0 };
	AUTO(auto_free) struct step *steps = NULL;
	size_t count = 0;
	const struct json_value *list = json_get(json_top(doc), key);
	assert_non_null(list);
	if (!steps_parse(doc, list, &steps, &count, &err))
		fail_msg("%s", err.msg);
	for (size_t i = 0; i < count; i++)
		assert_true(!step_os(&steps[i]) || strcmp(step_os(&steps[i]), os) == 0);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err err = { 0 };
		AUTO(texts_done) struct texts texts = { 0 };
		AUTO(buf_done) struct buf out = BUF_INIT(1u << 16);
		AUTO(json_auto_free) struct json *j = json_new("package", &err);
		assert_ok(installers_add(j, json_top(j), &rows[i].what, &texts, &err));
		assert_ok(json_print(j, false, &out, &err));
		const char *text = buf_str(&out);
		if (!strstr(text, rows[i].has) || strstr(text, rows[i].has_not))
			fail_msg("row %zu, %s: %s", i, rows[i].why, text);
		bool ofed = strcmp(rows[i].what.driver, "mlnx-ofed") == 0;
		AUTO(json_auto_free) struct json *read =
			json_parse("package", buf_slice(&out), &err);
		check_steps(read, "install", ofed ? "linux" : "windows");
		check_steps(read, "check", ofed ? "linux" : "windows");
		check_steps(read, "uninstall", ofed ? "linux" : "windows");
		const struct json_value *needs = json_get(json_top(read), "needs");
		assert_int_equal(needs != NULL, ofed);
		if (ofed && !needs_check(read, needs, &err))
			fail_msg("%s", err.msg);
	}
}

/* Whatever it is: no firmware, no question, no repository, and nothing outside of our own directory. */
static void test_always(void **state)
{
	(void)state;
	static const char *const always[] = { "\"-q\"",
					      "\"--force\"",
					      "\"--without-fw-update\"",
					      "\"--skip-repo\"",
					      "\"--tmpdir\",\"${staging}\"",
					      "\"172\":",
					      "OS.EnableRDMA",
					      "memlock unlimited",
					      "force-restart",
					      "\"unsigned_modules\":true" };
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err err = { 0 };
		AUTO(texts_done) struct texts texts = { 0 };
		AUTO(buf_done) struct buf out = BUF_INIT(1u << 16);
		AUTO(json_auto_free) struct json *j = json_new("package", &err);
		if (strcmp(rows[i].what.driver, "mlnx-ofed") != 0)
			continue;
		assert_ok(installers_add(j, json_top(j), &rows[i].what, &texts, &err));
		assert_ok(json_print(j, false, &out, &err));
		for (size_t k = 0; k < COUNT_OF(always); k++)
			if (!strstr(buf_str(&out), always[k]))
				fail_msg("row %zu: no %s", i, always[k]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows),
					    cmocka_unit_test(test_always) };
	return cmocka_run_group_tests_name("installers", tests, NULL, NULL);
}
