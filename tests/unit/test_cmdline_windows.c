/* SPDX-License-Identifier: MIT */
/* test_cmdline_windows.c - our splitting against the system's own, on lines of what matters. */
#include <windows.h>

#include "cmdline.h"
#include "support.h"
#include "wide.h"

#define LINES 20000

typedef wchar_t **(WINAPI *split_fn)(const wchar_t *line, int *argc);

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 16;
}

static void check(split_fn split, const char *line)
{
	struct err err = { 0 };
	AUTO(cmdline_done) struct cmdline ours = { 0 };
	AUTO(wide_free) wchar_t *wide = wide_text(line, &err);
	assert_non_null(wide);
	assert_ok(cmdline_split(line, &ours, &err));
	int argc = 0;
	wchar_t **argv = split(wide, &argc);
	assert_non_null(argv);
	if (argc != ours.argc)
		fail_msg("'%s': %d arguments, not %d", line, ours.argc, argc);
	for (int i = 0; i < argc; i++) {
		AUTO(auto_free) char *theirs = wide_utf8(argv[i], &err);
		if (!theirs || strcmp(theirs, ours.argv[i]) != 0)
			fail_msg("'%s': argument %d is '%s', not '%s'", line, i, ours.argv[i],
				 theirs);
	}
	LocalFree(argv);
}

static void test_same(void **state)
{
	(void)state;
	static const char letters[] = "a \"\\\"\\\tb";
	split_fn split = (split_fn)wide_function(L"shell32.dll", "CommandLineToArgvW");
	assert_non_null(split);
	uint32_t seed = 1;
	for (size_t i = 0; i < LINES; i++) {
		char line[24];
		size_t n = 1 + next(&seed) % (sizeof(line) - 2);
		for (size_t k = 0; k < n; k++)
			line[k] = letters[next(&seed) % (sizeof(letters) - 1)];
		line[n] = '\0';
		check(split, line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
