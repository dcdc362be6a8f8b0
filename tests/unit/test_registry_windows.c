/* SPDX-License-Identifier: MIT */
/* test_registry_windows.c - values as installers leave them: of any type, and ended or not. */
#include "registry.h"

#include <windows.h>

#include "support.h"

#define TEST_KEY "SOFTWARE\\ibbundle-test"
#define WIDE_KEY L"SOFTWARE\\ibbundle-test"

static HKEY make_key(const wchar_t *path, REGSAM view)
{
	HKEY key;
	assert_int_equal(RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, NULL, 0,
					 KEY_ALL_ACCESS | view, NULL, &key, NULL),
			 ERROR_SUCCESS);
	return key;
}

static int make_keys(void **state)
{
	(void)state;
	RegCloseKey(make_key(WIDE_KEY L"\\B\xe4r", KEY_WOW64_64KEY));
	RegCloseKey(make_key(WIDE_KEY L"\\a", KEY_WOW64_64KEY));
	return 0;
}

static int remove_keys(void **state)
{
	(void)state;
	return RegDeleteKeyExW(HKEY_LOCAL_MACHINE, WIDE_KEY L"\\B\xe4r", KEY_WOW64_64KEY, 0) ||
	       RegDeleteKeyExW(HKEY_LOCAL_MACHINE, WIDE_KEY L"\\a", KEY_WOW64_64KEY, 0) ||
	       RegDeleteKeyExW(HKEY_LOCAL_MACHINE, WIDE_KEY, KEY_WOW64_64KEY, 0);
}

enum kind { TEXT, LIST, NUMBER };

static const struct {
	DWORD type;
	const void *data;
	DWORD size;
	enum kind kind;
	const char *value; /* NULL: counts as not there */
	DWORD length;      /* of a list, with its NUL bytes */
	const char *why;
} values[] = {
	{ REG_SZ, L"abc", 8, TEXT, "abc", 3, "as it should be" },
	{ REG_SZ, L"abc", 6, TEXT, "abc", 3, "without its NUL" },
	{ REG_SZ, L"abc", 5, TEXT, "ab", 2, "an odd number of bytes" },
	{ REG_SZ, L"ab\0cd", 12, TEXT, "ab", 2, "two NULs" },
	{ REG_SZ, L"", 0, TEXT, "", 0, "no bytes" },
	{ REG_SZ, L"\xe4\x20ac", 6, TEXT, "\xc3\xa4\xe2\x82\xac", 5, "beyond ASCII" },
	{ REG_SZ, L"a\xd800z", 8, TEXT, "a\xef\xbf\xbdz", 5, "half a surrogate pair" },
	{ REG_EXPAND_SZ, L"%x%", 8, TEXT, "%x%", 3, "not expanded" },
	{ REG_DWORD, "abcd", 4, TEXT, NULL, 0, "a number" },
	{ REG_BINARY, L"abc", 8, TEXT, NULL, 0, "bytes" },
	{ REG_MULTI_SZ, L"a\0", 6, TEXT, NULL, 0, "a list" },
	{ REG_MULTI_SZ, L"a\0bc\0", 12, LIST, "a\0bc", 5, "a list as it should be" },
	{ REG_MULTI_SZ, L"a\0bc", 10, LIST, "a\0bc", 5, "without its last NUL" },
	{ REG_MULTI_SZ, L"a\0bc", 8, LIST, "a\0bc", 5, "without its last two" },
	{ REG_MULTI_SZ, L"a\0\0b\0", 12, LIST, "a", 2, "ends at an empty text" },
	{ REG_MULTI_SZ, L"", 2, LIST, "", 0, "an empty list" },
	{ REG_MULTI_SZ, L"", 0, LIST, "", 0, "no bytes" },
	{ REG_SZ, L"a", 4, LIST, NULL, 0, "a text" },
	{ REG_DWORD, "\1\0\0\0", 4, NUMBER, "1", 0, "a number as it should be" },
	{ REG_DWORD, "\377\377\377\377", 4, NUMBER, "4294967295", 0, "the largest" },
	{ REG_QWORD, "\1\0\0\0\0\0\0\0", 8, NUMBER, NULL, 0, "a longer number" },
	{ REG_BINARY, "\1\0\0\0", 4, NUMBER, NULL, 0, "four bytes" },
	{ REG_SZ, L"1", 4, NUMBER, NULL, 0, "a text of four bytes" },
};

static bool read_back(const struct registry_key *key, enum kind kind, struct buf *out)
{
	uint32_t number;
	if (kind == TEXT)
		return registry_read(key, "value", out);
	if (kind == LIST)
		return registry_read_list(key, "value", out);
	if (!registry_read_number(key, "value", &number))
		return false;
	buf_printf(out, "%lu", (unsigned long)number);
	return true;
}

static void test_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(values); i++) {
		AUTO(buf_done) struct buf out = BUF_INIT(4096);
		AUTO(registry_close) struct registry_key key = { 0 };
		HKEY write = make_key(WIDE_KEY, KEY_WOW64_64KEY);
		assert_int_equal(RegSetValueExW(write, L"value", 0, values[i].type, values[i].data,
						values[i].size),
				 ERROR_SUCCESS);
		RegCloseKey(write);
		assert_true(registry_open(TEST_KEY, REGISTRY_64, &key));
		bool found = read_back(&key, values[i].kind, &out);
		size_t length = values[i].kind == NUMBER ? out.len : values[i].length;
		if (found != (values[i].value != NULL) || (found && out.len != length) ||
		    (found && memcmp(buf_str(&out), values[i].value, length) != 0))
			fail_msg("%s: %d, %zu bytes '%s'", values[i].why, found, out.len,
				 buf_str(&out));
	}
}

static void test_limits(void **state)
{
	static wchar_t text[REGISTRY_VALUE_MAX / 2 + 2];
	AUTO(buf_done) struct buf out = BUF_INIT(4096);
	AUTO(buf_done) struct buf large = BUF_INIT(REGISTRY_VALUE_MAX);
	AUTO(registry_close) struct registry_key key = { 0 };
	(void)state;
	for (size_t i = 0; i < COUNT_OF(text) - 1; i++)
		text[i] = L'x';
	HKEY write = make_key(WIDE_KEY, KEY_WOW64_64KEY);
	assert_true(registry_open(TEST_KEY, REGISTRY_64, &key));
	RegSetValueExW(write, L"value", 0, REG_SZ, (const BYTE *)text, REGISTRY_VALUE_MAX);
	assert_false(registry_read(&key, "value", &out)); /* the caller's limit */
	assert_true(registry_read(&key, "value", &large));
	assert_int_equal(large.len, REGISTRY_VALUE_MAX / 2);
	RegSetValueExW(write, L"value", 0, REG_SZ, (const BYTE *)text, REGISTRY_VALUE_MAX + 2);
	assert_false(registry_read(&key, "value", &large));
	RegCloseKey(write);
}

static void test_buffer_is_used_again(void **state)
{
	AUTO(buf_done) struct buf out = BUF_INIT(64);
	(void)state;
	assert_true(registry_decode(L"longer", 12, false, &out));
	assert_true(registry_decode(L"ab", 4, false, &out));
	assert_string_equal(buf_str(&out), "ab");
	assert_true(registry_decode(L"", 0, false, &out));
	assert_string_equal(buf_str(&out), "");
}

static void test_keys(void **state)
{
	AUTO(registry_close) struct registry_key key = { 0 };
	AUTO(registry_close) struct registry_key child = { 0 };
	AUTO(buf_done) struct buf names = BUF_INIT(4096);
	AUTO(buf_done) struct buf name = BUF_INIT(4096);
	uint32_t count = 0;
	(void)state;
	assert_true(registry_exists(TEST_KEY));
	assert_false(registry_exists(TEST_KEY "\\none"));
	assert_false(registry_exists("SOFTWARE\\\xff"));
	assert_true(registry_open(TEST_KEY, REGISTRY_64, &key));
	for (; registry_child(&key, count, &name); count++)
		buf_printf(&names, "%s;", buf_str(&name));
	assert_int_equal(count, 2);
	assert_non_null(strstr(buf_str(&names), "B\xc3\xa4r;"));
	assert_non_null(strstr(buf_str(&names), "a;"));
	assert_true(registry_open_in(&key, "B\xc3\xa4r", &child));
	assert_false(registry_read(&child, "value", &name));
}

/* The 32-bit view of SOFTWARE is another tree. */
static void test_views(void **state)
{
	AUTO(registry_close) struct registry_key key = { 0 };
	static const wchar_t path[] = L"SOFTWARE\\ibbundle-test-32";
	(void)state;
	RegCloseKey(make_key(path, KEY_WOW64_32KEY));
	assert_false(registry_open("SOFTWARE\\ibbundle-test-32", REGISTRY_64, &key));
	assert_true(registry_open("SOFTWARE\\ibbundle-test-32", REGISTRY_32, &key));
	assert_int_equal(RegDeleteKeyExW(HKEY_LOCAL_MACHINE, path, KEY_WOW64_32KEY, 0),
			 ERROR_SUCCESS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values), cmocka_unit_test(test_limits),
		cmocka_unit_test(test_keys),   cmocka_unit_test(test_buffer_is_used_again),
		cmocka_unit_test(test_views),
	};
	return cmocka_run_group_tests(tests, make_keys, remove_keys);
}
