/* SPDX-License-Identifier: MIT */
/* test_environment_windows.c - what a step gets, and what it must not get. */
#include <windows.h>

#include "environment.h"
#include "support.h"

/* The value of @name in a block, or NULL. */
static const wchar_t *value(const wchar_t *block, const wchar_t *name)
{
	size_t n = wcslen(name);
	for (; *block; block += wcslen(block) + 1)
		if (_wcsnicmp(block, name, n) == 0 && block[n] == L'=')
			return block + n + 1;
	return NULL;
}

static void test_clean(void **state)
{
	(void)state;
	struct err err = { 0 };
	SetEnvironmentVariableW(L"IBB_LEAK", L"leaked");
	SetEnvironmentVariableW(L"SystemRoot", L"C:\\evil");
	SetEnvironmentVariableW(L"__COMPAT_LAYER", L"RunAsInvoker");
	AUTO(auto_free) wchar_t *block = environment_block("C:\\staging\\t", NULL, &err);
	if (!block)
		fail_msg("%s", err.msg);
	static const struct {
		const wchar_t *name, *value; /* NULL: any */
	} there[] = {
		{ L"SystemRoot", L"C:\\windows" },
		{ L"windir", L"C:\\windows" },
		{ L"SystemDrive", L"C:" },
		{ L"ComSpec", L"C:\\windows\\system32\\cmd.exe" },
		{ L"Path", L"C:\\windows\\system32;C:\\windows" },
		{ L"PATHEXT", L".COM;.EXE;.BAT;.CMD" },
		{ L"TEMP", L"C:\\staging\\t" },
		{ L"TMP", L"C:\\staging\\t" },
		{ L"ProgramData", NULL },
		{ L"ProgramFiles", NULL },
		{ L"NUMBER_OF_PROCESSORS", NULL },
		{ L"USERPROFILE", NULL },
		{ L"LOCALAPPDATA", NULL },
	};
	for (size_t i = 0; i < COUNT_OF(there); i++) {
		const wchar_t *v = value(block, there[i].name);
		if (!v || (there[i].value && _wcsicmp(v, there[i].value) != 0))
			fail_msg("%ls is '%ls'", there[i].name, v ? v : L"(none)");
	}
	assert_null(value(block, L"IBB_LEAK"));
	assert_null(value(block, L"__COMPAT_LAYER"));
	assert_null(value(block, L"WINEPREFIX"));
}

/* Extra ones come last and win, whatever their case; the block is sorted as Windows sorts. */
static void test_extra(void **state)
{
	(void)state;
	struct err err = { 0 };
	static char first[] = "temp=D:\\x", second[] = "EXTRA=gr\xc3\xb6\xc3\x9f"
						       "e";
	char *const extra[] = { first, second, NULL };
	AUTO(auto_free) wchar_t *block = environment_block("C:\\t", extra, &err);
	assert_non_null(block);
	assert_int_equal(wcscmp(value(block, L"TEMP"), L"D:\\x"), 0);
	assert_int_equal(wcscmp(value(block, L"EXTRA"), L"gr\u00f6\u00dfe"), 0);
	const wchar_t *last = block;
	for (const wchar_t *p = block; *p; last = p, p += wcslen(p) + 1)
		assert_true(p == block ||
			    CompareStringOrdinal(last, (int)wcscspn(last, L"="), p,
						 (int)wcscspn(p, L"="), TRUE) == CSTR_LESS_THAN);
}

static void test_bad(void **state)
{
	(void)state;
	static char none[] = "NOVALUE", empty[] = "=x", broken[] = "A=\xff";
	char *const cases[] = { none, empty, broken };
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = { 0 };
		char *const extra[] = { cases[i], NULL };
		if (environment_block("C:\\t", extra, &err) || err.code == ERR_NONE)
			fail_msg("'%s' was taken", cases[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_extra),
		cmocka_unit_test(test_bad),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
