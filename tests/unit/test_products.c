/* SPDX-License-Identifier: MIT */
/* test_products.c - which installed product a name and a version mean. */
#include "products.h"
#include "support.h"

static struct facts_software installed[] = {
	{ "MLNX_WinOF2", "2.22.50000", "{01234567-89AB-CDEF-0123-456789ABCDEF}" },
	{ "MLNX_WinOF2_Azure", "2.9", NULL },
	{ "Mellanox WinMFT64", "", NULL },
};
static const struct facts machine = { .software = installed, .software_count = 3 };

static const struct {
	const char *name, *at_least;
	int first, second; /* positions; -1: none */
	const char *why;
} cases[] = {
	{ "MLNX_WinOF2", NULL, 0, 1, "all that begin so, in their order" },
	{ "MLNX_WinOF2_", NULL, 1, -1, "more of the name" },
	{ "mlnx_winof2", NULL, -1, -1, "letters as they are" },
	{ "WinOF2", NULL, -1, -1, "the beginning, not any part" },
	{ "MLNX_WinOF2", "2.22", 0, -1, "2.9 is older than 2.22" },
	{ "MLNX_WinOF2", "2.22.50000", 0, -1, "the same version" },
	{ "MLNX_WinOF2", "2.22.50001", -1, -1, "older" },
	{ "Mellanox", "1", -1, -1, "one without a version is not new enough" },
	{ "Mellanox", NULL, 2, -1, "and good where none is asked for" },
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		size_t at = 0;
		const struct facts_software *a =
			products_next(&machine, cases[i].name, cases[i].at_least, &at);
		const struct facts_software *b =
			products_next(&machine, cases[i].name, cases[i].at_least, &at);
		if ((a ? (int)(a - installed) : -1) != cases[i].first ||
		    (b ? (int)(b - installed) : -1) != cases[i].second)
			fail_msg("%s", cases[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_cases) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
