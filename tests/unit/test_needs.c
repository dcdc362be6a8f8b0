/* SPDX-License-Identifier: MIT */
/* test_needs.c - what a package may ask of a machine: shapes that are taken, and refused. */
#include "support.h"

#include "needs.h"

static const struct {
	const char *needs, *message; /* NULL: taken */
	const char *why;
} rows[] = {
	{ "{}", NULL, "nothing" },
	{ "[]", NULL, "nothing either" },
	{ "{\"headers\":true,\"tools\":[\"gcc\",\"createrepo\"],\"packages\":[\"libc6-dev\","
	  "\"libstdc++6\"],\"unsigned_modules\":true,\"modules\":[\"mlx5_core\"],"
	  "\"replaces_stack\":true}",
	  NULL, "all there is" },
	{ "[{\"headers\":true},{\"match\":{\"kernel\":\"!= 4.18.0-80.el8\"},\"tools\":[\"make\"]}]",
	  NULL, "some of it for some machines" },
	{ "{\"replaces_stack\":[\"MLNX_OFED_LINUX-\"]}", NULL, "only that one" },
	{ "true", "must be an object or an array", "type" },
	{ "[1]", "[0]: must be an object", "type in the list" },
	{ "{\"header\":true}", "header: unknown key", "unknown key" },
	{ "{\"headers\":\"yes\"}", "headers: must be true or false", "type" },
	{ "{\"unsigned_modules\":1}", "unsigned_modules: must be true or false", "type" },
	{ "{\"replaces_stack\":1}", "replaces_stack: must be true or false", "type" },
	{ "{\"replaces_stack\":[\"\"]}", "'' must be the beginning", "would fit all" },
	{ "{\"tools\":\"gcc\"}", "tools: must be an array", "type" },
	{ "{\"tools\":[]}", "tools: must have 1 to 64", "empty" },
	{ "{\"tools\":[1]}", "tools[0]: must be a string", "type of an element" },
	{ "{\"tools\":[\"gcc\",\"frobnicate\"]}",
	  "tools[1]: 'frobnicate' is not one of the programs", "nothing looks for it" },
	{ "{\"packages\":[\"-y\"]}", "'-y' must be a package's name", "an option" },
	{ "{\"packages\":[\"a b\"]}", "'a b' must be a package's name", "a space" },
	{ "{\"packages\":[\"\"]}", "'' must be a package's name", "empty" },
	{ "{\"modules\":[\"mlx5-core\"]}", "must be a module's name, with '_' for '-'", "hyphen" },
	{ "{\"match\":{\"os\":\"beos\"}}", "match.os: 'beos' must be", "a rule that is none" },
};

static void test_shapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err err = { 0 };
		AUTO(json_auto_free) struct json *j =
			json_parse("n", slice_str(rows[i].needs), &err);
		assert_non_null(j);
		bool ok = needs_check(j, json_top(j), &err);
		if (ok != !rows[i].message || (!ok && !strstr(err.msg, rows[i].message)))
			fail_msg("%s: '%s'", rows[i].why, err.msg);
	}
}

static void test_tools(void **state)
{
	(void)state;
	assert_string_equal(needs_find_tool("rpmbuild")->rpm, "rpm-build");
	assert_null(needs_find_tool("sh"));
	for (const struct needs_tool *t = needs_tools; t->name; t++) {
		assert_true(t->deb[0] && t->rpm[0]);
		if (t[1].name && strcmp(t->name, t[1].name) >= 0)
			fail_msg("'%s' is not in order", t[1].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_tools),
	};
	return cmocka_run_group_tests_name("needs", tests, NULL, NULL);
}
