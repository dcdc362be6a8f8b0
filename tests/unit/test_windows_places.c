/* SPDX-License-Identifier: MIT */
/* test_windows_places.c - what the registry may say of ProgramData, and what comes of it. */
#include "support.h"
#include "windows_places.h"

static const struct {
	const char *windows, *value;
	const char *state; /* NULL: refused */
	const char *why;
} cases[] = {
	{ "C:\\Windows", "%SystemDrive%\\ProgramData", "C:\\ProgramData\\ibbundle",
	  "as it is everywhere" },
	{ "C:\\Windows", NULL, "C:\\ProgramData\\ibbundle", "no value" },
	{ "D:\\WINNT", "%SYSTEMDRIVE%\\ProgramData", "D:\\ProgramData\\ibbundle", "another drive" },
	{ "C:\\Windows", "E:\\Data", "E:\\Data\\ibbundle", "moved" },
	{ "C:\\Windows", "E:\\Data\\", "E:\\Data\\ibbundle", "a final backslash" },
	{ "C:\\Windows",
	  "C:\\Donn\xC3\xA9"
	  "es",
	  "C:\\Donn\xC3\xA9"
	  "es\\ibbundle",
	  "UTF-8" },
	{ "C:\\Windows", "", NULL, "nothing" },
	{ "C:\\Windows", "%SystemDrive%", NULL, "a drive alone" },
	{ "C:\\Windows", "C:\\", NULL, "a drive's root" },
	{ "C:\\Windows", "%TEMP%\\x", NULL, "a variable that who starts us sets" },
	{ "C:\\Windows", "%SystemDrive%\\%USERNAME%", NULL, "another behind" },
	{ "C:\\Windows", "\\\\server\\share", NULL, "not local" },
	{ "C:\\Windows", "ProgramData", NULL, "relative" },
	{ "C:\\Windows", "C:ProgramData", NULL, "relative to a drive" },
	{ "C:\\Windows", "C:\\a\\..\\b", NULL, "climbs" },
	{ "C:\\Windows", "C:/ProgramData", NULL, "not written as Windows does" },
	{ "C:\\Windows", "C:\\a:b", NULL, "a stream" },
	{ "\\Windows", NULL, NULL, "Windows itself" },
};

static void test_find(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = { 0 };
		struct windows_places p;
		bool ok = windows_places_find(cases[i].windows, cases[i].value, &p, &err);
		if (ok != (cases[i].state != NULL) || (ok && strcmp(p.state, cases[i].state) != 0))
			fail_msg("%s: '%s'", cases[i].why, ok ? p.state : err.msg);
	}
}

static void test_places(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct windows_places p;
	assert_ok(windows_places_find("D:\\Windows", "E:\\Data", &p, &err));
	assert_string_equal(p.trust, "E:\\Data\\ibbundle\\trust.d");
	assert_string_equal(p.log, "D:\\WindowsAzure\\Logs\\Plugins\\Microsoft.HpcCompute."
				   "InfiniBandDriverWindows\\ibbundle.log");
	assert_string_equal(p.windows, "D:\\Windows");
	assert_string_equal(p.system32, "D:\\Windows\\System32");
}

static void test_long(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct windows_places p;
	char value[1024] = "C:\\";
	memset(value + 3, 'a', sizeof(value) - 4);
	assert_fails(windows_places_find("C:\\Windows", value, &p, &err), ERR_SYSTEM,
		     "ProgramData");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_long),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
