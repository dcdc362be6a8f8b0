/* SPDX-License-Identifier: MIT */
/* test_nic_family.c - names of NIC generations and the ids that they stand for. */
#include "support.h"

#include "nic_family.h"

static const struct {
	const char *name;
	size_t count;
	uint32_t ids[NIC_FAMILY_IDS_MAX];
	const char *why;
} rows[] = {
	{ "connectx-3", 2, { 0x1003, 0x1004 }, "both functions" },
	{ "connectx-3-pro", 2, { 0x1007, 0x1004 }, "the virtual one is ConnectX-3's, too" },
	{ "connectx-3-pro-pf", 1, { 0x1007 }, "a name that has a suffix of its own" },
	{ "connectx-3-vf", 1, { 0x1004 }, "virtual alone" },
	{ "connectx-4", 2, { 0x1013, 0x1014 }, "not Lx" },
	{ "connectx-4-lx", 2, { 0x1015, 0x1016 }, "Lx alone" },
	{ "connectx-5", 2, { 0x1017, 0x1018 }, "not Ex" },
	{ "connectx-5-ex", 2, { 0x1019, 0x101a }, "Ex alone" },
	{ "connectx-6", 2, { 0x101b, 0x101c }, "not Dx, not Lx" },
	{ "connectx-7", 2, { 0x1021, 0x101e }, "the generic virtual function" },
	{ "connectx-8-pf", 1, { 0x1023 }, "physical alone" },
	{ "bluefield-3", 3, { 0xa2dc, 0xa2d9, 0x101e }, "two physical ones" },
	{ "connect-ib-vf", 1, { 0x1012 }, "before ConnectX-4" },
	{ "connectx", 0, { 0 }, "a beginning is no name" },
	{ "connectx-", 0, { 0 }, "nor this" },
	{ "connectx-70", 0, { 0 }, "nor what is longer" },
	{ "ConnectX-7", 0, { 0 }, "lower case only" },
	{ "connectx-7-xf", 0, { 0 }, "another suffix" },
	{ "connectx-7-pf-vf", 0, { 0 }, "one suffix" },
	{ "-vf", 0, { 0 }, "a suffix alone" },
	{ "", 0, { 0 }, "nothing" },
};

static void test_ids(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint32_t ids[NIC_FAMILY_IDS_MAX] = { 0 };
		size_t n = nic_family_ids(rows[i].name, strlen(rows[i].name), ids);
		if (n != rows[i].count || memcmp(ids, rows[i].ids, n * sizeof(ids[0])) != 0)
			fail_msg("%s: %s", rows[i].name, rows[i].why);
		for (size_t k = 0; k < n; k++)
			assert_true(nic_family_has(rows[i].name, strlen(rows[i].name), ids[k]));
		assert_false(nic_family_has(rows[i].name, strlen(rows[i].name), 0));
	}
}

/* Names are not read beyond their length: what follows may be a class. */
static void test_length(void **state)
{
	(void)state;
	uint32_t ids[NIC_FAMILY_IDS_MAX];
	assert_int_equal(nic_family_ids("connectx-5/0207", 10, ids), 2);
	assert_int_equal(nic_family_ids("connectx-5-ex", 10, ids), 2);
	assert_int_equal(ids[0], 0x1017);
}

/* Every name has a physical function, and no id is both. */
static void test_table(void **state)
{
	(void)state;
	size_t count = 0;
	for (const char *name; (name = nic_family_name(count)) != NULL; count++) {
		uint32_t ids[NIC_FAMILY_IDS_MAX];
		char suffixed[64];
		snprintf(suffixed, sizeof(suffixed), "%s-pf", name);
		size_t n = nic_family_ids(suffixed, strlen(suffixed), ids);
		assert_in_range(n, 1, NIC_FAMILY_IDS_MAX);
		for (size_t i = 0; i < n; i++)
			assert_false(nic_family_is_virtual(ids[i]));
		snprintf(suffixed, sizeof(suffixed), "%s-vf", name);
		n = nic_family_ids(suffixed, strlen(suffixed), ids);
		assert_int_equal(n, 1);
		assert_true(nic_family_is_virtual(ids[0]));
		for (size_t i = 0; i < count; i++)
			assert_string_not_equal(nic_family_name(i), name);
	}
	assert_int_equal(count, 18);
	assert_null(nic_family_name(SIZE_MAX));
	assert_false(nic_family_is_virtual(0));
	assert_false(nic_family_is_virtual(0x1020));
}

/* The manual names them all. */
static void test_manual(void **state)
{
	(void)state;
	const char *manual = read_text("manifests/README.md");
	for (size_t i = 0; nic_family_name(i); i++) {
		char row[64];
		snprintf(row, sizeof(row), "| `%s` |", nic_family_name(i));
		if (!strstr(manual, row))
			fail_msg("manifests/README.md has no row for %s", row);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_manual),
	};
	return cmocka_run_group_tests_name("nic_family", tests, NULL, NULL);
}
