/* SPDX-License-Identifier: MIT */
/* test_missing.c - what of a package is not here, by which block was left out. */
#include "support_bundle.h"

#include "missing.h"

static struct test_key alice;
static const struct bundle_options plain = { .now = TEST_NOW };

static int setup(void **state)
{
	(void)state;
	alice = test_key_make("Alice", 3650);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	test_key_done(&alice);
	return 0;
}

/* The bundle of support_bundle.h: alpha is package 0 (blocks 0, 1, 2), beta package 1 (1, 3). */
static void test_find(void **state)
{
	(void)state;
	static const struct {
		const char *left_out; /* block numbers, one digit each */
		bool prefix;          /* block 1 against 0, 3 against 2 */
		size_t package;
		uint32_t blocks, needed;
		const char *ranges, *why;
	} rows[] = {
		{ "", false, 0, 0, 3, "", "a whole bundle" },
		{ "0", false, 0, 1, 3, ": 0", "one half of its file" },
		{ "0", false, 1, 0, 2, "", "another package's" },
		{ "1", false, 0, 1, 3, ": 1", "a shared block" },
		{ "1", false, 1, 1, 2, ": 1", "the same for the other package" },
		{ "2", false, 0, 1, 3, ": 2", "its tree: all of its groups count" },
		{ "012", false, 0, 3, 3, ": 0 to 2", "a range" },
		{ "02", false, 0, 2, 3, ": 0, 2", "two ranges" },
		{ "3", false, 0, 0, 3, "", "a tree that it does not need" },
		{ "0", true, 1, 1, 4, ": 0", "a prefix" },
		{ "2", true, 1, 1, 4, ": 2", "its tree's prefix" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct test_parts p;
		struct test_bundle t;
		struct missing m;
		char text[MISSING_TEXT_SIZE];
		parts_make(&p, true, -1);
		for (const char *c = rows[i].left_out; *c; c++)
			p.left_out[*c - '0'] = true;
		p.blocks.len = 0;
		parts_add_block(&p, 0, slice_str(TEST_HALF_1), BLOCK_ZSTD, 0);
		parts_add_block(&p, 1, slice_str(TEST_HALF_2), BLOCK_STORED, 1);
		parts_add_block(&p, 2, buf_slice(&p.trees[0]), BLOCK_ZSTD, 0);
		parts_add_block(&p, 3, buf_slice(&p.trees[1]), BLOCK_ZSTD, 2);
		if (rows[i].prefix)
			parts_use_prefix(&p, "0,1,2");
		parts_join(&p, &alice, 1, &t);
		AUTO(bundle_close) struct bundle b = { 0 };
		must(bundle_open(&t.source, &plain, &b, why));
		must(missing_find(&b, rows[i].package, true, &m, why));
		missing_text(&m, text);
		if (m.blocks != rows[i].blocks || m.needed != rows[i].needed ||
		    (m.blocks && !strstr(text, rows[i].ranges)))
			fail_msg("row %zu: %s: %s", i, rows[i].why, text);
		uint64_t bytes = 0;
		for (const char *c = m.blocks ? rows[i].left_out : ""; *c; c++)
			bytes += p.records[*c - '0'].stored_size;
		assert_int_equal(m.bytes, bytes);
		struct err err = { 0 };
		if (missing_check(&b, rows[i].package, true, &err) != (m.blocks == 0))
			fail_msg("row %zu: %s", i, rows[i].why);
		assert_int_equal(err.code, m.blocks ? ERR_MISSING_BLOCK : ERR_NONE);
		parts_done(&p);
		test_bundle_done(&t);
	}
}

static void test_text(void **state)
{
	(void)state;
	static const struct {
		struct missing m;
		const char *text, *why;
	} rows[] = {
		{ { 2, 1, 2000000, 1500, { { 3, 3 } }, 1 },
		  "1 of 2 blocks, 1.5 kB of 2.0 MB: 3",
		  "one" },
		{ { 90, 10, 50000000, 12340000, { { 1, 2 }, { 4, 4 }, { 6, 9 }, { 20, 20 } }, 7 },
		  "10 of 90 blocks, 12.3 MB of 50.0 MB: 1 to 2, 4, 6 to 9, 20, ...",
		  "more ranges than are named" },
		{ { UINT32_MAX,
		    UINT32_MAX,
		    UINT64_MAX,
		    UINT64_MAX,
		    { { UINT32_MAX - 7, UINT32_MAX }, { UINT32_MAX - 7, UINT32_MAX } },
		    2 },
		  "4294967295 of 4294967295 blocks, ",
		  "the largest numbers" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char text[MISSING_TEXT_SIZE];
		missing_text(&rows[i].m, text);
		if (strncmp(text, rows[i].text, strlen(rows[i].text)) != 0)
			fail_msg("row %zu: %s: '%s'", i, rows[i].why, text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_text),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
