/* SPDX-License-Identifier: MIT */
/* test_lzma2.c - a block decodes to exactly what was promised, or not at all. */
#include "support.h"

#include <lzma.h>

#include "lzma2.h"

#define RAW_SIZE 100000
#define MARGIN 64

static uint8_t original[RAW_SIZE];

/* Calls to one place, as code has them: what a branch filter is for. */
static void fill(void)
{
	uint32_t x = 1;
	for (size_t i = 0; i < RAW_SIZE; i++) {
		x = x * 1664525u + 1013904223u;
		original[i] = (uint8_t)(x >> 28);
	}
	for (size_t i = 0; i + 8 <= RAW_SIZE; i += 40) {
		uint32_t distance = 0x20000 - (uint32_t)i;
		original[i] = 0xe8;
		for (size_t k = 0; k < 4; k++)
			original[i + 1 + k] = (uint8_t)(distance >> 8 * k);
	}
}

static const lzma_vli branches[] = { 0, LZMA_FILTER_X86, LZMA_FILTER_ARM64 };

static size_t compress(enum lzma2_filter filter, const uint8_t *raw, size_t n, uint32_t dictionary,
		       uint8_t *out, size_t max)
{
	lzma_options_lzma options;
	assert_false(lzma_lzma_preset(&options, 6));
	options.dict_size = dictionary;
	lzma_filter chain[3] = { { .id = LZMA_VLI_UNKNOWN } };
	size_t count = 0, size = 0;
	if (filter != LZMA2_PLAIN)
		chain[count++].id = branches[filter];
	chain[count++] = (lzma_filter) { .id = LZMA_FILTER_LZMA2, .options = &options };
	chain[count].id = LZMA_VLI_UNKNOWN;
	assert_int_equal(lzma_raw_buffer_encode(chain, NULL, raw, n, out, &size, max), LZMA_OK);
	return size;
}

static const struct {
	enum lzma2_filter made, read;
	size_t raw_size; /* what decoding is asked for */
	int tail;        /* bytes more (zeros) or fewer than there are */
	bool good, same;
	const char *why;
} cases[] = {
	{ LZMA2_PLAIN, LZMA2_PLAIN, RAW_SIZE, 0, true, true, "without a filter" },
	{ LZMA2_X86, LZMA2_X86, RAW_SIZE, 0, true, true, "x86" },
	{ LZMA2_ARM64, LZMA2_ARM64, RAW_SIZE, 0, true, true, "ARM64" },
	{ LZMA2_X86, LZMA2_PLAIN, RAW_SIZE, 0, true, false, "a filter forgotten" },
	{ LZMA2_PLAIN, LZMA2_X86, RAW_SIZE, 0, true, false, "a filter too many" },
	{ LZMA2_PLAIN, LZMA2_PLAIN, RAW_SIZE - 1, 0, false, false, "one byte less is promised" },
	{ LZMA2_PLAIN, LZMA2_PLAIN, RAW_SIZE + 1, 0, false, false, "one byte more is promised" },
	{ LZMA2_X86, LZMA2_X86, RAW_SIZE - 1, 0, false, false, "one byte less, filtered" },
	{ LZMA2_X86, LZMA2_X86, RAW_SIZE + 1, 0, false, false, "one byte more, filtered" },
	{ LZMA2_PLAIN, LZMA2_PLAIN, 0, 0, false, false, "nothing is promised" },
	{ LZMA2_PLAIN, LZMA2_PLAIN, RAW_SIZE, -1, false, false, "no end marker" },
	{ LZMA2_PLAIN, LZMA2_PLAIN, RAW_SIZE, -100, false, false, "cut" },
	{ LZMA2_PLAIN, LZMA2_PLAIN, RAW_SIZE, 1, false, false, "a byte behind the end" },
	{ LZMA2_ARM64, LZMA2_ARM64, RAW_SIZE, 1, false, false, "a byte behind, filtered" },
	{ LZMA2_PLAIN, LZMA2_PLAIN, RAW_SIZE, -1000000, false, false, "no bytes" },
};

static void test_decode(void **state)
{
	(void)state;
	static uint8_t stored[RAW_SIZE], raw[RAW_SIZE + 1 + MARGIN];
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = { 0 };
		memset(stored, 0, sizeof(stored));
		memset(raw, 0xaa, sizeof(raw));
		size_t n = compress(cases[i].made, original, RAW_SIZE, RAW_SIZE, stored,
				    sizeof(stored));
		n = cases[i].tail < -(int)n ? 0 : n + (size_t)cases[i].tail;
		bool good = lzma2_decode((struct slice) { stored, n }, cases[i].read, raw,
					 cases[i].raw_size, &err);
		if (good != cases[i].good || (!good && err.code != ERR_FORMAT))
			fail_msg("%s: %s", cases[i].why, good ? "accepted" : err.msg);
		if (good && (memcmp(raw, original, RAW_SIZE) == 0) != cases[i].same)
			fail_msg("%s: the contents", cases[i].why);
		for (size_t k = 0; k < MARGIN; k++)
			assert_int_equal(raw[cases[i].raw_size + k], 0xaa);
	}
}

static void test_filters_pay(void **state)
{
	(void)state;
	static uint8_t stored[RAW_SIZE];
	size_t plain = compress(LZMA2_PLAIN, original, RAW_SIZE, RAW_SIZE, stored, RAW_SIZE);
	size_t x86 = compress(LZMA2_X86, original, RAW_SIZE, RAW_SIZE, stored, RAW_SIZE);
	assert_true(x86 < plain - plain / 20);
}

/* A match from the last byte to the first: further back than the dictionary, and not. */
static void test_dictionary(void **state)
{
	(void)state;
	static uint8_t stored[2 * RAW_SIZE], twice[2 * RAW_SIZE], raw[2 * RAW_SIZE];
	memcpy(twice, original, RAW_SIZE);
	memcpy(twice + RAW_SIZE, original, RAW_SIZE);
	size_t n =
		compress(LZMA2_PLAIN, twice, sizeof(twice), sizeof(twice), stored, sizeof(stored));
	struct slice s = { stored, n };
	struct err err = { 0 };
	assert_ok(lzma2_decode(s, LZMA2_PLAIN, raw, sizeof(raw), &err));
	assert_memory_equal(raw, twice, sizeof(raw));
	assert_int_equal(lzma2_dictionary(sizeof(raw)), sizeof(raw));
	assert_int_equal(lzma2_dictionary(1), LZMA2_DICTIONARY_MIN);
}

static void test_every_cut_and_flip(void **state)
{
	(void)state;
	static const uint8_t text[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabcabcabcabcabcabc";
	uint8_t stored[256], raw[sizeof(text) + MARGIN];
	for (enum lzma2_filter f = LZMA2_PLAIN; f <= LZMA2_ARM64; f++) {
		size_t n = compress(f, text, sizeof(text), LZMA2_DICTIONARY_MIN, stored,
				    sizeof(stored));
		for (size_t i = 0; i < n * 8; i++) {
			memset(raw, 0xaa, sizeof(raw));
			stored[i / 8] ^= (uint8_t)(1u << (i % 8));
			/* Other content may come out, since a digest guards it; never more. */
			(void)!lzma2_decode((struct slice) { stored, n }, f, raw, sizeof(text),
					    NULL);
			(void)!lzma2_decode((struct slice) { stored, i / 8 }, f, raw, sizeof(text),
					    NULL);
			stored[i / 8] ^= (uint8_t)(1u << (i % 8));
			for (size_t k = 0; k < MARGIN; k++)
				assert_int_equal(raw[sizeof(text) + k], 0xaa);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_filters_pay),
		cmocka_unit_test(test_dictionary),
		cmocka_unit_test(test_every_cut_and_flip),
	};
	fill();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
