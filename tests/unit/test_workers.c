/* SPDX-License-Identifier: MIT */
/* test_workers.c - every index once, whatever the number of threads; the first error ends it. */
#include "workers.h"

#include <stdatomic.h>

#include "support.h"

#define THINGS 200

struct things {
	atomic_uint done[THINGS], total;
	size_t bad; /* fails at this one */
};

static bool work(void *ctx, size_t index, struct err *err)
{
	struct things *t = ctx;
	atomic_fetch_add(&t->done[index], 1);
	atomic_fetch_add(&t->total, 1);
	return index != t->bad || err_set(err, ERR_FORMAT, "thing %zu is bad", index);
}

static void test_all_once(void **state)
{
	(void)state;
	static const unsigned jobs[] = { 0, 1, 2, 7, 64, 1000 };
	for (size_t i = 0; i < COUNT_OF(jobs); i++) {
		struct err err = { 0 };
		struct things t = { .bad = THINGS };
		assert_ok(workers_run(THINGS, jobs[i], work, &t, &err));
		for (size_t k = 0; k < THINGS; k++)
			assert_int_equal(t.done[k], 1);
	}
	struct err err = { 0 };
	struct things t = { .bad = 0 };
	assert_ok(workers_run(0, 4, work, &t, &err));
	assert_int_equal(t.total, 0);
}

static void test_first_error(void **state)
{
	(void)state;
	for (unsigned jobs = 1; jobs <= 8; jobs++) {
		struct err err = { 0 };
		struct things t = { .bad = 20 };
		assert_fails(workers_run(THINGS, jobs, work, &t, &err), ERR_FORMAT,
			     "thing 20 is bad");
		for (size_t k = 0; k <= 20; k++)
			assert_int_equal(t.done[k], 1);
		if (jobs == 1)
			assert_int_equal(t.total, 21);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_once),
		cmocka_unit_test(test_first_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
