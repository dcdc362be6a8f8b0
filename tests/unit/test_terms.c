/* SPDX-License-Identifier: MIT */
/* test_terms.c - terms are read strictly, written as they were read, and accepted by name. */
#include "support.h"

#include "terms.h"

#define LONG "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct {
	const char *text;
	const char *error; /* NULL: it is fine */
} cases[] = {
	{ "{\"id\":\"t\",\"title\":\"T\",\"accept\":true}", NULL },
	{ "{\"id\":\"t\",\"title\":\"T\",\"accept\":false,\"url\":\"https://h/"
	  "\",\"redistribute\":true}",
	  NULL },
	{ "{\"id\":\"t\",\"title\":\"T\",\"accept\":true,\"redistribute\":false}", NULL },
	{ "{\"title\":\"T\",\"accept\":true}", "'id' is missing" },
	{ "{\"id\":\"all\",\"title\":\"T\",\"accept\":true}", "is not 'all'" },
	{ "{\"id\":\"T\",\"title\":\"T\",\"accept\":true}", "lower-case" },
	{ "{\"id\":\"" LONG "\",\"title\":\"T\",\"accept\":true}", "lower-case" },
	{ "{\"id\":\"t\",\"accept\":true}", "'title' is missing" },
	{ "{\"id\":\"t\",\"title\":\"\",\"accept\":true}", "1 to 160 bytes" },
	{ "{\"id\":\"t\",\"title\":\"" LONG LONG "\",\"accept\":true}", "1 to 160 bytes" },
	{ "{\"id\":\"t\",\"title\":\"\\u001b[2J\",\"accept\":true}", "one line" },
	{ "{\"id\":\"t\",\"title\":\"T\"}", "'accept' is missing" },
	{ "{\"id\":\"t\",\"title\":\"T\",\"accept\":\"yes\"}", "accept: must be" },
	{ "{\"id\":\"t\",\"title\":\"T\",\"accept\":true,\"url\":\"ftp://h\"}",
	  "address of the web" },
	{ "{\"id\":\"t\",\"title\":\"T\",\"accept\":true,\"url\":\"\"}", "1 to 160 bytes" },
	{ "{\"id\":\"t\",\"title\":\"T\",\"accept\":true,\"redistribute\":1}",
	  "redistribute: must" },
	{ "{\"id\":\"t\",\"title\":\"T\",\"accept\":true,\"more\":1}", "more: unknown key" },
	{ "[]", "must be an object" },
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = { 0 };
		struct terms t = { 0 };
		AUTO(buf_done) struct buf again = BUF_INIT(4096);
		AUTO(json_auto_free) struct json *j = json_new("t", &err), *in = NULL;
		AUTO(buf_done) struct buf text = BUF_INIT(4096);
		buf_printf(&text, "{\"t\":%s}", cases[i].text);
		in = json_parse("t", buf_slice(&text), &err);
		assert_non_null(in);
		bool ok = terms_read(in, json_get(json_top(in), "t"), NULL, &t, &err);
		if (ok != (cases[i].error == NULL))
			fail_msg("%s\n%s", cases[i].text, ok ? "was taken" : err.msg);
		if (!ok && !strstr(err.msg, cases[i].error))
			fail_msg("%s\n'%s', not '%s'", cases[i].text, err.msg, cases[i].error);
		if (!ok)
			continue;
		struct terms same = { 0 };
		terms_write(j, json_top(j), "t", &t);
		assert_true(terms_read(j, json_get(json_top(j), "t"), NULL, &same, &err));
		assert_string_equal(same.id, t.id);
		assert_string_equal(same.title, t.title);
		assert_string_equal(same.url ? same.url : "", t.url ? t.url : "");
		assert_int_equal(same.accept, t.accept);
		assert_int_equal(same.redistribute, t.redistribute);
	}
}

static void test_accepted(void **state)
{
	(void)state;
	const char *const ids[] = { "x", "t", TERMS_ALL };
	const struct terms none = { 0 }, asks = { .id = "t", .accept = true }, not = { .id = "t" };
	assert_true(terms_accepted(&none, NULL, 0));
	assert_true(terms_accepted(&not, NULL, 0));
	assert_false(terms_accepted(&asks, NULL, 0));
	assert_false(terms_accepted(&asks, ids, 1));
	assert_true(terms_accepted(&asks, ids, 2));
	assert_true(terms_accepted(&asks, ids + 2, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_accepted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
