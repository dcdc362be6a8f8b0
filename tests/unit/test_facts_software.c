/* SPDX-License-Identifier: MIT */
/* test_facts_software.c - lists of products and driver packages, as registries have them. */
#include "facts_software.h"
#include "support.h"

static struct facts new_facts(void)
{
	struct err err = { 0 };
	struct facts f = { 0 };
	f.doc = json_parse("facts", slice_str("[]"), &err);
	assert_non_null(f.doc);
	return f;
}

static const char code[] = "{0123abcd-0000-1111-2222-89ABCDEF0123}";

static const struct {
	const char *key;
	bool msi;
	const char *code, *why;
} keys[] = {
	{ code, true, code, "of Windows Installer" },
	{ code, false, NULL, "another installer may use such a key, too" },
	{ "MLNX_WinOF2", true, NULL, "no product code" },
	{ "{0123abcd-0000-1111-2222-89ABCDEF012}", true, NULL, "too short" },
	{ "{0123abcd-0000-1111-2222-89ABCDEF01234}", true, NULL, "too long" },
	{ "{0123abcd-0000-1111-2222-89ABCDEF012g}", true, NULL, "not hexadecimal" },
	{ "{0123abcd-0000-1111-2222-89ABCDEF0123}.KB1", true, NULL, "an update of it" },
	{ "", true, NULL, "empty" },
};

static void test_codes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		struct err err = { 0 };
		AUTO(facts_done) struct facts f = new_facts();
		assert_ok(facts_add_product(&f, "x", "1", keys[i].key, keys[i].msi, &err));
		const char *got = f.software[0].code;
		if (!got != !keys[i].code || (got && strcmp(got, keys[i].code) != 0))
			fail_msg("%s", keys[i].why);
	}
}

static void test_products_are_sorted(void **state)
{
	struct err err = { 0 };
	AUTO(facts_done) struct facts f = new_facts();
	(void)state;
	facts_sort_software(&f); /* of nothing */
	assert_ok(facts_add_product(&f, "b", "1", "b", false, &err));
	assert_ok(facts_add_product(&f, "a", "2", code, true, &err));
	assert_ok(facts_add_product(&f, "a", "2", "a", false, &err));
	assert_ok(facts_add_product(&f, "a", "1", "a", false, &err));
	assert_ok(facts_add_product(&f, "b", "1", "other key", false, &err)); /* both views */
	facts_sort_software(&f);
	assert_int_equal(f.software_count, 4);
	assert_string_equal(f.software[0].version, "1");
	assert_null(f.software[1].code);
	assert_string_equal(f.software[2].code, code);
	assert_string_equal(f.software[3].name, "b");
}

static void test_too_many(void **state)
{
	struct err err = { 0 };
	AUTO(facts_done) struct facts f = new_facts();
	struct facts_inf inf = { "oem1.inf", NULL, "", "", "" };
	(void)state;
	for (int i = 0; i < FACTS_SOFTWARE_MAX; i++)
		assert_ok(facts_add_product(&f, "a", "1", "a", false, &err));
	assert_fails(facts_add_product(&f, "a", "1", "a", false, &err), ERR_FORMAT, "1024");
	for (int i = 0; i < FACTS_DRIVERS_MAX; i++)
		assert_ok(facts_add_driver(&f, &inf, &err));
	assert_fails(facts_add_driver(&f, &inf, &err), ERR_FORMAT, "4096");
}

static const struct {
	const char *folder, *original, *why;
} folders[] = {
	{ "mlx5.inf_amd64_0123456789abcdef", "mlx5.inf", "as Windows names it" },
	{ "MLX5.INF_amd64_0123456789abcdef", "MLX5.INF", "in upper case" },
	{ "a.inf_b.inf_amd64_0123456789abcdef", "a.inf_b.inf", "the last one counts" },
	{ "mlx5.inf", NULL, "no folder" },
	{ ".inf_amd64_0123456789abcdef", NULL, "no name" },
	{ "", NULL, "empty" },
	{ NULL, NULL, "not said" },
};

static void test_originals(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(folders); i++) {
		struct err err = { 0 };
		AUTO(facts_done) struct facts f = new_facts();
		struct facts_inf inf = { "oem1.inf", folders[i].folder, "Mellanox", "Net", "1.0" };
		assert_ok(facts_add_driver(&f, &inf, &err));
		const char *got = f.drivers[0].original;
		if (!got != !folders[i].original || (got && strcmp(got, folders[i].original) != 0))
			fail_msg("%s: %s", folders[i].why, got ? got : "none");
		assert_string_equal(f.drivers[0].provider, "Mellanox");
		assert_string_equal(f.drivers[0].class_name, "Net");
	}
}

static void test_drivers_are_sorted(void **state)
{
	static const char *const names[] = { "oem10.inf", "oem2.inf", "oem1.inf" };
	struct err err = { 0 };
	AUTO(facts_done) struct facts f = new_facts();
	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct facts_inf inf = { names[i], NULL, "", "", "" };
		assert_ok(facts_add_driver(&f, &inf, &err));
	}
	facts_sort_software(&f);
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_string_equal(f.drivers[i].inf, names[COUNT_OF(names) - 1 - i]);
}

static const struct {
	const char *name;
	bool oem;
	const char *why;
} names[] = {
	{ "oem12.inf", true, "a third party's" },
	{ "OEM12.INF", true, "in upper case" },
	{ "oem.inf", false, "no number" },
	{ "oem12.pnf", false, "a compiled one" },
	{ "oem12.infx", false, "what *.inf finds by short names" },
	{ "oem12a.inf", false, "something else" },
	{ "oem00000000001.inf", false, "more digits than there are packages" },
	{ "mlx5.inf", false, "Windows' own" },
	{ "", false, "empty" },
};

static void test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (facts_is_oem_inf(names[i].name) != names[i].oem)
			fail_msg("%s: %s", names[i].name, names[i].why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codes),    cmocka_unit_test(test_products_are_sorted),
		cmocka_unit_test(test_too_many), cmocka_unit_test(test_originals),
		cmocka_unit_test(test_names),    cmocka_unit_test(test_drivers_are_sorted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
