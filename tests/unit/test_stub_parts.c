/* SPDX-License-Identifier: MIT */
/* test_stub_parts.c - what a stub says that it is made of. */
#include "support.h"

#include "buf.h"
#include "stub.h"
#include "stub_parts.h"

static const struct {
	const char *text; /* behind the magic; NULL: there is none */
	const char *error;
	size_t count;
	const char *why;
} cases[] = {
	{ NULL, NULL, 0, "a stub that says nothing" },
	{ "ibbundle 1.0", NULL, 0, "no libraries" },
	{ "ibbundle 1.0, openssl 3.0.22 of 25 Aug 2026, libzstd 1.5.4-5", NULL, 2, "as it is" },
	{ "", "not text", 0, "empty" },
	{ "openssl 3.0", "not names and versions", 0, "its own version comes first" },
	{ "ibbundle", "not names and versions", 0, "no version" },
	{ "ibbundle 1, zstd", "not names and versions", 0, "a library without a version" },
	{ "ibbundle 1,,zstd 2", "not names and versions", 0, "nothing between two commas" },
	{ "ibbundle 1\n, zstd 2", "not text", 0, "a control character" },
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO(buf_done) struct buf stub = BUF_INIT(4096);
		AUTO(texts_done) struct texts texts = { 0 };
		struct stub_parts parts = { 0 };
		struct err err = { 0 };
		buf_add_str(&stub, "before IBBSTUBPARTS ");
		if (cases[i].text) {
			buf_add_str(&stub, STUB_PARTS_MAGIC);
			buf_add_str(&stub, cases[i].text);
			buf_add(&stub, "\0, more 1", 9);
		}
		bool ok = stub_parts_find(buf_slice(&stub), &texts, &parts, &err);
		if (ok != !cases[i].error || parts.count != cases[i].count)
			fail_msg("%s: %zu, %s", cases[i].why, parts.count, err.msg);
		if (!ok && !strstr(err.msg, cases[i].error))
			fail_msg("%s: '%s'", cases[i].why, err.msg);
	}
}

static void test_known(void **state)
{
	(void)state;
	AUTO(texts_done) struct texts texts = { 0 };
	struct stub_parts p = { 0 };
	struct err err = { 0 };
	struct slice stub =
		slice_str("x" STUB_PARTS_MAGIC "ibbundle 1.0, openssl 3.0.22 of 25 Aug 2026, "
			  "libzstd 1.5.4+dfsg2-5, other 7");
	assert_true(stub_parts_find(stub, &texts, &p, &err));
	assert_string_equal(p.version, "1.0");
	assert_int_equal(p.count, 3);
	assert_string_equal(p.v[0].version, "3.0.22");
	assert_string_equal(p.v[0].license, "Apache-2.0");
	assert_false(p.v[0].debian);
	assert_true(p.v[1].debian);
	assert_string_equal(p.v[2].title, "other");
	assert_null(p.v[2].license);
	assert_null(p.v[2].supplier);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
