/* SPDX-License-Identifier: MIT */
/* test_license.c - what is an SPDX license expression, and which LicenseRefs are in it. */
#include "support.h"

#include "license.h"

static const struct {
	const char *text;
	bool is;
	const char *why;
} cases[] = {
	{ "MIT", true, "an identifier" },
	{ "GPL-2.0+", true, "or later" },
	{ "GPL-2.0-only OR BSD-2-Clause", true, "one of two" },
	{ "(MIT AND (Apache-2.0 OR Zlib))", true, "parentheses" },
	{ "GPL-3.0-or-later WITH GCC-exception-3.1", true, "an exception" },
	{ "LicenseRef-NVIDIA-EULA", true, "of nobody's list" },
	{ "DocumentRef-x:LicenseRef-y AND MIT", true, "of another document" },
	{ "", false, "empty" },
	{ " ", false, "blank" },
	{ "MIT or BSD-2-Clause", false, "operators are in upper case" },
	{ "MIT AND", false, "nothing behind an operator" },
	{ "OR MIT", false, "nothing before it" },
	{ "AND", false, "an operator alone" },
	{ "MIT BSD-2-Clause", false, "no operator" },
	{ "(MIT", false, "not closed" },
	{ "MIT)", false, "not opened" },
	{ "()", false, "nothing inside" },
	{ "MIT WITH WITH", false, "an operator for an exception" },
	{ "MIT WITH (x)", false, "an exception is one identifier" },
	{ "GPL-2.0-only, and more", false, "words" },
	{ "the vendor's", false, "words" },
	{ "MIT:x", false, "a colon only behind DocumentRef" },
};

static void test_expressions(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		if (license_is_expression(cases[i].text) != cases[i].is)
			fail_msg("'%s': %s", cases[i].text, cases[i].why);
}

static void test_deep(void **state)
{
	(void)state;
	char text[4096] = "";
	memset(text, '(', 2000);
	assert_false(license_is_expression(text));
	memset(text, 'a', 300);
	text[300] = '\0';
	assert_false(license_is_expression(text));
}

static void test_refs(void **state)
{
	(void)state;
	const char *at = "LicenseRef-a OR (MIT AND LicenseRef-b.2) OR DocumentRef-x:LicenseRef-c";
	char ref[LICENSE_ID_MAX];
	assert_true(license_next_ref(&at, ref));
	assert_string_equal(ref, "LicenseRef-a");
	assert_true(license_next_ref(&at, ref));
	assert_string_equal(ref, "LicenseRef-b.2");
	assert_false(license_next_ref(&at, ref));
	assert_false(license_next_ref(&at, ref));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expressions),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_refs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
