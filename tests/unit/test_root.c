/* SPDX-License-Identifier: MIT */
/* test_root.c - the document that is signed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "root.h"

#define D(c) #c #c #c #c #c #c #c #c
#define HEX(c) D(c) D(c) D(c) D(c) D(c) D(c) D(c) D(c)

/* The pieces of a good root; rows below put one of them differently. */
#define BLOCKS "\"blocks\":4,"
#define CATALOG "\"catalog\":{\"sha256\":\"" HEX(a) "\",\"size\":10},"
#define CREATED "\"created\":1764000000,"
#define DOCUMENTS "\"documents\":[],"
#define EXPIRES "\"expires\":1764000001,"
#define FORMAT "\"format\":1,"
#define LIBRARIES "\"libraries\":[{\"name\":\"zstd\",\"version\":\"1.5.4\"}],"
#define NAME "\"name\":\"demo\","
#define STUB(name) "{\"name\":\"" name "\",\"sha256\":\"" HEX(b) "\",\"size\":20}"
#define STUBS "\"stubs\":[" STUB("linux-x86_64") "],"
#define TABLE "\"table\":{\"sha256\":\"" HEX(c) "\",\"size\":30},"
#define VERSION "\"version\":\"1.0\""

#define HEAD "{" BLOCKS CATALOG CREATED DOCUMENTS
#define TAIL NAME STUBS TABLE VERSION "}"
#define GOOD HEAD EXPIRES FORMAT LIBRARIES TAIL

static const struct {
	const char *text;
	const char *wrong; /* part of the message, or NULL when it is good */
	const char *why;
} rows[] = {
	{ GOOD, NULL, "everything there" },
	{ HEAD FORMAT LIBRARIES TAIL, NULL, "never expires" },
	{ HEAD EXPIRES FORMAT "\"libraries\":[]," TAIL, NULL, "no libraries" },
	{ HEAD EXPIRES FORMAT LIBRARIES NAME
	  "\"stubs\":[" STUB("a") "," STUB("b") "]," TABLE VERSION "}",
	  NULL, "two stubs" },
	{ "", "root", "nothing" },
	{ "[]", "object", "not an object" },
	{ "{}", "format", "no format" },
	{ HEAD "\"format\":2," LIBRARIES TAIL, "newer ibbundle", "a later format" },
	{ GOOD "\n", "canonical", "line end after it" },
	{ " " GOOD, "canonical", "space before it" },
	{ "{" CATALOG BLOCKS CREATED DOCUMENTS FORMAT LIBRARIES TAIL, "canonical",
	  "unsorted keys" },
	{ HEAD FORMAT LIBRARIES "\"name\":\"d\\u0065mo\"," STUBS TABLE VERSION "}", "canonical",
	  "an escape that is not needed" },
	{ "{" BLOCKS CATALOG "\"created\":1764000000.0," DOCUMENTS FORMAT LIBRARIES TAIL, "",
	  "another way to write a number" },
	{ "{" BLOCKS BLOCKS CATALOG CREATED DOCUMENTS FORMAT LIBRARIES TAIL, "blocks",
	  "key twice" },
	{ HEAD FORMAT LIBRARIES NAME STUBS TABLE VERSION ",\"z\":1}", "z", "unknown key" },
	{ "{" BLOCKS CATALOG DOCUMENTS FORMAT LIBRARIES TAIL, "created", "not created" },
	{ "{" BLOCKS CATALOG "\"created\":-1," DOCUMENTS FORMAT LIBRARIES TAIL, "created",
	  "created before 1970" },
	{ HEAD "\"expires\":1764000000," FORMAT LIBRARIES TAIL, "expires", "never valid" },
	{ HEAD "\"expires\":0," FORMAT LIBRARIES TAIL, "expires", "two ways to say never" },
	{ HEAD FORMAT LIBRARIES "\"name\":\"../x\"," STUBS TABLE VERSION "}", "name", "name" },
	{ HEAD FORMAT LIBRARIES NAME STUBS TABLE "\"version\":\"1 0\"}", "version", "version" },
	{ HEAD FORMAT LIBRARIES NAME "\"stubs\":[" STUB("b") "," STUB("a") "]," TABLE VERSION "}",
	  "order", "stubs out of order" },
	{ HEAD FORMAT LIBRARIES NAME "\"stubs\":[" STUB("a") "," STUB("a") "]," TABLE VERSION "}",
	  "twice", "stub twice" },
	{ HEAD FORMAT LIBRARIES NAME "\"stubs\":[" STUB("A") "]," TABLE VERSION "}", "name",
	  "stub's name" },
	{ HEAD FORMAT LIBRARIES NAME "\"stubs\":[1]," TABLE VERSION "}", "stubs",
	  "stub no object" },
	{ HEAD FORMAT LIBRARIES NAME "\"stubs\":{}," TABLE VERSION "}", "stubs", "stubs no array" },
	{ HEAD FORMAT "\"libraries\":[{\"name\":\"a\",\"version\":\"\\u001b[2J\"}]," TAIL,
	  "plain text", "escape sequence for a terminal" },
	{ HEAD FORMAT LIBRARIES NAME STUBS "\"table\":{\"sha256\":\"00\",\"size\":30}," VERSION "}",
	  "sha256", "short digest" },
	{ HEAD FORMAT LIBRARIES NAME STUBS
	  "\"table\":{\"sha256\":\"" HEX(C) "\",\"size\":30}," VERSION "}",
	  "sha256", "capital digits" },
	{ HEAD FORMAT LIBRARIES NAME STUBS "\"table\":{\"sha256\":\"" HEX(c) "\"}," VERSION "}",
	  "size", "no size" },
	{ HEAD FORMAT LIBRARIES NAME STUBS
	  "\"table\":{\"offset\":1,\"sha256\":\"" HEX(c) "\",\"size\":30}," VERSION "}",
	  "offset", "an offset, which a slice would break" },
	{ "{\"blocks\":9007199254740992," CATALOG CREATED DOCUMENTS FORMAT LIBRARIES TAIL, "",
	  "not exact in a double" },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(root_done) struct root r = { 0 };
		struct err err = { 0 };
		bool ok = root_parse(slice_str(rows[i].text), &r, &err);
		if (ok != !rows[i].wrong)
			fail_msg("row %zu: %s: %s", i, rows[i].why, err.msg);
		if (!ok && (err.code != ERR_FORMAT || !strstr(err.msg, rows[i].wrong)))
			fail_msg("row %zu: %s: '%s'", i, rows[i].why, err.msg);
		if (!ok)
			continue;
		AUTO(buf_done) struct buf b = BUF_INIT(ROOT_SIZE_MAX);
		assert_true(root_write(&r, &b, &err));
		assert_string_equal(buf_str(&b), rows[i].text);
	}
}

static void test_fields(void **state)
{
	(void)state;
	AUTO(root_done) struct root r = { 0 };
	assert_true(root_parse(slice_str(GOOD), &r, NULL));
	assert_string_equal(r.name, "demo");
	assert_string_equal(r.version, "1.0");
	assert_true(r.created == 1764000000 && r.expires == 1764000001);
	assert_int_equal(r.block_count, 4);
	assert_int_equal(r.catalog.size, 10);
	assert_int_equal(r.catalog.sha256[0], 0xaa);
	assert_int_equal(r.table.sha256[31], 0xcc);
	assert_int_equal(r.stub_count, 1);
	assert_string_equal(r.stubs[0].name, "linux-x86_64");
	assert_int_equal(r.stubs[0].digest.size, 20);
	assert_string_equal(r.libraries[0].version, "1.5.4");
}

static void test_cut_anywhere(void **state)
{
	(void)state;
	AUTO(root_done) struct root r = { 0 };
	for (size_t n = 0; n < strlen(GOOD); n++)
		assert_false(root_parse((struct slice) { (const uint8_t *)GOOD, n }, &r, NULL));
}

static void test_limits(void **state)
{
	(void)state;
	AUTO(auto_free) char *large = calloc(1, ROOT_SIZE_MAX + 2);
	assert_non_null(large);
	memset(large, ' ', ROOT_SIZE_MAX + 1);
	AUTO(root_done) struct root r = { 0 };
	struct err err = { 0 };
	assert_false(root_parse(slice_str(large), &r, &err));
	assert_non_null(strstr(err.msg, "larger than"));

	AUTO(buf_done) struct buf b = BUF_INIT(ROOT_SIZE_MAX);
	buf_add_str(&b, HEAD FORMAT "\"libraries\":[");
	for (char c = 'a'; c <= 'q'; c++) /* 17 of them */
		buf_printf(&b, "%s{\"name\":\"%c\",\"version\":\"1\"}", c > 'a' ? "," : "", c);
	buf_add_str(&b, "]," TAIL);
	assert_false(root_parse(buf_slice(&b), &r, &err));
	assert_non_null(strstr(err.msg, "more than 16"));
}

static void test_write_checks(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b = BUF_INIT(ROOT_SIZE_MAX);
	struct root r = { .name = "Not A Name", .version = "1", .created = 1 };
	struct err err = { 0 };
	assert_false(root_write(&r, &b, &err));
	assert_int_equal(b.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),         cmocka_unit_test(test_fields),
		cmocka_unit_test(test_cut_anywhere), cmocka_unit_test(test_limits),
		cmocka_unit_test(test_write_checks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
