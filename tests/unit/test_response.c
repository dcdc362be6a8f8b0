/* SPDX-License-Identifier: MIT */
/* test_response.c - headers that decide about resuming. */
#include "response.h"

#include "support.h"

static const struct {
	const char *line;
	struct response want;
	const char *why;
} cases[] = {
	{ "ETag: \"abc\"\r\n", { .etag = "\"abc\"" }, "strong" },
	{ "etag:\"abc\"", { .etag = "\"abc\"" }, "lower case, no space, no line end" },
	{ "ETag: W/\"abc\"\r\n", { 0 }, "weak" },
	{ "ETag: abc\r\n", { 0 }, "no quotes" },
	{ "ETagged: \"abc\"\r\n", { 0 }, "another header" },
	{ "Last-Modified: Mon, 23 Nov 2026 00:00:00 GMT\r\n",
	  { .modified = "Mon, 23 Nov 2026 00:00:00 GMT" },
	  "date" },
	{ "Content-Range: bytes 100-299/300\r\n", { true, 100, 300, "", "" }, "range" },
	{ "content-range: bytes 100-299/*\r\n", { true, 100, 0, "", "" }, "total not told" },
	{ "Content-Range: bytes */300\r\n", { 0 }, "no range" },
	{ "Content-Range: lines 1-2/3\r\n", { 0 }, "another unit" },
	{ "Content-Range: bytes -1-2/3\r\n", { 0 }, "negative" },
	{ "Content-Range: bytes 99999999999999999999999-1/1\r\n",
	  { true, UINT64_MAX, 1, "", "" },
	  "no such offset" },
	{ "\r\n", { 0 }, "the end of the headers" },
	{ "", { 0 }, "nothing" },
};

static void test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct response r = { 0 };
		const struct response *want = &cases[i].want;
		response_note(&r, cases[i].line, strlen(cases[i].line));
		if (r.has_range != want->has_range || r.range_start != want->range_start ||
		    r.range_total != want->range_total || strcmp(r.etag, want->etag) != 0 ||
		    strcmp(r.modified, want->modified) != 0)
			fail_msg("'%s': %s", cases[i].line, cases[i].why);
	}
}

static void test_too_long(void **state)
{
	(void)state;
	static char line[70000] = "ETag: \"";
	struct response r = { 0 };
	memset(line + 7, 'x', sizeof(line) - 9);
	line[sizeof(line) - 2] = '"';
	response_note(&r, line, sizeof(line) - 1);
	assert_string_equal(r.etag, "");
}

static void test_next_response(void **state)
{
	(void)state;
	struct response r = { true, 1, 2, "\"a\"", "b" };
	response_note(&r, "HTTP/1.1 200 OK\r\n", 17);
	assert_false(r.has_range);
	assert_string_equal(r.etag, "");
	assert_string_equal(r.modified, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_next_response),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
