/* SPDX-License-Identifier: MIT */
/* test_sidecar.c - which bundle lies beside which program. */
#include "sidecar.h"
#include "support.h"

static const struct {
	const char *program, *bundle, *why;
} cases[] = {
	{ "/opt/ib.run", "/opt/ib.ibb", "on Linux" },
	{ "C:\\ib\\ib.exe", "C:\\ib\\ib.ibb", "on Windows" },
	{ "C:\\ib\\IB.EXE", "C:\\ib\\IB.ibb", "in capitals" },
	{ "/opt/ib", "/opt/ib.ibb", "no ending" },
	{ "/opt/ib-2026.11", "/opt/ib-2026.11.ibb", "a version is no ending" },
	{ "/opt/ib.exe.run", "/opt/ib.exe.ibb", "one ending only" },
	{ "/opt/.run", "/opt/.run.ibb", "a name that is nothing else" },
	{ "ib.run", "ib.ibb", "no directory" },
	{ ".exe", ".exe.ibb", "nothing else, and no directory" },
};

static void test_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char out[PLATFORM_PATH_MAX];
		if (!sidecar_name(cases[i].program, out) || strcmp(out, cases[i].bundle) != 0)
			fail_msg("'%s': %s", cases[i].program, cases[i].why);
	}
	char out[PLATFORM_PATH_MAX];
	static char name[PLATFORM_PATH_MAX];
	memset(name, 'a', sizeof(name) - 1);
	assert_false(sidecar_name(name, out));
}

static void test_volume(void **state)
{
	(void)state;
	static const struct {
		const char *first;
		unsigned number;
		const char *volume, *why;
	} rows[] = {
		{ "/opt/ib.run", 2, "/opt/ib.2.ibb", "a program" },
		{ "/opt/ib.ibb", 12, "/opt/ib.12.ibb", "a data file" },
		{ "C:\\ib\\IB.EXE", 3, "C:\\ib\\IB.3.ibb", "in capitals" },
		{ "ib-2026.11", 2, "ib-2026.11.2.ibb", "a version is no ending" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char out[PLATFORM_PATH_MAX];
		if (!sidecar_volume(rows[i].first, rows[i].number, out) ||
		    strcmp(out, rows[i].volume) != 0)
			fail_msg("'%s': %s", rows[i].first, rows[i].why);
	}
}

/* This test is a program, too. */
static void test_find(void **state)
{
	(void)state;
	struct err err = { 0 };
	char program[PLATFORM_PATH_MAX], wanted[PLATFORM_PATH_MAX], found[PLATFORM_PATH_MAX];
	assert_ok(platform_program(program, &err));
	assert_true(sidecar_name(program, wanted));
	assert_fails(sidecar_find(found, &err), ERR_NO, "no bundle lies beside");
	write_file(wanted, "x", 1);
	bool ok = sidecar_find(found, &err);
	assert_ok(platform_remove_file(wanted, &err));
	assert_true(ok);
	assert_string_equal(found, wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_volume),
		cmocka_unit_test(test_find),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
