/* SPDX-License-Identifier: MIT */
/* test_block.c - the block table, and where blocks are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "block.h"

#define COUNT 3
#define COPY_MAX 512

static struct block records[COUNT] = {
	{ .stored_size = 100, .raw_size = 400, .codec = BLOCK_ZSTD, .group = 0, .sha256 = { 1 } },
	{ .stored_size = 50, .raw_size = 50, .codec = BLOCK_STORED, .group = 1, .sha256 = { 2 } },
	{ .stored_size = 1, .raw_size = BLOCK_RAW_MAX, .codec = BLOCK_ZSTD, .group = 1 },
};
static const struct block_table table = { .blocks = records, .count = COUNT, .group_count = 2 };

static size_t write_table(uint8_t out[COPY_MAX])
{
	AUTO(buf_done) struct buf b = BUF_INIT(COPY_MAX);
	block_table_write(&table, &b);
	assert_true(buf_ok(&b, "table", NULL));
	memcpy(out, b.p, b.len);
	return b.len;
}

static void test_round_trip(void **state)
{
	(void)state;
	uint8_t raw[COPY_MAX];
	size_t n = write_table(raw);
	assert_int_equal(n, BLOCK_HEADER_SIZE + COUNT * BLOCK_RECORD_SIZE);
	AUTO(block_table_done) struct block_table t = { 0 };
	assert_true(block_table_parse((struct slice) { raw, n }, &t, NULL));
	assert_int_equal(t.count, COUNT);
	assert_int_equal(t.group_count, 2);
	for (size_t i = 0; i < COUNT; i++) {
		assert_int_equal(t.blocks[i].stored_size, records[i].stored_size);
		assert_int_equal(t.blocks[i].raw_size, records[i].raw_size);
		assert_memory_equal(t.blocks[i].sha256, records[i].sha256, SHA256_SIZE);
		assert_int_equal(t.blocks[i].codec, records[i].codec);
		assert_int_equal(t.blocks[i].group, records[i].group);
	}
	for (size_t cut = 0; cut < n; cut++)
		assert_false(block_table_parse((struct slice) { raw, cut }, &t, NULL));
	assert_false(block_table_parse((struct slice) { raw, n + 1 }, &t, NULL));
	assert_int_equal(t.count, COUNT); /* untouched by what failed */
}

#define RECORD(i, field) (BLOCK_HEADER_SIZE + (i)*BLOCK_RECORD_SIZE + (field))

static const struct {
	size_t at, bytes;
	uint64_t value;
	const char *text; /* in the message */
	const char *why;
} edits[] = {
	{ 0, 1, 'X', "header", "magic" },
	{ 8, 4, COUNT + 1, "bytes long", "more blocks than bytes" },
	{ 8, 4, COUNT - 1, "bytes long", "fewer blocks than bytes" },
	{ 8, 4, BLOCK_COUNT_MAX + 1, "too many", "count over the limit" },
	{ 8, 4, UINT32_MAX, "too many", "count that would wrap a size" },
	{ 12, 4, COUNT + 1, "too many", "more groups than blocks" },
	{ 16, 1, 1, "header", "reserved" },
	{ 31, 1, 1, "header", "reserved, last byte" },
	{ RECORD(0, 0), 8, 0, "size", "no stored bytes" },
	{ RECORD(0, 0), 8, BLOCK_STORED_MAX + 1, "size", "stored size over the limit" },
	{ RECORD(0, 0), 8, UINT64_MAX, "size", "stored size that would wrap" },
	{ RECORD(0, 8), 8, 0, "size", "no raw bytes" },
	{ RECORD(2, 8), 8, BLOCK_RAW_MAX + 1, "size", "raw size over the limit" },
	{ RECORD(0, 48), 4, BLOCK_CODECS, "newer ibbundle", "one codec too many" },
	{ RECORD(0, 48), 4, UINT32_MAX, "newer ibbundle", "no such codec" },
	{ RECORD(0, 48), 4, BLOCK_STORED, "sizes differ", "stored, but other sizes" },
	{ RECORD(1, 52), 4, 1, "not zstd", "a prefix of a stored block" },
	{ RECORD(0, 52), 4, 1, "not a block before", "its own prefix" },
	{ RECORD(0, 52), 4, 3, "not a block before", "a later block as prefix" },
	{ RECORD(2, 52), 4, UINT32_MAX, "not a block before", "no such block as prefix" },
	{ RECORD(1, 56), 4, 2, "group", "no such group" },
	{ RECORD(1, 60), 4, 1, "reserved", "reserved" },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		uint8_t raw[COPY_MAX];
		size_t n = write_table(raw);
		for (size_t k = 0; k < edits[i].bytes; k++)
			raw[edits[i].at + k] = (uint8_t)(edits[i].value >> 8 * k);
		AUTO(block_table_done) struct block_table t = { 0 };
		struct err err = { 0 };
		if (block_table_parse((struct slice) { raw, n }, &t, &err))
			fail_msg("row %zu: %s", i, edits[i].why);
		if (err.code != ERR_FORMAT || !strstr(err.msg, edits[i].text))
			fail_msg("row %zu: %s: '%s'", i, edits[i].why, err.msg);
	}
}

static const struct {
	uint32_t codec[4], prefix[4];
	uint64_t window; /* of the prefixes; UINT64_MAX: refused */
	const char *text, *why;
} prefixes[] = {
	{ { 1, 1, 1, 1 }, { 0, 0, 0, 0 }, 0, "", "none" },
	{ { 1, 1, 1, 1 }, { 0, 1, 1, 2 }, UINT64_MAX, "has a prefix itself", "two steps" },
	{ { 1, 1, 1, 1 }, { 0, 1, 1, 1 }, 1000, "", "all against the first" },
	{ { 0, 2, 3, 1 }, { 0, 0, 0, 3 }, 3000, "", "the prefix may have any codec" },
	{ { 1, 1, 1, 1 }, { 0, 1, 0, 3 }, 3000, "", "the largest is the window" },
	{ { 1, 2, 1, 1 }, { 0, 1, 0, 0 }, UINT64_MAX, "not zstd", "LZMA2 with a prefix" },
	{ { 1, 3, 1, 1 }, { 0, 1, 0, 0 }, UINT64_MAX, "not zstd", "with a filter" },
	{ { 1, 4, 1, 1 }, { 0, 1, 0, 0 }, UINT64_MAX, "not zstd", "with the other" },
	{ { 1, 1, 1, 1 }, { 2, 1, 0, 0 }, UINT64_MAX, "not a block before", "a cycle of two" },
	{ { 1, 1, 1, 1 }, { 0, 2, 0, 0 }, UINT64_MAX, "not a block before", "a cycle of one" },
};

static void test_prefixes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		struct block rows[4];
		for (size_t k = 0; k < 4; k++)
			rows[k] = (struct block) { .stored_size = 1000 * (k + 1),
						   .raw_size = 1000 * (k + 1),
						   .codec = prefixes[i].codec[k],
						   .prefix = prefixes[i].prefix[k] };
		AUTO(buf_done) struct buf b = BUF_INIT(COPY_MAX);
		block_table_write(
			&(struct block_table) { .blocks = rows, .count = 4, .group_count = 1 }, &b);
		AUTO(block_table_done) struct block_table t = { 0 };
		struct err err = { 0 };
		bool good = block_table_parse(buf_slice(&b), &t, &err);
		if (good != (prefixes[i].window != UINT64_MAX) ||
		    (good ? t.prefix_window != prefixes[i].window
			  : err.code != ERR_FORMAT || !strstr(err.msg, prefixes[i].text)))
			fail_msg("%s: '%s'", prefixes[i].why, err.msg);
		size_t n = 0;
		for (uint32_t k = 0; good && k < 4; k++)
			if (rows[k].prefix)
				assert_int_equal(t.with_prefix[n++], k);
		assert_int_equal(t.prefix_count, n);
	}
}

static void test_codecs(void **state)
{
	(void)state;
	static const char *const names[] = { "stored", "zstd", "lzma2", "lzma2-x86",
					     "lzma2-arm64" };
	for (uint32_t i = 0; i < BLOCK_CODECS; i++) {
		struct block b = { .codec = i, .raw_size = 1 << 20 };
		assert_string_equal(block_codec_name(i), names[i]);
		assert_int_equal(block_decode_memory(&b), i < BLOCK_LZMA2 ? 0 : 1 << 20);
	}
	assert_null(block_codec_name(BLOCK_CODECS));
	struct block tiny = { .codec = BLOCK_LZMA2, .raw_size = 1 };
	assert_int_equal(block_decode_memory(&tiny), 4096);
	struct err err = { 0 };
	struct block unknown = { .codec = BLOCK_CODECS, .raw_size = 1 };
	struct slice none = { 0 };
	uint8_t raw;
	assert_false(block_decode(&unknown, none, none, &raw, &err));
	assert_int_equal(err.code, ERR_FORMAT);
}

/* Blocks lie from 1000 to 1151. */
static const struct {
	uint64_t places[COUNT];
	bool good;
	const char *why;
} places[] = {
	{ { 1000, 1100, 1150 }, true, "all of them" },
	{ { 1000, 1100, BLOCK_NOT_HERE }, false, "the last is missing, its bytes are not" },
	{ { 999, 1100, 1150 }, false, "in the stub" },
	{ { 1001, 1101, 1151 }, false, "gap at the front" },
	{ { 1000, 1000, 1050 }, false, "overlap" },
	{ { 1000, 1101, 1151 }, false, "gap" },
	{ { 1050, 1000, 1150 }, false, "other order" },
	{ { 1000, 1100, UINT64_MAX - 1 }, false, "far outside" },
	{ { 1000, BLOCK_NOT_HERE, 1100 }, false, "bytes left over at the end" },
};

static bool parse_places(const uint64_t values[COUNT], size_t bytes, uint64_t end)
{
	AUTO(buf_done) struct buf b = BUF_INIT(COPY_MAX);
	for (size_t i = 0; i < COUNT; i++)
		buf_add_u64le(&b, values[i]);
	buf_add_u64le(&b, 0);
	AUTO(auto_free) uint64_t *out = NULL;
	struct err err = { 0 };
	bool ok = block_places_parse((struct slice) { b.p, bytes }, &table, 1000, end, &out, &err);
	if (ok)
		assert_memory_equal(out, values, COUNT * sizeof(*values));
	else
		assert_int_equal(err.code, ERR_FORMAT);
	return ok;
}

static void test_places(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (parse_places(places[i].places, 8 * COUNT, 1151) != places[i].good)
			fail_msg("row %zu: %s", i, places[i].why);
	static const uint64_t slice[COUNT] = { 1000, BLOCK_NOT_HERE, 1100 };
	static const uint64_t nothing[COUNT] = { BLOCK_NOT_HERE, BLOCK_NOT_HERE, BLOCK_NOT_HERE };
	assert_true(parse_places(slice, 8 * COUNT, 1101));
	assert_true(parse_places(nothing, 8 * COUNT, 1000));
	assert_false(parse_places(nothing, 8 * COUNT, 1001));
	assert_false(parse_places(slice, 8 * COUNT - 1, 1101));
	assert_false(parse_places(slice, 8 * COUNT + 8, 1101));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_prefixes),   cmocka_unit_test(test_codecs),
		cmocka_unit_test(test_places),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
