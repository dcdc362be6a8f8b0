/* SPDX-License-Identifier: MIT */
/* test_missing.c - what of a package is not here, by which block was left out. */
#include "support_bundle.h"

#include "missing.h"
#include "recipe.h"
#include "remake.h"

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

/* Beta's file is made by a recipe from what lies in block 1: none of its own pieces does. */
static void make_beta(struct test_parts *p)
{
	uint64_t size = strlen(TEST_HALF_2);
	AUTO(buf_done) struct buf copy = BUF_INIT(100);
	recipe_write(&(struct recipe_op) { .kind = RECIPE_COPY, .length = size }, &copy);
	struct tree_entry data = test_file("data", TEST_HALF_2, 1);
	data.recipe = 1;
	struct tree_piece pieces[] = { { TREE_PIECE_MADE, 1, size }, { 1, 0, size } };
	struct tree_recipe recipes[] = {
		{ .kind = RECIPE_OPERATIONS, .parameters = buf_slice(&copy), .size = size },
		{ .kind = RECIPE_OPERATIONS,
		  .parameters = buf_slice(&copy),
		  .size = size,
		  .input_size = size,
		  .first_piece = 1,
		  .piece_count = 1 },
	};
	struct tree tree = { .entries = &data,
			     .entry_count = 1,
			     .pieces = pieces,
			     .piece_count = 2,
			     .recipes = recipes,
			     .recipe_count = 2 };
	p->trees[1].len = 0;
	tree_write(&tree, &p->trees[1]);
	parts_add_catalog(p, "1,2");
	/* and what it costs to make, before its title */
	struct remake_cost cost;
	must(remake_measure(&tree, &cost, why));
	AUTO(auto_free) char *before = strndup(buf_str(&p->catalog), p->catalog.len);
	char *title = before ? strstr(before, "\"title\":\"beta\"") : NULL;
	assert_non_null(title);
	p->catalog.len = 0;
	buf_printf(
		&p->catalog,
		"%.*s\"remake\":{\"bytes\":%llu,\"cpu_seconds\":0,\"files\":1,\"memory\":%llu},%s",
		(int)(title - before), before, (unsigned long long)cost.bytes,
		(unsigned long long)cost.memory, title);
}

/* The bundle of support_bundle.h: alpha is package 0 (blocks 0, 1, 2), beta package 1 (1, 3). */
static void test_find(void **state)
{
	(void)state;
	static const struct {
		const char *left_out;             /* block numbers, one digit each */
		enum { PLAIN, PREFIX, MADE } how; /* PREFIX: block 1 against 0, 3 against 2 */
		size_t package;
		uint32_t blocks, needed;
		const char *ranges, *why;
	} rows[] = {
		{ "", PLAIN, 0, 0, 3, "", "a whole bundle" },
		{ "0", PLAIN, 0, 1, 3, ": 0", "one half of its file" },
		{ "0", PLAIN, 1, 0, 2, "", "another package's" },
		{ "1", PLAIN, 0, 1, 3, ": 1", "a shared block" },
		{ "1", PLAIN, 1, 1, 2, ": 1", "the same for the other package" },
		{ "2", PLAIN, 0, 1, 3, ": 2", "its tree: all of its groups count" },
		{ "012", PLAIN, 0, 3, 3, ": 0 to 2", "a range" },
		{ "02", PLAIN, 0, 2, 3, ": 0, 2", "two ranges" },
		{ "3", PLAIN, 0, 0, 3, "", "a tree that it does not need" },
		{ "0", PREFIX, 1, 1, 4, ": 0", "a prefix" },
		{ "2", PREFIX, 1, 1, 4, ": 2", "its tree's prefix" },
		{ "1", MADE, 1, 1, 2, ": 1", "what its file is made from" },
		{ "0", MADE, 1, 0, 2, "", "what it is not made from" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct test_parts p;
		struct test_bundle t;
		struct missing m;
		char text[MISSING_TEXT_SIZE];
		parts_make(&p, true, -1);
		for (const char *c = rows[i].left_out; *c; c++)
			p.left_out[*c - '0'] = true;
		if (rows[i].how == MADE)
			make_beta(&p);
		p.blocks.len = 0;
		parts_add_block(&p, 0, slice_str(TEST_HALF_1), BLOCK_ZSTD, 0);
		parts_add_block(&p, 1, slice_str(TEST_HALF_2), BLOCK_STORED, 1);
		parts_add_block(&p, 2, buf_slice(&p.trees[0]), BLOCK_ZSTD, 0);
		parts_add_block(&p, 3, buf_slice(&p.trees[1]), BLOCK_ZSTD, 2);
		if (rows[i].how == PREFIX)
			parts_use_prefix(&p, "0,1,2");
		parts_join(&p, &alice, 1, &t);
		AUTO(bundle_close) struct bundle b = { 0 };
		must(bundle_open(&t.source, &plain, &b, why));
		must(missing_find(&b, rows[i].package, false, &m, why));
		missing_text(&m, text);
		if (m.blocks != rows[i].blocks || m.needed != rows[i].needed ||
		    (m.blocks && !strstr(text, rows[i].ranges)))
			fail_msg("row %zu: %s: %s", i, rows[i].why, text);
		uint64_t bytes = 0;
		for (const char *c = m.blocks ? rows[i].left_out : ""; *c; c++)
			bytes += p.records[*c - '0'].stored_size;
		assert_int_equal(m.bytes, bytes);
		struct err err = { 0 };
		if (missing_check(&b, rows[i].package, false, &err) != (m.blocks == 0))
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
