/* SPDX-License-Identifier: MIT */
/* test_utf8.c - every sequence of up to four bytes against the definition. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

#include "utf8.h"

/* RFC 3629 from the other side: encode every code point; nothing else is well-formed. */
static size_t encode(uint32_t c, uint8_t out[4])
{
	if (c >= 0xd800 && c <= 0xdfff)
		return 0;
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint8_t lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		out[i] = (uint8_t)(0x80 | (c & 0x3f));
	out[0] = (uint8_t)(lead[n] | c);
	return n;
}

static void test_every_code_point(void **state)
{
	(void)state;
	size_t counts[5] = { 0 };
	for (uint32_t c = 0; c <= 0x10ffff; c++) {
		uint8_t p[4];
		size_t n = encode(c, p);
		counts[n]++;
		for (size_t len = 1; n && len <= n; len++)
			assert_int_equal(utf8_length((struct slice) { p, len }, 0),
					 len == n ? n : 0);
	}
	/* As many sequences of each length are taken as there are code points: none besides. */
	size_t taken[5] = { 0 };
	for (uint32_t v = 0; v < 1u << 24; v++) {
		uint8_t p[3] = { (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };
		taken[utf8_length((struct slice) { p, 3 }, 0)]++;
	}
	assert_int_equal(taken[3], counts[3]);
	assert_int_equal(taken[2], counts[2] * 256);
	assert_int_equal(taken[4], 0);
}

static void test_position(void **state)
{
	(void)state;
	struct slice s = slice_str("a\xc3\xbc");
	assert_int_equal(utf8_length(s, 0), 1);
	assert_int_equal(utf8_length(s, 1), 2);
	assert_int_equal(utf8_length(s, 2), 0);
}

static void test_plain(void **state)
{
	(void)state;
	static const struct {
		const char *text, *plain, *why;
	} rows[] = {
		{ "gr\xc3\xbc\xc3\x9f"
		  "e \xe6\x97\xa5",
		  "gr\xc3\xbc\xc3\x9f"
		  "e \xe6\x97\xa5",
		  "letters stay" },
		{ "a\nb\r\tc", "a b  c", "one line" },
		{ "\x1b[2J", " [2J", "an escape sequence" },
		{ "\xc2\x9b"
		  "2J\xc2\xa0",
		  "  2J\xc2\xa0", "the same with one character of C1" },
		{ "\x7f\x80\xc2", " \x80\xc2", "DEL; what is no UTF-8 stays" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[64];
		snprintf(text, sizeof(text), "%s", rows[i].text);
		utf8_make_plain(text);
		if (strcmp(text, rows[i].plain) != 0)
			fail_msg("%s: '%s'", rows[i].why, text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_code_point),
		cmocka_unit_test(test_position),
		cmocka_unit_test(test_plain),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
