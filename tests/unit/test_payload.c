/* SPDX-License-Identifier: MIT */
#include "payload.h"

#include "support.h"

static bool add(struct payload *p, const char *prefix, const char *path, enum tree_type type,
		const char *target, struct err *err)
{
	struct payload_entry e = { .path = (char *)(uintptr_t)path,
				   .type = type,
				   .mode = 0700,
				   .mtime = 5,
				   .target = (char *)(uintptr_t)target };
	return payload_add(p, prefix, &e, err);
}

static void test_sorted_with_parents(void **state)
{
	(void)state;
	static const struct {
		const char *path;
		uint32_t mode;
		int64_t mtime;
	} wanted
		[] = {
			{ "a", 0755, 9 },      { "a-b", 0700, 5 },
			{ "a/b", 0700, 5 }, /* named: keeps its mode */
			{ "a/b/c", 0700, 5 },  { "x", 0755, 9 },
			{ "x/y", 0755, 9 },    { "x/y/z", 0700, 5 },
			{ "x/y/zz", 0700, 5 },
		};
	struct err err = { 0 };
	AUTO(payload_done) struct payload p = { 0 };
	assert_ok(add(&p, "x/y", "zz", TREE_FILE, NULL, &err));
	assert_ok(add(&p, "", "a/b/c", TREE_FILE, NULL, &err));
	assert_ok(add(&p, "x/y", "z", TREE_FILE, NULL, &err));
	assert_ok(add(&p, "", "a/b", TREE_DIR, NULL, &err));
	assert_ok(add(&p, "", "a/b", TREE_DIR, NULL, &err)); /* as tar files do */
	assert_ok(add(&p, "", "a-b", TREE_FILE, NULL, &err));
	assert_ok(payload_finish(&p, 9, &err));
	assert_int_equal(p.count, COUNT_OF(wanted));
	for (size_t i = 0; i < p.count; i++) {
		assert_string_equal(p.entries[i].path, wanted[i].path);
		assert_int_equal(p.entries[i].mode, wanted[i].mode);
		assert_int_equal(p.entries[i].mtime, wanted[i].mtime);
	}
}

static void test_refusals(void **state)
{
	(void)state;
	static const struct {
		const char *prefix, *path, *target, *text, *why;
	} cases[] = {
		{ "", "/etc/x", NULL, "not allowed", "absolute" },
		{ "a", "../x", NULL, "not allowed", "climbs out of its prefix" },
		{ "..", "x", NULL, "not allowed", "a prefix that climbs" },
		{ "", "con", NULL, "not allowed", "a device on Windows" },
		{ "", "a\nb", NULL, "not allowed", "two lines in a log" },
		{ "", "l", "/etc", "leads outside", "absolute target" },
		{ "", "d/l", "../../x", "leads outside", "target above the top" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = { 0 };
		AUTO(payload_done) struct payload p = { 0 };
		enum tree_type type = cases[i].target ? TREE_SYMLINK : TREE_FILE;
		if (add(&p, cases[i].prefix, cases[i].path, type, cases[i].target, &err) ||
		    err.code != ERR_FORMAT || !strstr(err.msg, cases[i].text))
			fail_msg("%s: %d '%s'", cases[i].why, (int)err.code, err.msg);
	}
}

static void test_one_path_twice(void **state)
{
	(void)state;
	static const struct {
		enum tree_type first, second;
		const char *second_path, *why;
	} cases[] = {
		{ TREE_FILE, TREE_FILE, "a", "two files" },
		{ TREE_FILE, TREE_DIR, "a", "file and directory" },
		{ TREE_DIR, TREE_SYMLINK, "a", "directory and link" },
		{ TREE_FILE, TREE_FILE, "a/b", "a file below a file" },
		{ TREE_SYMLINK, TREE_FILE, "a/b", "a file below a link" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = { 0 };
		AUTO(payload_done) struct payload p = { 0 };
		assert_ok(add(&p, "", "a", cases[i].first,
			      cases[i].first == TREE_SYMLINK ? "b" : NULL, &err));
		assert_ok(add(&p, "", cases[i].second_path, cases[i].second,
			      cases[i].second == TREE_SYMLINK ? "b" : NULL, &err));
		if (payload_finish(&p, 0, &err) || !strstr(err.msg, "there twice"))
			fail_msg("%s: '%s'", cases[i].why, err.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sorted_with_parents),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_one_path_twice),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
