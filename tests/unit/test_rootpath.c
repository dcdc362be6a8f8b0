/* SPDX-License-Identifier: MIT */
/* test_rootpath.c - no link leads out of an image root. */
#include "rootpath.h"
#include "support.h"

static const struct {
	const char *path, *wanted, *why;
} cases[] = {
	{ "/etc/passwd", "/etc/passwd", "no link in it" },
	{ "/nowhere/x", "/nowhere/x", "what does not exist is taken literally" },
	{ "/abs/x", "/usr/lib/x", "an absolute link starts at the root" },
	{ "/rel/x", "/usr/lib/x", "a relative one where it stands" },
	{ "/up/x", "/usr/x", "'..' climbs inside" },
	{ "/out/x", "/x", "but never out" },
	{ "/../../etc", "/etc", "nor does the path itself" },
	{ "/chain/x", "/usr/lib/x", "a link to a link" },
	{ "//etc/./passwd/", "/etc/passwd", "slashes and dots" },
	{ "/usr/deep", "/etc", "a link in a directory" },
	{ "/", "", "the root itself" },
};

static int set_up(void **state)
{
	if (enter_temp_dir(state) || mkdir("etc", 0755) || mkdir("usr", 0755) ||
	    mkdir("usr/lib", 0755))
		return -1;
	return symlink("/usr/lib", "abs") || symlink("usr/lib", "rel") ||
	       symlink("usr/lib/..", "up") || symlink("../../../..", "out") ||
	       symlink("abs", "chain") || symlink("../etc", "usr/deep") || symlink("loop", "loop");
}

static void test_paths(void **state)
{
	const char *root = *state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char out[PLATFORM_PATH_MAX];
		struct err err = { 0 };
		assert_ok(rootpath(root, cases[i].path, out, &err));
		if (strncmp(out, root, strlen(root)) != 0 ||
		    strcmp(out + strlen(root), cases[i].wanted) != 0)
			fail_msg("%s: '%s'", cases[i].why, out);
	}
}

static void test_refused(void **state)
{
	char out[PLATFORM_PATH_MAX];
	struct err err = { 0 };
	assert_fails(rootpath(*state, "/loop/x", out, &err), ERR_SYSTEM, "too many links");
	write_file("file", "", 0);
	assert_fails(rootpath_open("file", out, &err), ERR_USAGE, "not a directory");
	assert_fails(rootpath_open("absent", out, &err), ERR_SYSTEM, "cannot open root");
	assert_ok(rootpath_open("/", out, &err));
	assert_string_equal(out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_paths, set_up, leave_temp_dir),
		cmocka_unit_test_setup_teardown(test_refused, set_up, leave_temp_dir),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
