/* SPDX-License-Identifier: MIT */
/* test_date.c - dates as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "date.h"

static const struct {
	uint64_t when;
	const char *text, *why;
} rows[] = {
	{ 0, "1970-01-01", "the beginning" },
	{ 1764000000, "2025-11-24", "a day in UTC" },
	{ 1709164800, "2024-02-29", "leap day" },
	{ UINT64_C(4294967296), "2106-02-07", "past 32 bits" },
	{ 946684799, "1999-12-31", "the last second of a year" },
	{ 951868800, "2000-03-01", "2000 was a leap year" },
	{ UINT64_C(4107542400), "2100-03-01", "2100 is none" },
	{ UINT64_C(32535216000), "3001-01-01", "where Windows' gmtime() ends" },
	{ UINT64_C(253402300799), "9999-12-31", "the last of 4 digits" },
	{ UINT64_MAX, "9999-12-31", "not past it" },
};

static void test_date_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[DATE_TEXT_SIZE];
		if (strcmp(date_text(rows[i].when, text), rows[i].text) != 0)
			fail_msg("%s: %s", rows[i].why, text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_date_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
