/* SPDX-License-Identifier: MIT */
/* test_room.c - when there is room: on one file system, and on two. */
#include "room.h"
#include "support.h"

static const struct {
	uint64_t staging_device, stage, staging_free, need, system_free;
	const char *message, *why; /* NULL: enough */
} cases[] = {
	{ 1, 10, 30, 20, 30, NULL, "one file system, to the byte" },
	{ 1, 11, 30, 20, 30, "this package needs 0.0 MB at '/system'", "a byte too much in all" },
	{ 2, 30, 30, 20, 20, NULL, "two, each to the byte" },
	{ 2, 31, 30, 20, 99, "staging needs 0.0 MB at '/staging'", "staging" },
	{ 2, 1, 30, 21, 20, "this package needs 0.0 MB at '/system'", "the package" },
	{ 1, 5000000, 1, 3000000, 7000000, "needs 8.0 MB at '/system', and 7.0 MB are free",
	  "both numbers are told" },
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = { 0 };
		struct room staging = { .path = "/staging", .need = cases[i].stage };
		struct room system = { .path = "/system", .need = cases[i].need };
		staging.space.device = cases[i].staging_device;
		staging.space.free_bytes = cases[i].staging_free;
		system.space.device = 1;
		system.space.free_bytes = cases[i].system_free;
		bool ok = room_check(&staging, &system, &err);
		if (ok != !cases[i].message ||
		    (!ok && (err.code != ERR_NO_SPACE || !strstr(err.msg, cases[i].message))))
			fail_msg("%s: '%s'", cases[i].why, err.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_cases) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
