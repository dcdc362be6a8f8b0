/* SPDX-License-Identifier: MIT */
/* test_path.c - names from outside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "path.h"

static const struct {
	const char *path;
	bool safe;
	const char *why;
} paths[] = {
	{ "mlx5/mlx5.ko", true, "plain relative path" },
	{ "a..b/c", true, "dots inside a name are fine" },
	{ ".hidden/..b", true, "and at its start" },
	{ "debs/libc6_2.36-9+deb12u10_amd64.deb", true, "what a package is called" },
	{ "debs/a_1%3a2_all.deb", true, "an epoch is written so" },
	{ "gr\xc3\xbc\xc3\x9f"
	  "e/\xe6\x97\xa5/\xf0\x9f\x98\x80",
	  true, "UTF-8 of 2, 3 and 4 bytes" },
	{ "console/com/com10/lpt/nulls", true, "only nearly devices" },
	{ "", false, "empty" },
	{ "/etc/passwd", false, "absolute" },
	{ "//server/share", false, "absolute on Windows" },
	{ "a//b", false, "empty component" },
	{ "a/", false, "empty component at the end" },
	{ ".", false, "the directory itself" },
	{ "..", false, "climbs out" },
	{ "a/../../etc", false, "climbs out later" },
	{ "a/./b", false, "two ways to write one path" },
	{ "...", false, "Windows drops dots at the end" },
	{ "a./b", false, "the same in the middle" },
	{ "a /b", false, "and spaces" },
	{ "C:/Windows", false, "drive letter" },
	{ "file:stream", false, "alternate stream" },
	{ "a\\..\\b", false, "backslash separates on Windows" },
	{ "a*", false, "not a name on Windows" },
	{ "a?b", false, "not a name on Windows" },
	{ "\"a\"", false, "not a name on Windows" },
	{ "<a>", false, "not a name on Windows" },
	{ "a|b", false, "not a name on Windows" },
	{ "a\nb", false, "control character" },
	{ "a\x7f", false, "DEL" },
	{ "\xc2\x9b"
	  "31m",
	  false, "C1 control character" },
	{ "a\x80", false, "stray continuation byte" },
	{ "\xc0\xaf", false, "overlong slash" },
	{ "\xe0\x80\xaf", false, "overlong slash of 3 bytes" },
	{ "\xf0\x80\x80\xaf", false, "overlong slash of 4 bytes" },
	{ "\xed\xa0\x80", false, "surrogate" },
	{ "\xf4\x90\x80\x80", false, "past U+10FFFF" },
	{ "\xf5\x80\x80\x80", false, "no such first byte" },
	{ "\xe6\x97", false, "cut sequence" },
	{ "\xe6\x97/a", false, "cut by a slash" },
	{ "nul", false, "device" },
	{ "a/NUL.txt", false, "device with an extension" },
	{ "aux .h", false, "device with a space before the extension" },
	{ "Com1", false, "serial port" },
	{ "LPT9.log", false, "printer port" },
	{ "com\xc2\xb9", false, "superscript one is a digit to Windows" },
	{ "CONIN$", false, "console" },
};

static void test_path_is_safe(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (path_is_safe(slice_str(paths[i].path)) != paths[i].safe)
			fail_msg("'%s': %s", paths[i].path, paths[i].why);
	assert_false(path_is_safe((struct slice) { (const uint8_t *)"a\0b", 3 }));
}

static void test_path_lengths(void **state)
{
	(void)state;
	uint8_t p[PATH_SAFE_MAX + 1];
	memset(p, 'a', sizeof(p));
	assert_true(path_is_safe((struct slice) { p, PATH_COMPONENT_MAX }));
	assert_false(path_is_safe((struct slice) { p, PATH_COMPONENT_MAX + 1 }));
	for (size_t i = 200; i < sizeof(p); i += 200)
		p[i] = '/';
	assert_true(path_is_safe((struct slice) { p, PATH_SAFE_MAX }));
	assert_false(path_is_safe((struct slice) { p, PATH_SAFE_MAX + 1 }));
}

static const struct {
	const char *link, *target;
	bool safe;
	const char *why;
} targets[] = {
	{ "a", "b", true, "beside it" },
	{ "d/a", "../b", true, "up to the tree's root" },
	{ "d/e/a", "../../b/c", true, "up twice and down" },
	{ "d/a", "..", true, "the tree's root itself" },
	{ "a", "b/c/d", true, "down" },
	{ "a", "", false, "nothing" },
	{ "a", "/etc/passwd", false, "absolute" },
	{ "a", "../b", false, "out of the tree" },
	{ "d/a", "../../b", false, "out of the tree from a directory" },
	{ "a", "..", false, "the directory above the tree" },
	{ "a", "b/..", false, "b may be a link: then .. is somewhere else" },
	{ "d/e/a", "../x/../b", false, "the same after an honest .." },
	{ "a", "./b", false, "a second way to write b" },
	{ "a", "b/", false, "empty component" },
	{ "a", "nul", false, "device" },
};

static void test_path_target(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		if (path_target_is_safe(slice_str(targets[i].link), slice_str(targets[i].target)) !=
		    targets[i].safe)
			fail_msg("'%s' -> '%s': %s", targets[i].link, targets[i].target,
				 targets[i].why);
}

static const struct {
	const char *name;
	bool safe;
	const char *why;
} names[] = {
	{ "debian-12-amd64", true, "a package" },
	{ "2026.11.0", true, "a version" },
	{ "linux-x86_64", true, "a platform" },
	{ "g++", true, "plus signs" },
	{ "", false, "empty" },
	{ "Debian", false, "capital" },
	{ "-a", false, "would be an option" },
	{ ".a", false, "hidden" },
	{ "a.", false, "no path on Windows" },
	{ "a/b", false, "separator" },
	{ "a b", false, "space" },
	{ "a\xc3\xbc", false, "not ASCII" },
	{ "nul", false, "device" },
	{ "a\n", false, "line end" },
};

static void test_name_is_safe(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (name_is_safe(names[i].name) != names[i].safe)
			fail_msg("'%s': %s", names[i].name, names[i].why);
	char longest[130];
	memset(longest, 'a', sizeof(longest));
	longest[128] = '\0';
	assert_true(name_is_safe(longest));
	longest[128] = 'a';
	longest[129] = '\0';
	assert_false(name_is_safe(longest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path_is_safe),
		cmocka_unit_test(test_path_lengths),
		cmocka_unit_test(test_path_target),
		cmocka_unit_test(test_name_is_safe),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
