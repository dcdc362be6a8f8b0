/* SPDX-License-Identifier: MIT */
/* test_cmdline.c - command lines of Windows: split by the documented rules, quoted and back. */
#include "cmdline.h"
#include "support.h"

#define ARGS_MAX 5

static const struct {
	const char *line, *argv[ARGS_MAX], *why;
} lines[] = {
	{ "x.exe a b", { "x.exe", "a", "b" }, "blanks separate" },
	{ "x.exe\ta \t b  ", { "x.exe", "a", "b" }, "tabs too, and any number" },
	{ "x.exe", { "x.exe" }, "no arguments" },
	{ "", { "" }, "not even a name" },
	{ " a", { "", "a" }, "a blank first: an empty name" },
	{ "\"C:\\a b\\x.exe\" c", { "C:\\a b\\x.exe", "c" }, "a quoted name" },
	{ "\"C:\\dir\\\" c", { "C:\\dir\\", "c" }, "no escapes in the name" },
	{ "\"x.exe\"a b", { "x.exe", "a", "b" }, "the name ends at its quote" },
	{ "\"x.exe a", { "x.exe a" }, "a name without an end" },
	{ "x.exe \"a b\" c", { "x.exe", "a b", "c" }, "quotes hold blanks" },
	{ "x.exe \"abc\" d e", { "x.exe", "abc", "d", "e" }, "from the documentation" },
	{ "x.exe a\\\\b d\"e f\"g h", { "x.exe", "a\\\\b", "de fg", "h" }, "quotes inside a word" },
	{ "x.exe a\\\\\\\"b c d", { "x.exe", "a\\\"b", "c", "d" }, "an odd backslash escapes" },
	{ "x.exe a\\\\\\\\\"b c\" d e",
	  { "x.exe", "a\\\\b c", "d", "e" },
	  "an even number does not" },
	{ "x.exe a\\b\\", { "x.exe", "a\\b\\" }, "backslashes elsewhere are themselves" },
	{ "x.exe \"\"", { "x.exe", "" }, "an empty argument" },
	{ "x.exe \"a\"\"b\" c", { "x.exe", "a\"b c" }, "two quotes in quotes end the part" },
	{ "x.exe \"\"\"a\"\" b\"", { "x.exe", "\"a", "b" }, "three outside: one of them" },
	{ "x.exe \"a b", { "x.exe", "a b" }, "a quote without an end" },
	{ "x.exe /S /v\"/qn /norestart\"", { "x.exe", "/S", "/v/qn /norestart" }, "InstallShield" },
	{ "x.exe \xC3\xA4 \"\xE2\x82\xAC \"", { "x.exe", "\xC3\xA4", "\xE2\x82\xAC " }, "UTF-8" },
};

static void test_split(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct err err = { 0 };
		AUTO(cmdline_done) struct cmdline c = { 0 };
		assert_ok(cmdline_split(lines[i].line, &c, &err));
		assert_null(c.argv[c.argc]);
		for (int k = 0; k < c.argc || (k < ARGS_MAX && lines[i].argv[k]); k++) {
			const char *want = k < ARGS_MAX ? lines[i].argv[k] : NULL;
			const char *got = k < c.argc ? c.argv[k] : NULL;
			if (!want || !got || strcmp(want, got) != 0)
				fail_msg("%s: argument %d is '%s', not '%s'", lines[i].why, k,
					 got ? got : "(none)", want ? want : "(none)");
		}
	}
}

static const struct {
	const char *argv[ARGS_MAX], *line, *why;
} quoted[] = {
	{ { "x.exe", "a", "/x:y=z" }, "x.exe a /x:y=z", "nothing that needs quotes" },
	{ { "C:\\a b\\x.exe" }, "\"C:\\a b\\x.exe\"", "a name with a blank" },
	{ { "", "" }, "\"\" \"\"", "nothing at all" },
	{ { "x.exe", "a b", "c\td" }, "x.exe \"a b\" \"c\td\"", "blanks" },
	{ { "x.exe", "a\"b" }, "x.exe \"a\\\"b\"", "a quote" },
	{ { "x.exe", "a\\b", "\\\\s\\" }, "x.exe a\\b \\\\s\\", "backslashes alone" },
	{ { "x.exe", "a b\\" }, "x.exe \"a b\\\\\"", "a backslash before the final quote" },
	{ { "x.exe", "a\\\\\"b" }, "x.exe \"a\\\\\\\\\\\"b\"", "backslashes before a quote" },
	{ { "x.exe", "\"\"", "\"" }, "x.exe \"\\\"\\\"\" \"\\\"\"", "nothing but quotes" },
	{ { "x.exe", "a\nb" }, "x.exe \"a\nb\"", "a line's end" },
};

static void test_quote(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(quoted); i++) {
		struct err err = { 0 };
		AUTO(buf_done) struct buf line = BUF_INIT(CMDLINE_MAX);
		AUTO(cmdline_done) struct cmdline back = { 0 };
		if (!cmdline_quote(quoted[i].argv, &line) ||
		    strcmp(buf_str(&line), quoted[i].line) != 0)
			fail_msg("%s: >%s<", quoted[i].why, buf_str(&line));
		assert_ok(cmdline_split(buf_str(&line), &back, &err));
		for (int k = 0; k < back.argc; k++)
			assert_string_equal(back.argv[k], quoted[i].argv[k]);
		assert_null(quoted[i].argv[back.argc]);
	}
}

static void test_refused(void **state)
{
	(void)state;
	const char *const none[] = { NULL }, *const name[] = { "a\"b", NULL },
			  *const some[] = { "x.exe", "1234567890", NULL };
	AUTO(buf_done) struct buf line = BUF_INIT(12);
	assert_false(cmdline_quote(none, &line));
	assert_false(cmdline_quote(name, &line)); /* no way to write it */
	assert_int_equal(line.len, 0);
	assert_false(cmdline_quote(some, &line)); /* longer than the caller allows */
	assert_true(line.full);

	struct err err = { 0 };
	struct cmdline c;
	static char text[CMDLINE_MAX * 3 + 2];
	memset(text, 'a', sizeof(text) - 1);
	assert_fails(cmdline_split(text, &c, &err), ERR_USAGE, "too long");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_quote),
		cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
