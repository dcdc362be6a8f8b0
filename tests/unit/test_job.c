/* SPDX-License-Identifier: MIT */
/* test_job.c - what is kept beside the log. */
#include "job.h"
#include "platform.h"
#include "support.h"

static const struct {
	const char *log, *path, *why;
} cases[] = {
	{ "/var/log/x/log", "/var/log/x/p-1-msi.log", "absolute" },
	{ "log", "p-1-msi.log", "in the current directory" },
	{ "a/log", "a/p-1-msi.log", "relative" },
	{ "/log", "/p-1-msi.log", "at the top" },
};

static void test_beside(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = { 0 };
		char out[PLATFORM_PATH_MAX];
		struct arguments args = { .log = cases[i].log };
		struct job job = { .args = &args };
		assert_ok(job_beside_log(&job, "p-1", "msi.log", out, &err));
		if (strcmp(out, cases[i].path) != 0)
			fail_msg("%s: '%s'", cases[i].why, out);
	}
}

static void test_keep(void **state)
{
	struct err err = { 0 };
	char log[4096], from[4096];
	snprintf(log, sizeof(log), "%s/logs/log", (char *)*state);
	snprintf(from, sizeof(from), "%s/msi.log", (char *)*state);
	struct arguments args = { .log = log };
	struct job job = { .args = &args };
	assert_ok(report_init(&job.report, &args, &err));
	assert_ok(job_open_log(&job, &err));
	assert_fails(job_keep_log(&job, from, "p", &err), ERR_SYSTEM, "cannot open");
	static char large[200000];
	memset(large, 'x', sizeof(large));
	write_file("msi.log", large, sizeof(large));
	assert_ok(job_keep_log(&job, from, "p", &err));
	struct stat st;
	assert_int_equal(stat("logs/p-msi.log", &st), 0);
	assert_int_equal(st.st_size, sizeof(large));
	write_file("msi.log", "again", 5); /* another install: its own log, not both */
	assert_ok(job_keep_log(&job, from, "p", &err));
	assert_string_equal(read_text("logs/p-msi.log"), "again");
	assert_non_null(strstr(read_text("logs/log"), "kept as '"));
	report_done(&job.report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_beside),
		cmocka_unit_test_setup_teardown(test_keep, enter_temp_dir, leave_temp_dir),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
