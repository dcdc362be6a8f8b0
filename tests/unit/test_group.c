/* SPDX-License-Identifier: MIT */
#include "group.h"
#include "support.h"

/* A digest that is as good as any for grouping. */
static void fake_digest(uint8_t out[SHA256_SIZE], unsigned n)
{
	memset(out, 0, SHA256_SIZE);
	out[0] = (uint8_t)(n * 37);
	out[1] = (uint8_t)n;
}

static uint32_t add(struct groups *g, uint32_t package, unsigned content, uint64_t size,
		    const char *path)
{
	struct err err = { 0 };
	uint8_t digest[SHA256_SIZE];
	uint32_t file = UINT32_MAX;
	fake_digest(digest, content);
	assert_ok(groups_add(g, package, digest, size, path, "from", &file, &err));
	return file;
}

/* In blocks of @target, no run like another. */
static bool finish(struct groups *g, uint64_t target, struct err *err)
{
	return groups_sort(g, err) && groups_cut(g, target, err);
}

static void test_groups_are_sets_of_packages(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct groups g = { 0 };
	uint32_t shared = add(&g, 0, 1, 100, "shared");
	uint32_t first = add(&g, 0, 2, 50, "only-first");
	assert_int_equal(add(&g, 0, 1, 100, "shared-again"), shared);
	assert_int_equal(add(&g, 1, 1, 100, "shared"), shared);
	uint32_t second = add(&g, 1, 3, 70, "only-second");
	uint32_t empty = add(&g, 1, 4, 0, "empty");
	assert_ok(finish(&g, 1000, &err));

	assert_int_equal(g.file_count, 4);
	assert_int_equal(g.order_count, 3); /* not the empty one */
	assert_int_equal(g.group_count, 3);
	/* {0}, {0,1}, {1}: by the packages' numbers */
	assert_int_equal(g.files[first].group, 0);
	assert_int_equal(g.files[shared].group, 1);
	assert_int_equal(g.files[second].group, 2);
	assert_int_equal(g.groups[1].package_count, 2);
	assert_int_equal(g.files[empty].package_count, 1);
	assert_int_equal(g.block_count, 3);
	groups_done(&g);
}

static void test_near_duplicates_are_neighbours(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct groups g = { 0 };
	uint32_t a = add(&g, 0, 1, 10, "lib/6.1.0-40/mlx5.ko");
	uint32_t other = add(&g, 0, 2, 10, "lib/6.1.0-40/nfs.ko");
	uint32_t b = add(&g, 0, 3, 10, "lib/6.1.0-41/mlx5.ko");
	assert_ok(finish(&g, 1000, &err));
	assert_int_equal(g.files[a].offset + g.files[b].offset, 10);
	assert_int_equal(g.files[other].offset, 20);
	groups_done(&g);
}

static void test_blocks(void **state)
{
	(void)state;
	static const struct {
		uint64_t size, target;
		uint32_t blocks;
		uint64_t block_size;
		const char *why;
	} cases[] = {
		{ 1, 1000, 1, 1, "however small, one block" },
		{ 1000, 1000, 1, 1000, "exactly one" },
		{ 1001, 1000, 2, 501, "two of the same size rather than one and a crumb" },
		{ 1999, 1000, 2, 1000, "nearly two" },
		{ 10000, 1000, 10, 1000, "many" },
		{ 5, 1, 5, 1, "a block a byte" },
		{ UINT64_C(5) << 30, 16u << 20, 320, 16u << 20, "more than 4 GiB" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = { 0 };
		struct groups g = { 0 };
		uint32_t f = add(&g, 0, 1, cases[i].size, "x");
		assert_ok(finish(&g, cases[i].target, &err));
		if (g.block_count != cases[i].blocks || g.blocks[0].size != cases[i].block_size)
			fail_msg("%s: %u blocks of %llu", cases[i].why, g.block_count,
				 (unsigned long long)g.blocks[0].size);
		uint64_t sum = 0;
		for (uint32_t b = 0; b < g.block_count; b++)
			sum += g.blocks[b].size;
		assert_int_equal(sum, cases[i].size);
		uint64_t at = 0;
		for (uint32_t b = 0; at < cases[i].size; b++) {
			struct group_piece p = groups_piece(&g, f, at);
			assert_int_equal(p.block, b);
			assert_int_equal(p.offset, 0);
			at += p.length;
		}
		groups_done(&g);
	}
}

static const struct {
	const char *a, *b;
	bool same;
	const char *why;
} paths[] = {
	{ "lib/modules/6.1.0-55-amd64/x.ko", "lib/modules/6.1.0-56-amd64/x.ko", true, "ABI" },
	{ "lib/modules/6.1.0-55-amd64/x.ko", "lib/modules/6.12.117+deb13-amd64/x.ko", true,
	  "more in the version" },
	{ "lib/modules/6.1.0-55-amd64/x.ko", "lib/modules/6.1.0-55-arm64/x.ko", true,
	  "architecture" },
	{ "usr/lib/x86_64-linux-gnu/libx.so.1", "usr/lib/aarch64-linux-gnu/libx.so.1.2.3", true,
	  "the architecture's triplet" },
	{ "d/x_1:2.3-4~bpo12+1_amd64.deb", "d/x_5_arm64.deb", true, "epoch and backport" },
	{ "6.1.0-55-amd64", "6.1.0-55-cloud-amd64", false, "flavour" },
	{ "mlx4/main.ko", "mlx5/main.ko", true, "a digit is a version, wherever it is" },
	{ "a/b", "a/c", false, "other names" },
	{ "", "1", false, "nothing" },
};

static void test_paths_without_versions(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		AUTO(auto_free) char *a = path_without_versions(paths[i].a);
		AUTO(auto_free) char *b = path_without_versions(paths[i].b);
		if ((strcmp(a, b) == 0) != paths[i].same)
			fail_msg("%s: '%s' and '%s'", paths[i].why, a, b);
	}
}

/* @kind without reading a file. */
static void add_kind(struct groups *g, uint32_t package, unsigned content, uint64_t size,
		     const char *path, enum content_kind kind)
{
	uint32_t file = add(g, package, content, size, path);
	g->files[file].kind = kind;
}

static void test_runs(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct groups g = { 0 };
	add_kind(&g, 0, 1, GROUP_RUN_MIN + 5, "z", CONTENT_DATA);
	add_kind(&g, 0, 2, GROUP_RUN_MIN, "a", CONTENT_X86);
	add_kind(&g, 0, 3, GROUP_RUN_MIN - 1, "b", CONTENT_ARM64); /* too little */
	add_kind(&g, 1, 4, 100, "c", CONTENT_DATA);
	add_kind(&g, 1, 5, 50, "d", CONTENT_OBJECT);
	assert_ok(finish(&g, 1 << 30, &err));
	assert_int_equal(g.run_count, 3);
	assert_int_equal(g.block_count, 3);
	assert_int_equal(g.runs[0].kind, CONTENT_DATA);
	assert_int_equal(g.runs[1].kind, CONTENT_X86);
	assert_int_equal(g.runs[1].file_count, 2);
	assert_int_equal(g.runs[2].kind, CONTENT_DATA);
	assert_int_equal(g.runs[2].file_count, 2);
	/* Code begins at its alignment; the gap belongs to the run before. */
	assert_int_equal(g.files[1].offset % GROUP_CODE_ALIGN, 0);
	assert_int_equal(g.blocks[0].start + g.blocks[0].size, g.blocks[1].start);
	assert_int_equal(g.blocks[1].start, g.files[1].offset);
	assert_int_equal(groups_piece(&g, 2, 0).offset % GROUP_CODE_ALIGN, 0);
	groups_done(&g);
}

/* Each block of a run stands against the block of the base that holds the same paths. */
static void test_cut_as_base(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct groups g = { 0 };
	char path[32];
	for (unsigned i = 0; i < 40; i++) {
		snprintf(path, sizeof(path), "k-1/%c%c", 'a' + i / 26, 'a' + i % 26);
		add(&g, 0, i, 1000, path);
	}
	for (unsigned i = 0; i < 40; i++) {
		snprintf(path, sizeof(path), "k-2/%c%c", 'a' + i / 26, 'a' + i % 26);
		if (i != 7) /* one is gone, others have grown */
			add(&g, 1, 100 + i, 1000 + i, path);
	}
	assert_ok(groups_sort(&g, &err));
	assert_int_equal(g.run_count, 2);
	g.runs[1].base = 0;
	assert_ok(groups_cut(&g, 10000, &err));
	uint32_t n = g.runs[0].block_count;
	assert_true(n >= 4);
	assert_int_equal(g.runs[1].block_count, n);
	for (uint32_t i = 0; i < n; i++) {
		const struct group_block *b = &g.blocks[n + i];
		assert_int_equal(b->prefix, i);
		/* the first file that begins in it has the path of the base's */
		const char *base = g.files[g.order[g.blocks[i].file]].sort_key;
		assert_string_equal(g.files[g.order[b->file]].sort_key, base);
	}
	uint64_t end = 0;
	for (uint32_t i = 0; i < n; i++) {
		assert_int_equal(g.blocks[n + i].start, end);
		end += g.blocks[n + i].size;
	}
	assert_int_equal(end, g.groups[1].size);
	groups_done(&g);
}

/* What the blocks of a bundle hold: the contents that begin in each, and its size. */
static size_t list_blocks(const struct groups *g, uint64_t marks[], size_t max)
{
	assert_true(g->block_count <= max);
	memset(marks, 0, g->block_count * sizeof(*marks));
	for (uint32_t i = 0; i < g->order_count; i++) {
		const struct group_file *f = &g->files[g->order[i]];
		struct group_piece p = groups_piece(g, g->order[i], 0);
		marks[p.block] = marks[p.block] * 31 + f->sha256[0] + 256u * f->sha256[1];
	}
	for (uint32_t i = 0; i < g->block_count; i++)
		marks[i] = marks[i] * 31 + g->blocks[i].size;
	return g->block_count;
}

/* What changes in one place changes the blocks there, and leaves all others as they were. */
static void test_cuts_stay(void **state)
{
	(void)state;
	static const struct {
		unsigned gone, grown; /* numbers of files */
		uint64_t more;
		const char *why;
	} cases[] = {
		{ 500, 1000, 0, "one is gone" },
		{ 1000, 500, 37, "one has grown" },
		{ 0, 1000, 0, "the first is gone" },
		{ 999, 1000, 0, "the last is gone" },
		{ 1000, 500, 25000, "one is of three blocks now" },
	};
	enum { FILES = 1000, TARGET = 10000, MAX = 300 };
	uint64_t before[MAX], after[MAX];
	size_t n_before = 0;
	for (size_t c = 0; c <= COUNT_OF(cases); c++) {
		bool first = c == 0;
		struct err err = { 0 };
		struct groups g = { 0 };
		for (unsigned i = 0; i < FILES; i++) {
			char path[32];
			snprintf(path, sizeof(path), "d/%c%c%c", 'a' + i / 100, 'a' + i / 10 % 10,
				 'a' + i % 10);
			bool grown = !first && cases[c - 1].grown == i;
			uint8_t digest[SHA256_SIZE] = { (uint8_t)i, (uint8_t)(i >> 8), grown };
			uint64_t size = 1 + i * 7919 % 3000 + (grown ? cases[c - 1].more : 0);
			uint32_t file;
			if (first || cases[c - 1].gone != i)
				assert_ok(
					groups_add(&g, 0, digest, size, path, "from", &file, &err));
		}
		assert_ok(finish(&g, TARGET, &err));
		size_t n = list_blocks(&g, first ? before : after, MAX), other = 0, k = 0;
		if (first) {
			n_before = n;
			for (uint32_t i = 0; i < n; i++)
				assert_true(g.blocks[i].size <= TARGET);
			assert_true(n < 2 * 1500 * FILES / TARGET);
		}
		for (size_t i = 0; i < n && !first; i++) {
			for (k = 0; k < n_before && before[k] != after[i]; k++)
				;
			other += k == n_before;
		}
		if (other > 8)
			fail_msg("%s: %zu of %zu blocks", cases[c - 1].why, other, n);
		groups_done(&g);
	}
}

/* Whatever the sizes, blocks are one after the other, none is empty, and together they are all. */
static void test_cuts_cover(void **state)
{
	(void)state;
	static const enum content_kind kinds[] = { CONTENT_X86, CONTENT_DATA, CONTENT_PACKED };
	for (uint64_t target = 1; target <= 64; target++) {
		for (unsigned size = 1; size <= 64; size++) {
			struct err err = { 0 };
			struct groups g = { 0 };
			/* The second and third are too small for runs of their own: one may begin anywhere. */
			add_kind(&g, 0, 1, GROUP_RUN_MIN / 4096 + size, "a", CONTENT_X86);
			add_kind(&g, 0, 2, size, "b", kinds[size % 3]);
			add_kind(&g, 0, 3, 3 * size, "c", kinds[target % 3]);
			assert_ok(finish(&g, target, &err));
			uint64_t at = 0;
			for (uint32_t i = 0; i < g.block_count; i++) {
				assert_int_equal(g.blocks[i].start, at);
				assert_true(g.blocks[i].size > 0);
				at += g.blocks[i].size;
			}
			assert_int_equal(at, g.groups[0].size);
			groups_done(&g);
		}
	}
}

static void test_refusals(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct groups g = { 0 };
	uint8_t digest[SHA256_SIZE];
	uint32_t file;
	add(&g, 0, 1, 100, "a");
	fake_digest(digest, 1);
	assert_fails(groups_add(&g, 0, digest, 101, "b", "from-b", &file, &err), ERR_FORMAT,
		     "not the same size");
	groups_done(&g);
	add(&g, 0, 1, UINT64_C(1) << 40, "a");
	assert_fails(finish(&g, 1, &err), ERR_FORMAT, "blocks");
	groups_done(&g);
}

static void test_many_files(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct groups g = { 0 };
	for (unsigned i = 0; i < 3000; i++) {
		uint8_t digest[SHA256_SIZE] = { (uint8_t)i, (uint8_t)(i >> 8) };
		uint32_t file;
		assert_ok(groups_add(&g, i % 2, digest, 10, "x", "from", &file, &err));
		assert_int_equal(file, i);
	}
	assert_ok(finish(&g, 1 << 20, &err));
	assert_int_equal(g.group_count, 2);
	groups_done(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups_are_sets_of_packages),
		cmocka_unit_test(test_near_duplicates_are_neighbours),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_paths_without_versions),
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_cut_as_base),
		cmocka_unit_test(test_cuts_stay),
		cmocka_unit_test(test_cuts_cover),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_many_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
