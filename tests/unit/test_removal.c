/* SPDX-License-Identifier: MIT */
/* test_removal.c - what uninstall may take away. */
#include "removal.h"
#include "support.h"

#define PACKAGES_MAX 6

static const struct {
	struct {
		const char *name, *depends, *provides;
		bool wanted;
	} packages[PACKAGES_MAX]; /* sorted by name */
	bool chroot;
	const char *go, *stay, *why;
} cases[] = {
	{ { { "a", "b", "", true }, { "b", "", "", true } }, false, "a b ", "", "all of it" },
	{ { { "a", "b", "", true }, { "b", "", "", true }, { "z", "b", "", false } },
	  false,
	  "a ",
	  "b<z ",
	  "another package needs one" },
	{ { { "a", "b", "", true },
	    { "b", "c", "", true },
	    { "c", "", "", true },
	    { "z", "b", "", 0 } },
	  false,
	  "a ",
	  "b<z c<b ",
	  "and with it what that one needs" },
	{ { { "a", "", "", true }, { "b", "", "", false }, { "z", "a | b", "", false } },
	  false,
	  "a ",
	  "",
	  "an alternative is enough" },
	{ { { "a", "", "virtual", true }, { "z", "virtual", "", false } },
	  false,
	  "",
	  "a<z ",
	  "needed by another name" },
	{ { { "a", "", "virtual", true },
	    { "b", "", "virtual", false },
	    { "z", "virtual", "", 0 } },
	  false,
	  "a ",
	  "",
	  "that name has another bearer" },
	{ { { "a", "", "", true }, { "z", "a (>= 2)", "", false } },
	  false,
	  "a ",
	  "",
	  "a need that was never met holds nothing" },
	{ { { "linux-image-6.1", "", "", true } },
	  false,
	  "",
	  "linux-image-6.1<- ",
	  "the kernel that runs" },
	{ { { "linux-image-6.1", "", "", true } },
	  true,
	  "linux-image-6.1 ",
	  "",
	  "in an image none runs" },
	{ { { "a", "", "", false } }, false, "", "", "nothing is wanted" },
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct facts_package list[PACKAGES_MAX];
		bool wanted[PACKAGES_MAX];
		struct facts f = { .kernel = "6.1", .packages = list, .chroot = cases[i].chroot };
		for (; f.package_count < PACKAGES_MAX && cases[i].packages[f.package_count].name;
		     f.package_count++) {
			size_t k = f.package_count;
			list[k] = (struct facts_package) { .name = cases[i].packages[k].name,
							   .version = "1",
							   .arch = "all",
							   .status = "installed",
							   .depends = cases[i].packages[k].depends,
							   .conflicts = "",
							   .provides =
								   cases[i].packages[k].provides };
			wanted[k] = cases[i].packages[k].wanted;
		}
		struct err err = { 0 };
		AUTO(removal_done) struct removal r = { 0 };
		assert_ok(removal_plan(&f, wanted, &r, &err));
		char go[256] = "", stay[256] = "";
		for (size_t k = 0; k < r.go_count; k++)
			snprintf(go + strlen(go), sizeof(go) - strlen(go), "%s ", r.go[k]->name);
		for (size_t k = 0; k < r.stay_count; k++)
			snprintf(stay + strlen(stay), sizeof(stay) - strlen(stay), "%s<%s ",
				 r.stay[k]->name, r.needed_by[k] ? r.needed_by[k]->name : "-");
		if (strcmp(go, cases[i].go) != 0 || strcmp(stay, cases[i].stay) != 0)
			fail_msg("%s: go '%s', stay '%s'", cases[i].why, go, stay);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_cases) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
