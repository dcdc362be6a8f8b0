/* SPDX-License-Identifier: MIT */
/* test_nic_pattern.c - shapes, what fits, what meets. */
#include "support.h"

#include "nic_pattern.h"

static const struct {
	const char *pattern;
	bool valid;
	const char *why;
} shapes[] = {
	{ "15b3:101c", true, "vendor and device" },
	{ "15b3:*", true, "any device" },
	{ "15b3:*/0207", true, "any device of a class" },
	{ "15b3:1004/0280", true, "a device of a class" },
	{ "connectx-5", true, "a generation" },
	{ "connectx-5-vf/0207", true, "its virtual functions of a class" },
	{ "", false, "nothing" },
	{ "15b3", false, "no device" },
	{ "15b3:", false, "empty device" },
	{ "15b3:**", false, "two stars" },
	{ "15b3:101", false, "three digits" },
	{ "15b3:101c0", false, "five digits" },
	{ "15B3:101c", false, "upper case" },
	{ "15b3:101c/", false, "empty class" },
	{ "15b3:101c/020", false, "three digits of class" },
	{ "15b3:101c/02070", false, "five digits of class" },
	{ "15b3:101c/0207/", false, "more behind it" },
	{ "connectx-5/", false, "empty class of a generation" },
	{ "connectx-5/02g7", false, "no digit" },
	{ "connectx-5:*", false, "both forms" },
	{ "connectx-2", false, "no such name" },
	{ "/0207", false, "a class alone" },
};

static void test_shapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(shapes); i++) {
		struct err err = { 0 };
		if (nic_pattern_valid(shapes[i].pattern, &err) != shapes[i].valid)
			fail_msg("'%s': %s", shapes[i].pattern, shapes[i].why);
		if (!shapes[i].valid)
			assert_int_equal(err.code, ERR_FORMAT);
	}
}

static const struct {
	const char *pattern;
	uint32_t vendor, device, class_code;
	bool fits;
} functions[] = {
	{ "15b3:101c", 0x15b3, 0x101c, 0x020700, true },
	{ "15b3:101c", 0x15b3, 0x101e, 0x020700, false },
	{ "15b3:101c", 0x1414, 0x101c, 0x020700, false },
	{ "15b3:*", 0x15b3, 0xffff, 0x020000, true },
	{ "1414:*", 0x15b3, 0x101c, 0x020700, false },
	{ "15b3:1004/0280", 0x15b3, 0x1004, 0x028000, true },
	{ "15b3:1004/0280", 0x15b3, 0x1004, 0x020000, false },
	{ "15b3:*/0207", 0x15b3, 0x1018, 0x020701, true }, /* the last two digits don't count */
	{ "connectx-5", 0x15b3, 0x1017, 0x020700, true },
	{ "connectx-5", 0x15b3, 0x1018, 0x020000, true },
	{ "connectx-5", 0x15b3, 0x101a, 0x020700, false },
	{ "connectx-5", 0x1414, 0x1018, 0x020700, false },
	{ "connectx-5-pf", 0x15b3, 0x1018, 0x020700, false },
	{ "connectx-5-vf/0207", 0x15b3, 0x1018, 0x020700, true },
	{ "connectx-5-vf/0207", 0x15b3, 0x1018, 0x020000, false },
	{ "bluefield-2", 0x15b3, 0x101e, 0x020000, true },
};

static void test_fits(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(functions); i++) {
		struct facts_nic nic = { .vendor = functions[i].vendor,
					 .device = functions[i].device,
					 .class_code = functions[i].class_code };
		if (nic_pattern_fits(functions[i].pattern, &nic) != functions[i].fits)
			fail_msg("'%s' and %04x:%04x", functions[i].pattern, (unsigned)nic.vendor,
				 (unsigned)nic.device);
	}
}

static const struct {
	const char *a, *b;
	bool meet;
} pairs[] = {
	{ "15b3:*", "15b3:101c", true },
	{ "15b3:*", "15b3:*", true },
	{ "15b3:*", "1414:*", false },
	{ "15b3:*", "connectx-3", true },
	{ "1414:*", "connectx-3", false },
	{ "15b3:1017", "connectx-5", true },
	{ "15b3:1017", "connectx-5-vf", false },
	{ "1414:1017", "connectx-5", false },
	{ "connectx-3", "connectx-3-pro", true },
	{ "connectx-3-pf", "connectx-3-pro-pf", false },
	{ "connectx-6-dx", "bluefield-3-vf", true },
	{ "connectx-4", "connectx-4-lx", false },
	{ "connectx-7/0207", "connectx-8/0200", false },
	{ "connectx-7/0207", "connectx-8", true },
	{ "15b3:*/0207", "connectx-8/0200", false },
	{ "15b3:1018", "15b3:1018/0207", true },
};

static void test_meet(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(pairs); i++)
		if (nic_patterns_meet(pairs[i].a, pairs[i].b) != pairs[i].meet ||
		    nic_patterns_meet(pairs[i].b, pairs[i].a) != pairs[i].meet)
			fail_msg("'%s' and '%s'", pairs[i].a, pairs[i].b);
}

static void test_class(void **state)
{
	(void)state;
	assert_null(nic_pattern_class("15b3:*"));
	assert_string_equal(nic_pattern_class("connectx-3/0280"), "0280");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_fits),
		cmocka_unit_test(test_meet),
		cmocka_unit_test(test_class),
	};
	return cmocka_run_group_tests_name("nic_pattern", tests, NULL, NULL);
}
