/* SPDX-License-Identifier: MIT */
/* test_span_set.c - what of a file is there, and what is asked for. */
#include "span_set.h"

#include "support.h"

#define SPANS 6

/* A span {0, 0} ends a list. */
static struct span_set make(const struct span *v)
{
	struct span_set s = { 0 };
	for (size_t i = 0; i < SPANS && v[i].to; i++)
		assert_true(span_set_add(&s, v[i], NULL));
	return s;
}

static bool is(const struct span_set *s, const struct span *want)
{
	size_t n = 0;
	while (n < SPANS && want[n].to)
		n++;
	return s->count == n && (n == 0 || memcmp(s->v, want, n * sizeof(*want)) == 0);
}

static const struct {
	struct span add[SPANS], want[SPANS];
	const char *why;
} adds[] = {
	{ { { 5, 9 } }, { { 5, 9 } }, "one" },
	{ { { 5, 5 } }, { { 0, 0 } }, "an empty one" },
	{ { { 5, 9 }, { 1, 3 } }, { { 1, 3 }, { 5, 9 } }, "sorted" },
	{ { { 5, 9 }, { 9, 10 } }, { { 5, 10 } }, "touching behind" },
	{ { { 5, 9 }, { 1, 5 } }, { { 1, 9 } }, "touching before" },
	{ { { 1, 2 }, { 4, 5 }, { 7, 8 }, { 2, 7 } }, { { 1, 8 } }, "all become one" },
	{ { { 1, 2 }, { 4, 5 }, { 7, 8 }, { 3, 6 } },
	  { { 1, 2 }, { 3, 6 }, { 7, 8 } },
	  "around one" },
	{ { { 1, 9 }, { 3, 4 } }, { { 1, 9 } }, "within" },
	{ { { 0, UINT64_MAX } }, { { 0, UINT64_MAX } }, "everything" },
};

static void test_add(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(adds); i++) {
		AUTO(span_set_done) struct span_set s = make(adds[i].add);
		if (!is(&s, adds[i].want))
			fail_msg("%s", adds[i].why);
	}
}

static const struct {
	struct span have[SPANS], ask, want; /* want {0, 0}: nothing is missing */
	const char *why;
} missing[] = {
	{ { { 0, 0 } }, { 1, 4 }, { 1, 4 }, "nothing is there" },
	{ { { 1, 4 } }, { 1, 4 }, { 0, 0 }, "all is" },
	{ { { 0, 9 } }, { 1, 4 }, { 0, 0 }, "more is" },
	{ { { 0, 2 } }, { 1, 4 }, { 2, 4 }, "the beginning is" },
	{ { { 3, 9 } }, { 1, 4 }, { 1, 3 }, "the end is" },
	{ { { 2, 3 } }, { 1, 4 }, { 1, 2 }, "the middle is: the first part" },
	{ { { 0, 1 } }, { 1, 4 }, { 1, 4 }, "what touches is no help" },
	{ { { 0, 1 }, { 2, 3 } }, { 1, 4 }, { 1, 2 }, "one that touches, one in the middle" },
	{ { { 4, 5 } }, { 1, 4 }, { 1, 4 }, "nor what touches behind" },
};

static void test_missing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(missing); i++) {
		AUTO(span_set_done) struct span_set s = make(missing[i].have);
		struct span got = { 0, 0 };
		bool any = span_set_missing(&s, missing[i].ask, &got);
		if (any != (missing[i].want.to != 0) || got.from != missing[i].want.from ||
		    got.to != missing[i].want.to)
			fail_msg("%s", missing[i].why);
	}
}

static const struct {
	struct span have[SPANS], wanted[SPANS];
	uint64_t gap, waste, max;
	struct span want[SPANS];
	const char *why;
} plans[] = {
	{ { { 0, 0 } }, { { 0, 10 } }, 0, 0, 100, { { 0, 10 } }, "one" },
	{ { { 0, 0 } }, { { 0, 10 } }, 0, 0, 4, { { 0, 4 }, { 4, 8 }, { 8, 10 } }, "in pieces" },
	{ { { 0, 0 } },
	  { { 0, 10 }, { 15, 20 } },
	  5,
	  99,
	  100,
	  { { 0, 10 }, { 15, 20 } },
	  "far apart" },
	{ { { 0, 0 } }, { { 0, 10 }, { 14, 20 } }, 5, 99, 100, { { 0, 20 } }, "near each other" },
	{ { { 0, 0 } },
	  { { 0, 10 }, { 14, 20 } },
	  5,
	  3,
	  100,
	  { { 0, 10 }, { 14, 20 } },
	  "too much waste" },
	{ { { 0, 0 } },
	  { { 0, 10 }, { 14, 20 }, { 24, 30 } },
	  5,
	  7,
	  100,
	  { { 0, 20 }, { 24, 30 } },
	  "waste is counted over all" },
	{ { { 3, 5 } }, { { 0, 10 } }, 0, 99, 100, { { 0, 3 }, { 5, 10 } }, "not what is there" },
	{ { { 3, 5 } }, { { 0, 10 } }, 9, 99, 100, { { 0, 10 } }, "but again, rather than twice" },
	{ { { 0, 10 } }, { { 0, 10 } }, 9, 99, 100, { { 0, 0 } }, "all is there" },
	{ { { 0, 0 } }, { { 5, 10 } }, 9, 99, 100, { { 5, 10 } }, "no gap before the first" },
};

static void test_plan(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(plans); i++) {
		AUTO(span_set_done) struct span_set have = make(plans[i].have);
		AUTO(span_set_done) struct span_set wanted = make(plans[i].wanted);
		AUTO(span_set_done) struct span_set got = { 0 };
		assert_true(span_set_plan(&have, &wanted, plans[i].gap, plans[i].waste,
					  plans[i].max, &got, NULL));
		if (!is(&got, plans[i].want))
			fail_msg("%s", plans[i].why);
	}
}

static void test_bytes(void **state)
{
	(void)state;
	AUTO(span_set_done)
	struct span_set s = make((const struct span[SPANS]) { { 1, 3 }, { 5, 10 } });
	assert_int_equal(span_set_bytes(&s), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
