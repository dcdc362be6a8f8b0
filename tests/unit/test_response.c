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
	{ "Content-Range: bytes 100-299/300\r\n",
	  { .has_range = true, .range_start = 100, .range_total = 300 },
	  "range" },
	{ "content-range: bytes 100-299/*\r\n",
	  { .has_range = true, .range_start = 100, .range_total = 0 },
	  "total not told" },
	{ "Content-Range: bytes */300\r\n", { 0 }, "no range" },
	{ "Content-Range: lines 1-2/3\r\n", { 0 }, "another unit" },
	{ "Content-Range: bytes -1-2/3\r\n", { 0 }, "negative" },
	{ "Content-Range: bytes 99999999999999999999999-1/1\r\n",
	  { .has_range = true, .range_start = UINT64_MAX, .range_total = 1 },
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

static const struct {
	const char *line;
	uint64_t last; /* 0: not as it should be */
	const char *why;
} exact[] = {
	{ "Content-Range: bytes 100-299/300\r\n", 299, "as it should be" },
	{ "Content-Range: bytes 299-299/300 \r\n", 299, "one byte" },
	{ "Content-Range: bytes 100-300/300\r\n", 0, "past the end" },
	{ "Content-Range: bytes 100-99/300\r\n", 0, "backwards" },
	{ "Content-Range: bytes 100-299/*\r\n", 0, "total not told" },
	{ "Content-Range: bytes 100-299/300x\r\n", 0, "something behind" },
	{ "Content-Range: bytes 100-299/300, bytes 1-2/300\r\n", 0, "two" },
	{ "Content-Range: bytes 100-/300\r\n", 0, "no end" },
	{ "Content-Range: bytes 100-299\r\n", 0, "no total" },
	{ "Content-Range: bytes 1-18446744073709551616/18446744073709551620\r\n", 0, "65 bits" },
};

static void test_exact(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(exact); i++) {
		struct response r = { 0 };
		response_note(&r, exact[i].line, strlen(exact[i].line));
		if (r.exact_range != (exact[i].last != 0) || r.range_last != exact[i].last)
			fail_msg("'%s': %s", exact[i].line, exact[i].why);
	}
}

static const struct {
	const char *line, *reason, *md5, *why;
} words[] = {
	{ "x-ms-error-code: BlobNotFound\r\n", "BlobNotFound", "", "why" },
	{ "X-MS-Error-Code:a b\r\n", "", "", "two words" },
	{ "x-ms-error-code: \x1b[31m\r\n", "", "", "steers a terminal" },
	{ "x-ms-error-code: sig=abc\r\n", "sig=abc", "", "only letters that base64 has" },
	{ "Content-MD5: kAFQmDzST7DWlj99KOF/cg==\r\n", "", "kAFQmDzST7DWlj99KOF/cg==", "MD5" },
	{ "x-ms-blob-content-md5: AA==", "", "AA==", "of the whole blob" },
	{ "Content-MD5: 0123456789012345678901234567890123456789012345678901234567890123", "", "",
	  "too long" },
};

static void test_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		struct response r = { 0 };
		response_note(&r, words[i].line, strlen(words[i].line));
		if (strcmp(r.reason, words[i].reason) != 0 || strcmp(r.md5, words[i].md5) != 0)
			fail_msg("'%s': %s: '%s' '%s'", words[i].line, words[i].why, r.reason,
				 r.md5);
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
	struct response r = {
		.has_range = true, .range_start = 1, .etag = "\"a\"", .modified = "b"
	};
	response_note(&r, "HTTP/1.1 200 OK\r\n", 17);
	assert_false(r.has_range);
	assert_string_equal(r.etag, "");
	assert_string_equal(r.modified, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),         cmocka_unit_test(test_exact),
		cmocka_unit_test(test_words),         cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_next_response),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
