/* SPDX-License-Identifier: MIT */
/*
 * test_devnode.c - what the Configuration Manager and SetupAPI answer, as their documentation has it,
 * and what is made of it.  Wine gives one of these answers only, which says so.
 */
#include "devnode.h"
#include "support.h"

static const struct {
	struct devnode_answers answers; /* result, status, problem, listed */
	bool ghost;
	uint32_t problem;
	const char *why;
} cases[] = {
	{ { 0, 0x0180200a, 0, true }, false, 0, "started" },
	{ { 0, 0x01802400, 28, true }, false, 28, "no driver" },
	{ { 0, 0x01802400, 22, true }, false, 22, "disabled" },
	{ { 0, 0x01802400, 43, true }, false, 43, "stopped by its driver" },
	{ { 0, 0x01802400, 24, true }, false, 24, "not working: there all the same" },
	{ { 0, 0x01802400, 0, true }, false, 0, "a problem without a number" },
	{ { 0, 0x0180200a, 28, true }, false, 0, "a number without a problem" },
	{ { 0, 0x01802400, 45, false }, true, 0, "CM_PROB_PHANTOM" },
	{ { 0x0d, 0, 0, false }, true, 0, "CR_NO_SUCH_DEVNODE" },
	{ { 0x0d, 0, 0, true }, true, 0, "the same, just gone" },
	{ { 0x0d, 0x01802400, 28, false },
	  true,
	  0,
	  "what a failed call leaves counts for nothing" },
	{ { 0, 0x0180200a, 0, false }, false, 0, "just come" },
	{ { 0, 0, 0, true }, false, 0, "Wine: no answer, listed" },
	{ { 0, 0, 0, false }, true, 0, "no answer, not listed" },
	{ { 0x13, 0, 0, true }, false, 0, "CR_FAILURE, listed" },
	{ { 0x13, 0, 0, false }, true, 0, "CR_FAILURE, not listed" },
};

static void test_judge(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct devnode d = devnode_judge(&cases[i].answers);
		if (d.ghost != cases[i].ghost || d.problem != cases[i].problem)
			fail_msg("%s: %d %u", cases[i].why, d.ghost, (unsigned)d.problem);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_judge) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
