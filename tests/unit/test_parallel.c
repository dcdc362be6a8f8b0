/* SPDX-License-Identifier: MIT */
/* test_parallel.c - jobs on a pool give what they would give one after the other. */
#include "parallel.h"

#include "support.h"

#define JOBS 300

struct sum {
	struct parallel_job job;
	struct parallel *pool;
	struct sum *before; /* waited for inside, or NULL */
	uint64_t value, *order;
	size_t *ran;
};

static void add_up(void *arg)
{
	struct sum *s = arg;
	if (s->before)
		parallel_wait_inside(s->pool, &s->before->job);
	s->value = 1 + (s->before ? s->before->value : 0);
	if (s->order)
		s->order[(*s->ran)++] = (uint64_t)(uintptr_t)s;
}

static const struct {
	bool pool;
	unsigned threads;
	const char *why;
} pools[] = {
	{ false, 0, "no pool, as without memory" },
	{ true, 0, "a pool without threads" },
	{ true, 1, "one thread beside the caller" },
	{ true, 7, "more threads than processors, perhaps" },
};

static struct parallel *make_pool(size_t i)
{
	if (!pools[i].pool)
		return NULL;
	struct parallel *p = parallel_new(pools[i].threads);
	assert_non_null(p);
	assert_int_equal(parallel_threads(p), pools[i].threads);
	return p;
}

/* Each needs the one before it, also while that is still running elsewhere. */
static void test_chain(void **state)
{
	(void)state;
	static struct sum jobs[JOBS];
	for (size_t i = 0; i < COUNT_OF(pools); i++) {
		struct parallel *p = make_pool(i);
		for (size_t k = 0; k < JOBS; k++) {
			jobs[k] = (struct sum) { .pool = p, .before = k ? &jobs[k - 1] : NULL };
			jobs[k].job = (struct parallel_job) { .run = add_up, .arg = &jobs[k] };
			parallel_start(p, &jobs[k].job);
		}
		for (size_t k = 0; k < JOBS; k++) {
			parallel_wait(p, &jobs[k].job);
			if (jobs[k].value != k + 1)
				fail_msg("%s: job %zu", pools[i].why, k);
		}
		parallel_wait(p, &jobs[0].job); /* once more is no harm */
		parallel_free(p);
	}
}

/* Without threads of its own it is the caller who runs them: in order, and no more than it must. */
static void test_caller_helps(void **state)
{
	(void)state;
	static struct sum jobs[JOBS];
	static uint64_t order[JOBS];
	size_t ran = 0;
	struct parallel *p = parallel_new(0);
	assert_non_null(p);
	for (size_t k = 0; k < JOBS; k++) {
		jobs[k] = (struct sum) { .pool = p, .order = order, .ran = &ran };
		jobs[k].job = (struct parallel_job) { .run = add_up, .arg = &jobs[k] };
		parallel_start(p, &jobs[k].job);
	}
	assert_int_equal(ran, 0);
	parallel_wait(p, &jobs[JOBS / 2].job);
	assert_int_equal(ran, JOBS / 2 + 1);
	parallel_wait(p, &jobs[JOBS - 1].job);
	assert_int_equal(ran, JOBS);
	for (size_t k = 0; k < JOBS; k++)
		assert_true(order[k] == (uint64_t)(uintptr_t)&jobs[k]);
	parallel_free(p);
}

/* Urgent ones come first, in their order; who waits for one of them runs no others. */
static void test_urgent(void **state)
{
	(void)state;
	struct sum jobs[6];
	uint64_t order[COUNT_OF(jobs)];
	size_t ran = 0;
	struct parallel *p = parallel_new(0);
	assert_non_null(p);
	for (size_t k = 0; k < COUNT_OF(jobs); k++) {
		jobs[k] = (struct sum) { .pool = p, .order = order, .ran = &ran };
		jobs[k].job = (struct parallel_job) { add_up, &jobs[k], .urgent = k % 2 };
		parallel_start(p, &jobs[k].job);
	}
	parallel_wait(p, &jobs[3].job);
	assert_int_equal(ran, 2);
	parallel_wait(p, &jobs[0].job);
	assert_int_equal(ran, 4);
	parallel_wait(p, &jobs[5].job);
	assert_int_equal(ran, 4);
	parallel_wait(p, &jobs[4].job);
	static const size_t expected[] = { 1, 3, 5, 0, 2, 4 };
	for (size_t k = 0; k < COUNT_OF(jobs); k++)
		assert_true(order[k] == (uint64_t)(uintptr_t)&jobs[expected[k]]);
	parallel_free(p);
}

static void test_limits(void **state)
{
	(void)state;
	struct parallel *p = parallel_new(PARALLEL_THREADS_MAX + 100);
	assert_non_null(p);
	assert_true(parallel_threads(p) <= PARALLEL_THREADS_MAX);
	parallel_free(p); /* threads that never had a job end, too */
	parallel_free(NULL);
	assert_int_equal(parallel_threads(NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_caller_helps),
		cmocka_unit_test(test_urgent),
		cmocka_unit_test(test_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
