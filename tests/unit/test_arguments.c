/* SPDX-License-Identifier: MIT */
/* test_arguments.c - command lines, good and bad; and that every command is in the table. */
#include "arguments.h"
#include "command.h"
#include "report.h"
#include "support.h"

#define ARGS_MAX 8
#ifdef _WIN32
#define OTHER_SYSTEM "linux"
#else
#define OTHER_SYSTEM "windows"
#endif

static bool parse(const char *const words[ARGS_MAX], struct arguments *out, struct err *err)
{
	static char program[] = "bundle.run";
	char *argv[ARGS_MAX + 1] = { program };
	int argc = 1;
	for (; argc < ARGS_MAX && words[argc - 1]; argc++)
		argv[argc] = (char *)(uintptr_t)words[argc - 1];
	return arguments_parse(argc, argv, out, err);
}

static const struct {
	const char *words[ARGS_MAX], *command, *why;
} good[] = {
	{ { NULL }, "install", "install is the default" },
	{ { "--root", "/x" }, "install", "with options, too" },
	{ { "plan", "--facts=f.json", "--json" }, "plan", "a value behind '='" },
	{ { "--help" }, "help", "as everywhere" },
	{ { "-h" }, "help", "short" },
	{ { "--version" }, "version", "as everywhere" },
	{ { "help", "plan" }, "help", "an operand that may be" },
	{ { "extract", "dir", "--package", "x" }, "extract", "options behind operands" },
	{ { "install", "--accept-license", "a", "--accept-license", "all" }, "install", "terms" },
	{ { "plan", "--accept-license=a" }, "plan", "terms of a plan" },
	{ { "verify", "--trust", "a", "--trust", "b" }, "verify", "a list" },
	{ { "install", "--exit-codes", "vm-application", "-v" }, "install", "words" },
	{ { "uninstall", "--lock-timeout", "0" }, "uninstall", "no waiting at all" },
	{ { "install", "--root", "r", "--nic", "a", "--nic=b" }, "install", "an image's NICs" },
	{ { "plan", "--root", "r", "--nic", "connectx-6" }, "plan", "a plan for one" },
	{ { "install", "--root=r", "--anchor=a", "--policy=p", "--generalize" }, "install", "all" },
};

static const struct {
	const char *words[ARGS_MAX], *text, *why;
} bad[] = {
	{ { "nonsense" }, "unknown command 'nonsense'", "no such command" },
	{ { "plan", "--nonsense" }, "no option '--nonsense'", "no such option" },
	{ { "uninstall", "--facts", "f" }, "no option '--facts'", "not for this command" },
	{ { "plan", "--facts" }, "'--facts' needs a value", "nothing follows" },
	{ { "plan", "--facts=" }, "'--facts' needs a value", "empty" },
	{ { "plan", "--json=1" }, "'--json' takes no value", "a flag" },
	{ { "plan", "--json", "--json" }, "given twice", "twice" },
	{ { "list", "x" }, "'list' does not take 'x'", "no operand" },
	{ { "extract", "a", "b" }, "'extract' does not take 'b'", "one operand" },
	{ { "install", "--exit-codes", OTHER_SYSTEM },
	  "not for this platform",
	  "another system's" },
	{ { "install", "--exit-codes", "x" }, "unknown exit codes", "nobody's" },
	{ { "install", "--nic", "connectx-6" },
	  "--nic is for an image",
	  "this machine has its own" },
	{ { "install", "--anchor", "a.pem" }, "--anchor is for an image", "trust has a command" },
	{ { "install", "--policy", "p.json" }, "--policy is for an image", "likewise" },
	{ { "install", "--generalize" }, "--generalize is for an image", "never this machine" },
	{ { "plan", "--generalize" }, "no option '--generalize'", "a plan changes nothing" },
	{ { "install", "--root=r", "--nic=a", "--facts=f" }, "without --nic", "both say it" },
	{ { "install", "--lock-timeout", "1h" }, "not a number of seconds", "a unit" },
	{ { "install", "--lock-timeout", "86401" }, "not a number of seconds", "over a day" },
	{ { "install", "--lock-timeout", "-1" }, "not a number of seconds", "negative" },
};

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		struct err err = { 0 };
		struct arguments a;
		if (!parse(good[i].words, &a, &err) ||
		    strcmp(a.command->name, good[i].command) != 0)
			fail_msg("%s: %s", good[i].why, err.msg);
	}
	struct arguments a;
	struct err err = { 0 };
	assert_ok(parse(good[10].words, &a, &err));
	assert_int_equal(a.trust.count, 2);
	assert_string_equal(a.trust.v[1], "b");
	assert_ok(parse(good[11].words, &a, &err));
	assert_int_equal(a.exit_codes, EXIT_VM_APPLICATION);
	assert_true(a.verbose);
}

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct err err = { 0 };
		struct arguments a;
		/* what it exits with is not another system's code, either */
		if (parse(bad[i].words, &a, &err) || err.code != ERR_USAGE ||
		    !strstr(err.msg, bad[i].text) || a.exit_codes != EXIT_DEFAULT)
			fail_msg("%s: '%s'", bad[i].why, err.msg);
	}
}

static void test_table(void **state)
{
	(void)state;
	size_t n = 0;
	for (const struct command *c = commands; c->name; c++, n++) {
		AUTO(buf_done) struct buf text = BUF_INIT(1u << 16);
		command_usage(c, &text);
		assert_non_null(strstr(buf_str(&text), c->name));
		assert_non_null(c->run);
		assert_ptr_equal(command_find(c->name), c);
	}
	assert_int_equal(n, 13);
}

static void test_exit_codes(void **state)
{
	(void)state;
	static const struct {
		enum exit_codes codes;
		bool changes;
		enum err_code code;
		bool reboot;
		int status;
		const char *why;
	} rows[] = {
		{ EXIT_LINUX, true, ERR_NONE, false, 0, "done" },
		{ EXIT_LINUX, true, ERR_NONE, true, 0, "the Linux extension knows no reboot" },
		{ EXIT_LINUX, true, ERR_USAGE, false, 1, "wrong use of the extension" },
		{ EXIT_LINUX, true, ERR_NO_DEVICE, false, 11, "no InfiniBand on this size" },
		{ EXIT_LINUX, true, ERR_OS_UNSUPPORTED, false, 12, "image not supported" },
		{ EXIT_LINUX, true, ERR_MACHINE_UNSUPPORTED, false, 13, "size not supported" },
		{ EXIT_LINUX, true, ERR_STEP, false, 14, "anything else" },
		{ EXIT_LINUX, true, ERR_SIGNATURE, false, 14, "anything else" },
		{ EXIT_WINDOWS, true, ERR_NONE, false, 0, "done" },
		{ EXIT_WINDOWS, true, ERR_NONE, true, 3010, "done, reboot needed" },
		{ EXIT_WINDOWS, true, ERR_USAGE, false, 100, "there is no other code for it" },
		{ EXIT_WINDOWS, true, ERR_NOT_ROOT, false, 100, "refused" },
		{ EXIT_WINDOWS, true, ERR_NO_DEVICE, false, 100, "not supported" },
		{ EXIT_WINDOWS, true, ERR_STEP, true, 100, "failed, whatever came before" },
		{ EXIT_WINDOWS, true, ERR_LOCKED, false, 240, "waited too long" },
		{ EXIT_WINDOWS, true, ERR_TIMEOUT, false, 840, "a step exceeded its time" },
		{ EXIT_WINDOWS, true, ERR_SYSTEM, false, -1, "internal error" },
		{ EXIT_WINDOWS, true, ERR_NO_MEMORY, false, -1, "internal error" },
		{ EXIT_WINDOWS, false, ERR_NONE, true, 0, "reading changes nothing" },
		{ EXIT_VM_APPLICATION, true, ERR_NONE, true, 0, "3010 would be a failure there" },
		{ EXIT_WINDOWS, false, ERR_USAGE, false, 2, "reading commands have their own" },
		{ EXIT_LINUX, false, ERR_NO_DEVICE, false, 1, "the answer is no" },
		{ EXIT_LINUX, false, ERR_FORMAT, false, 3, "format" },
		{ EXIT_LINUX, false, ERR_UNTRUSTED, false, 4, "trust" },
		{ EXIT_LINUX, false, ERR_SYSTEM, false, 5, "system" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (report_exit_status(rows[i].codes, rows[i].changes, rows[i].code,
				       rows[i].reboot) != rows[i].status)
			fail_msg("row %zu: %s", i, rows[i].why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_exit_codes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
