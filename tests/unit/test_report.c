/* SPDX-License-Identifier: MIT */
/* test_report.c - whatever a program prints, the log has our lines alone. */
#include "support.h"

#include "command.h"
#include "report.h"

static void test_log_lines(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct report r;
	struct arguments args = { .command = command_find("install") };
	assert_ok(report_init(&r, &args, &err));
	assert_ok(report_open_log(&r, "log", &err));
	report_log(&r, "%s",
		   "a\n2026-01-01T00:00:00Z ibbundle[1]: install succeeded (exit code 0)");
	report_log(&r, "%s",
		   "\x1b]0;title\x07\r\xc2\x9b"
		   "2J");
	struct err why = { ERR_STEP, "b\nforged\x1b[2J" };
	report_finish(&r, false, &why);
	report_done(&r);

	size_t lines = 0;
	for (const char *p = read_text("log"); *p; p++) {
		lines += *p == '\n';
		if ((uint8_t)*p < 0x20 && *p != '\n')
			fail_msg("a control character %#x is in the log", (unsigned)*p);
		if (strncmp(p, "\xc2\x9b", 2) == 0)
			fail_msg("a control character of C1 is in the log");
	}
	assert_int_equal(lines, 3);
	assert_non_null(strstr(read_text("log"), ": a 2026-01-01T00:00:00Z ibbundle[1]: install"));
	assert_non_null(strstr(read_text("log"), "b forged [2J"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log_lines),
	};
	return cmocka_run_group_tests(tests, enter_temp_dir, leave_temp_dir);
}
