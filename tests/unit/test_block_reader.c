/* SPDX-License-Identifier: MIT */
/* test_block_reader.c - blocks are the same, whoever decodes them and whatever was expected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support_bundle.h"

#define BLOCKS 12
#define RAW_SIZE (9u << 20) /* of the largest: seven of these are more than the reader holds */

/* A bundle of which only blocks are read: a table, places and a source. */
struct fixture {
	struct bundle b;
	struct block records[BLOCKS];
	uint64_t places[BLOCKS];
	struct buf file;
	uint8_t *raw[BLOCKS];
	uint64_t reads;
};

static bool read_file(void *ctx, uint64_t offset, void *out, size_t len, struct err *err)
{
	struct fixture *f = ctx;
	(void)err;
	memcpy(out, f->file.p + offset, len);
	return true;
}

static const struct {
	size_t size;
	uint32_t prefix; /* plus one */
	bool stored;
} shapes[BLOCKS] = {
	{ RAW_SIZE, 0, false }, { 1000, 0, true },          { RAW_SIZE, 1, false },
	{ RAW_SIZE, 1, false }, { RAW_SIZE - 1, 0, false }, { 5, 2, false },
	{ RAW_SIZE, 5, false }, { RAW_SIZE, 1, false },     { 70000, 0, false },
	{ 70000, 9, false },    { RAW_SIZE, 0, false },     { 1, 0, true },
};

static uint8_t *make_raw(uint32_t i)
{
	uint8_t *p = malloc(shapes[i].size);
	assert_non_null(p);
	for (size_t k = 0; k < shapes[i].size; k++)
		p[k] = (uint8_t)(k / 64 + (k % 4096 == 0 ? i : 0));
	return p;
}

static struct slice encode(const struct fixture *f, uint32_t i, uint8_t *out, size_t max)
{
	ZSTD_CCtx *ctx = ZSTD_createCCtx();
	assert_non_null(ctx);
	ZSTD_CCtx_setParameter(ctx, ZSTD_c_windowLog, 25);
	ZSTD_CCtx_setParameter(ctx, ZSTD_c_compressionLevel, 1);
	if (shapes[i].prefix) {
		uint32_t p = shapes[i].prefix - 1;
		assert_false(ZSTD_isError(ZSTD_CCtx_refPrefix(ctx, f->raw[p], shapes[p].size)));
	}
	size_t n = ZSTD_compress2(ctx, out, max, f->raw[i], shapes[i].size);
	assert_false(ZSTD_isError(n));
	ZSTD_freeCCtx(ctx);
	return (struct slice) { out, n };
}

static void fixture_make(struct fixture *f, struct parallel *parallel)
{
	size_t max = ZSTD_compressBound(RAW_SIZE);
	AUTO(auto_free) uint8_t *buffer = malloc(max);
	*f = (struct fixture) { .file = BUF_INIT(64u << 20) };
	for (uint32_t i = 0; i < BLOCKS; i++) {
		f->raw[i] = make_raw(i);
		struct slice s = { f->raw[i], shapes[i].size };
		if (!shapes[i].stored)
			s = encode(f, i, buffer, max);
		f->records[i] =
			(struct block) { .stored_size = s.len,
					 .raw_size = shapes[i].size,
					 .codec = shapes[i].stored ? BLOCK_STORED : BLOCK_ZSTD,
					 .prefix = shapes[i].prefix };
		must(sha256_of(s, f->records[i].sha256, why));
		f->places[i] = f->file.len;
		buf_add(&f->file, s.p, s.len);
	}
	f->b = (struct bundle) {
		.table = { .blocks = f->records, .count = BLOCKS, .group_count = 1 },
		.places = f->places,
		.files = calloc(BLOCKS, sizeof(uint16_t)),
		.src = { "test.run", f->file.len, f, read_file },
		.reader.parallel = parallel,
	};
}

static void fixture_done(struct fixture *f)
{
	block_reader_done(&f->b.reader);
	free(f->b.files);
	buf_done(&f->file);
	for (size_t i = 0; i < BLOCKS; i++)
		free(f->raw[i]);
}

static uint64_t held(const struct fixture *f)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < BLOCK_READER_SLOTS; i++)
		if (f->b.reader.slots[i].block)
			sum += f->records[f->b.reader.slots[i].block - 1].raw_size;
	return sum;
}

static void read_and_compare(struct fixture *f, uint32_t i)
{
	struct slice raw;
	must(bundle_read_block(&f->b, i, &raw, why));
	assert_int_equal(raw.len, shapes[i].size);
	assert_memory_equal(raw.p, f->raw[i], raw.len);
	assert_true(held(f) <= BLOCK_READER_MEMORY + RAW_SIZE);
}

static const struct {
	uint32_t expected[BLOCKS + 1], read[2 * BLOCKS]; /* end with BLOCKS */
	const char *why;
} rows[] = {
	{ { BLOCKS }, { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, BLOCKS }, "nothing expected" },
	{ { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, BLOCKS },
	  { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, BLOCKS },
	  "all in order" },
	{ { 2, 3, 6, 7, 9, BLOCKS }, { 2, 3, 6, 7, 9, BLOCKS }, "those with a prefix alone" },
	{ { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, BLOCKS },
	  { 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, BLOCKS },
	  "backward, against what was expected" },
	{ { 0, 4, 10, BLOCKS },
	  { 2, 2, 0, 2, 7, 0, 6, 4, 6, 11, 11, 5, BLOCKS },
	  "others, and again and again" },
};

static void test_order(void **state)
{
	(void)state;
	for (unsigned threads = 0; threads <= 3; threads++) {
		AUTO(auto_parallel) struct parallel *p = threads ? parallel_new(threads) : NULL;
		for (size_t i = 0; i < COUNT_OF(rows); i++) {
			struct fixture f;
			fixture_make(&f, p);
			size_t n = 0;
			while (rows[i].expected[n] < BLOCKS)
				n++;
			must(block_reader_expect(&f.b, rows[i].expected, n, why));
			for (n = 0; rows[i].read[n] < BLOCKS; n++)
				read_and_compare(&f, rows[i].read[n]);
			fixture_done(&f);
		}
	}
}

/* Left behind with blocks under way. */
static void test_left_behind(void **state)
{
	(void)state;
	AUTO(auto_parallel) struct parallel *p = parallel_new(2);
	struct fixture f;
	fixture_make(&f, p);
	must(block_reader_expect(&f.b, rows[1].expected, BLOCKS, why));
	read_and_compare(&f, 0);
	fixture_done(&f);
}

/* A block that is damaged is an error when it is asked for, and for those that need it. */
static void test_damage(void **state)
{
	(void)state;
	for (unsigned threads = 0; threads <= 2; threads += 2) {
		AUTO(auto_parallel) struct parallel *p = threads ? parallel_new(threads) : NULL;
		struct fixture f;
		struct slice raw;
		fixture_make(&f, p);
		f.file.p[f.places[4]] ^= 1;
		must(block_reader_expect(&f.b, rows[1].expected, BLOCKS, why));
		for (uint32_t i = 0; i < BLOCKS; i++) {
			struct err err = { 0 };
			if (i == 4 || i == 6) {
				assert_false(bundle_read_block(&f.b, i, &raw, &err));
				assert_int_equal(err.code, ERR_DIGEST);
				assert_non_null(strstr(err.msg, "block 4"));
			} else {
				read_and_compare(&f, i);
			}
		}
		fixture_done(&f);
	}
}

/* What is not here is not expected either. */
static void test_not_here(void **state)
{
	(void)state;
	AUTO(auto_parallel) struct parallel *p = parallel_new(2);
	struct fixture f;
	struct slice raw;
	struct err err = { 0 };
	fixture_make(&f, p);
	f.places[0] = BLOCK_NOT_HERE;
	must(block_reader_expect(&f.b, rows[1].expected, BLOCKS, why));
	read_and_compare(&f, 1);
	assert_false(bundle_read_block(&f.b, 2, &raw, &err));
	assert_int_equal(err.code, ERR_MISSING_BLOCK);
	read_and_compare(&f, 4);
	fixture_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_left_behind),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_not_here),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
