/* SPDX-License-Identifier: MIT */
/* test_options.c - the command line, strictly. */
#include "options.h"

#include "support.h"

#define WORDS_MAX 8

struct result {
	bool json, force;
	const char *output;
	uint64_t jobs;
	struct option_list keys;
	struct operands operands;
};

static bool parse(const char *const words[WORDS_MAX], struct result *r, struct err *err)
{
	static char copies[WORDS_MAX + 1][64];
	char *argv[WORDS_MAX + 2] = { copies[0] };
	int argc = 1;
	snprintf(copies[0], sizeof(copies[0]), "demo");
	for (; argc <= WORDS_MAX && words[argc - 1]; argc++) {
		snprintf(copies[argc], sizeof(copies[0]), "%s", words[argc - 1]);
		argv[argc] = copies[argc];
	}
	*r = (struct result) { 0 };
	const struct option options[] = {
		{ .name = "json", .kind = OPTION_FLAG, .out = &r->json },
		{ .name = "force", .letter = 'f', .kind = OPTION_FLAG, .out = &r->force },
		{ .name = "output", .letter = 'o', .kind = OPTION_TEXT, .out = &r->output },
		{ .name = "jobs",
		  .letter = 'j',
		  .kind = OPTION_NUMBER,
		  .out = &r->jobs,
		  .min = 1,
		  .max = 64 },
		{ .name = "key", .letter = 'k', .kind = OPTION_LIST, .out = &r->keys },
		{ 0 },
	};
	bool ok = options_parse(argc, argv, options, 1, 2, &r->operands, err);
	if (ok) /* argv is gone when this returns; the words themselves are not */
		r->operands.v = NULL;
	return ok;
}

static const struct {
	const char *words[WORDS_MAX];
	const char *text; /* in the message; NULL: accepted */
	const char *why;
} cases[] = {
	{ { "a" }, NULL, "one operand" },
	{ { "a", "b" }, NULL, "two" },
	{ { "a", "b", "c" }, "one argument too many: 'c'", "three" },
	{ { NULL }, "demo: an argument is missing; see 'ibbundle help demo'", "none" },
	{ { "--json", "a" }, NULL, "flag" },
	{ { "a", "--json" }, NULL, "options after operands" },
	{ { "--json=yes", "a" },
	  "no value is taken by option '--json=yes'",
	  "a flag with a value" },
	{ { "--json=", "a" }, "no value is taken", "or an empty one" },
	{ { "--json", "--json", "a" }, "given twice: option '--json'", "twice" },
	{ { "-f", "--force", "a" }, "given twice: option '--force'", "twice, in two spellings" },
	{ { "-fx", "a" }, "no value is taken by option '-fx'", "letters can't be joined" },
	{ { "--output", "x", "a" }, NULL, "value in the next word" },
	{ { "--output=x", "a" }, NULL, "value in the same" },
	{ { "-o", "x", "a" }, NULL, "letter" },
	{ { "-ox", "a" }, NULL, "letter with value" },
	{ { "--output=", "a" }, "an empty value is given to option 'output'", "empty" },
	{ { "--output", "", "a" }, "an empty value", "empty word" },
	{ { "a", "--output" }, "a value is missing after option '--output'", "no value" },
	{ { "a", "-o" }, "a value is missing after option '-o'", "no value, letter" },
	{ { "--outpu", "x", "a" }, "did you mean '--output'?", "no abbreviations" },
	{ { "--output2=x", "a" }, "unknown option '--output2=x'", "a longer name" },
	{ { "--zzz", "a" }, "unknown option '--zzz'; see", "nothing like it" },
	{ { "-z", "a" }, "unknown option '-z'", "letter" },
	{ { "-j", "8", "a" }, NULL, "number" },
	{ { "-j64", "a" }, NULL, "largest" },
	{ { "-j", "0", "a" }, "'--jobs 0' must be a number from 1 to 64", "too small" },
	{ { "-j", "65", "a" }, "must be a number", "too large" },
	{ { "-j", "8x", "a" }, "must be a number", "rubbish behind" },
	{ { "-j", "-1", "a" }, "must be a number", "negative" },
	{ { "-j", "18446744073709551617", "a" }, "must be a number", "wraps to 1" },
	{ { "-k", "x", "--key=y", "a" }, NULL, "a list" },
	{ { "--", "--json" }, NULL, "an operand that looks like an option" },
	{ { "--", "--" }, NULL, "even this one" },
	{ { "-", "a" }, NULL, "a dash is an operand" },
	{ { "-v", "a" }, NULL, "known to every command" },
	{ { "--verbose", "a" }, NULL, "the same" },
	{ { "--verbos", "a" }, "did you mean '--verbose'?", "and suggested" },
};

static void test_accepts_and_refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = { 0 };
		struct result r;
		bool ok = parse(cases[i].words, &r, &err);
		if (ok != !cases[i].text)
			fail_msg("%s: %s", cases[i].why, ok ? "accepted" : err.msg);
		if (!ok && (err.code != ERR_USAGE || !strstr(err.msg, cases[i].text)))
			fail_msg("%s: '%s'", cases[i].why, err.msg);
	}
}

static void test_values(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct result r;
	const char *const words[WORDS_MAX] = { "-kx",     "--jobs", "12",     "in",
					       "--key=y", "-o=z",   "--json", NULL };
	assert_ok(parse(words, &r, &err));
	assert_true(r.json);
	assert_false(r.force);
	assert_int_equal(r.jobs, 12);
	assert_string_equal(r.output, "=z"); /* as getopt has it */
	assert_int_equal(r.keys.count, 2);
	assert_string_equal(r.keys.v[0], "x");
	assert_string_equal(r.keys.v[1], "y");
	assert_int_equal(r.operands.count, 1);
}

static void test_operands_keep_their_order(void **state)
{
	(void)state;
	struct err err = { 0 };
	bool flag = false;
	const struct option options[] = { { .name = "f", .kind = OPTION_FLAG, .out = &flag },
					  { 0 } };
	char words[][8] = { "demo", "b", "--f", "a", "--", "--c" };
	char *argv[] = { words[0], words[1], words[2], words[3], words[4], words[5], NULL };
	struct operands got;
	assert_ok(options_parse(6, argv, options, 0, 9, &got, &err));
	assert_true(flag);
	assert_int_equal(got.count, 3);
	assert_string_equal(got.v[0], "b");
	assert_string_equal(got.v[1], "a");
	assert_string_equal(got.v[2], "--c");
	assert_null(got.v[3]);
}

static void test_nearest(void **state)
{
	(void)state;
	static const char *const names[] = { "build", "fetch", "lock", "list", NULL };
	assert_string_equal(options_nearest("biuld", names), "build");
	assert_string_equal(options_nearest("fech", names), "fetch");
	assert_string_equal(options_nearest("lst", names), "list");
	assert_null(options_nearest("verify", names));
	assert_null(options_nearest("", names));
	assert_null(options_nearest("a-very-long-word-that-no-name-of-ours-is-near-to", names));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepts_and_refuses),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_operands_keep_their_order),
		cmocka_unit_test(test_nearest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
