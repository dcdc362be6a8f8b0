/* SPDX-License-Identifier: MIT */
/* test_family.c - which run is compressed against which, and what stands in its way. */
#include "family.h"
#include "support.h"

#define SIZE (200u << 10)

/* Noise of @seed with every 1000th byte as in @version: near-duplicates by seed. */
static void write_version(const char *name, unsigned seed, unsigned version, size_t size)
{
	static uint8_t bytes[2 * SIZE];
	uint32_t x = seed;
	for (size_t i = 0; i < size; i++) {
		x = x * 1664525u + 1013904223u;
		bytes[i] = i % 1000 == 0 ? (uint8_t)version : (uint8_t)(x >> 24);
	}
	write_file(name, bytes, size);
}

struct content {
	const char *packages; /* "01": by numbers 0 and 1 */
	const char *path;
	unsigned seed, version;
	size_t size;
};

static const struct {
	struct content contents[6];
	int bases[6]; /* of each run, -1: none */
	const char *why;
} cases[] = {
	{ { { "0", "k-1/a", 1, 1, SIZE }, { "1", "k-2/a", 1, 2, SIZE } },
	  { -1, 0 },
	  "the next version" },
	{ { { "0", "k-1/a", 1, 1, SIZE }, { "1", "k-2/b", 1, 2, SIZE } },
	  { -1, -1 },
	  "another path" },
	{ { { "0", "k-1/a", 1, 1, SIZE }, { "1", "k-2/a", 2, 2, SIZE } },
	  { -1, -1 },
	  "the same path, other contents" },
	{ { { "0", "k-1/a", 1, 1, SIZE },
	    { "1", "k-2/a", 1, 2, SIZE },
	    { "2", "k-3/a", 1, 3, SIZE } },
	  { -1, 0, 0 },
	  "all against the first: one step" },
	{ { { "0", "k-1/a", 1, 1, SIZE },
	    { "1", "k-2/a", 1, 2, SIZE },
	    { "1", "k-2/b", 7, 2, 2 * SIZE } },
	  { -1, -1 },
	  "less than half of it" },
	{ { { "0", "k-1/a", 1, 1, 2 * SIZE },
	    { "0", "k-1/b", 8, 1, 2 * SIZE },
	    { "1", "k-2/a", 1, 2, SIZE } },
	  { -1, -1 },
	  "a base four times as large as what needs it" },
	{ { { "0", "k-1/a", 1, 1, SIZE }, { "01", "k-2/a", 1, 2, SIZE } },
	  { -1, 0 },
	  "a set of packages with more of them" },
	{ { { "0", "k-1/a", 1, 1, 60000 }, { "1", "k-2/a", 1, 2, 60000 } },
	  { -1, -1 },
	  "too small to look at" },
	{ { { "0", "k-1/a", 1, 1, 100000 },
	    { "0", "k-2/a", 2, 1, 100000 },
	    { "1", "k-3/a", 2, 2, 100000 },
	    { "1", "k-3/b", 9, 2, 100000 } },
	  { -1, 0 },
	  "one of several with the path" },
	{ { { "0", "k-1/a", 1, 1, SIZE },
	    { "0", "k-1/b", 2, 1, SIZE / 2 },
	    { "1", "k-2/a", 1, 2, SIZE } },
	  { -1, -1 },
	  "more to decode for the base than for the package" },
};

static void make(struct groups *g, size_t row)
{
	struct err err = { 0 };
	for (size_t i = 0; i < 6 && cases[row].contents[i].packages; i++) {
		const struct content *c = &cases[row].contents[i];
		char name[16];
		uint8_t digest[SHA256_SIZE] = { (uint8_t)(i * 40), (uint8_t)i };
		uint32_t file;
		snprintf(name, sizeof(name), "f%zu", i);
		write_version(name, c->seed, c->version, c->size);
		for (const char *p = c->packages; *p; p++)
			assert_ok(groups_add(g, (uint32_t)(*p - '0'), digest, c->size, c->path,
					     name, &file, &err));
	}
	assert_ok(groups_sort(g, &err));
}

static void test_bases(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = { 0 };
		AUTO(groups_done) struct groups g = { 0 };
		make(&g, i);
		assert_ok(families_find(&g, &err));
		for (size_t k = 0; k < g.run_count; k++) {
			int base = g.runs[k].base == GROUP_NONE ? -1 : (int)g.runs[k].base;
			if (base != cases[i].bases[k])
				fail_msg("%s: run %zu has base %d", cases[i].why, k, base);
		}
	}
}

/* A file that went away since it was verified. */
static void test_missing(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(groups_done) struct groups g = { 0 };
	make(&g, 0);
	unlink("f1");
	assert_fails(families_find(&g, &err), ERR_SYSTEM, "f1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bases),
		cmocka_unit_test(test_missing),
	};
	return cmocka_run_group_tests(tests, enter_temp_dir, leave_temp_dir);
}
