/* SPDX-License-Identifier: MIT */
/* test_console_text_windows.c - whatever encoding a program writes, lines of UTF-8 come out. */
#include "console_text.h"
#include "support.h"

static char seen[65536];
static size_t used;

static void on_line(void *ctx, const char *text, size_t len)
{
	(void)ctx;
	assert_true(used + len + 2 < sizeof(seen));
	memcpy(seen + used, text, len);
	used += len;
	seen[used++] = '|';
	seen[used] = '\0';
}

#define BYTES(text) text, sizeof(text) - 1

static const struct {
	const char *bytes;
	size_t len;
	unsigned code_page;
	const char *lines, *why;
} cases[] = {
	{ BYTES(""), 437, "", "nothing" },
	{ BYTES("a"), 437, "a|", "one byte" },
	{ BYTES("\n"), 437, "", "an empty line" },
	{ BYTES("\na\n"), 437, "a|", "begins with an empty line" },
	{ BYTES("a\nb"), 437, "a|b|", "lines of one byte; no end" },
	{ BYTES("one\r\n\r\ntwo\r\n"), 437, "one|two|", "ASCII" },
	{ BYTES("gr\xc3\xb6\xc3\x9f"
		"e\n"),
	  437,
	  "gr\xc3\xb6\xc3\x9f"
	  "e|",
	  "UTF-8 stays" },
	{ BYTES("gr\x94\xe1"
		"e\nok\n"),
	  437,
	  "gr\xc3\xb6\xc3\x9f"
	  "e|ok|",
	  "code page 437" },
	{ BYTES("gr\xf6\xdf"
		"e\n"),
	  1252,
	  "gr\xc3\xb6\xc3\x9f"
	  "e|",
	  "code page 1252" },
	{ BYTES("\xff\xfe"
		"a\0\r\0\n\0\xf6\0\n\0"),
	  437, "a|\xc3\xb6|", "UTF-16 with its mark" },
	{ BYTES("a\0b\0\r\0\n\0\x0a\x01\n\0c\0"), 437, "ab|\xc4\x8a|c|",
	  "UTF-16 without one, and a letter that has the byte of a line end" },
	{ BYTES("\xff\xfe\x00\xd8\n\0"), 437, "\xef\xbf\xbd|", "half a pair" },
	{ BYTES("\xff\xfe"
		"a\0b"),
	  437, "a|", "UTF-16 that is cut in a letter" },
};

/* @step bytes at a time, as a pipe may give them. */
static void feed(const char *bytes, size_t len, unsigned code_page, size_t step)
{
	static struct console_text c;
	c = (struct console_text) { .code_page = code_page, .line = on_line };
	seen[used = 0] = '\0';
	for (size_t at = 0; at < len; at += step)
		console_text_add(&c, (const uint8_t *)bytes + at,
				 step < len - at ? step : len - at);
	console_text_end(&c);
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		for (size_t step = 1; step <= 4096; step *= 4) {
			feed(cases[i].bytes, cases[i].len, cases[i].code_page, step);
			if (strcmp(seen, cases[i].lines) != 0)
				fail_msg("%s, %zu bytes at a time: '%s'", cases[i].why, step, seen);
		}
}

/* A line without end is cut, and no byte is lost; umlauts of one byte each become two. */
static void test_long(void **state)
{
	(void)state;
	static struct console_text c;
	c = (struct console_text) { .code_page = 1252, .line = on_line };
	seen[used = 0] = '\0';
	for (size_t i = 0; i < 2 * CONSOLE_TEXT_LINE_MAX; i++)
		console_text_add(&c, (const uint8_t *)"\xf6", 1);
	console_text_end(&c);
	assert_int_equal(used, 2 * (2 * CONSOLE_TEXT_LINE_MAX + 1));
	assert_int_equal(seen[2 * CONSOLE_TEXT_LINE_MAX], '|');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_long),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
