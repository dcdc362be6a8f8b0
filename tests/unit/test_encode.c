/* SPDX-License-Identifier: MIT */
/* test_encode.c - which codec a block gets, and that it gives the block back. */
#include "encode.h"
#include "support.h"

#define SIZE 200000

enum content { NOISE, TEXT, ZEROS, NIBBLES, CALLS };

static void fill(enum content content, unsigned seed, uint8_t *out)
{
	static const char *const words[] = { "module ", "device ", "queue ", "port ",
					     "verbs ",  "driver ", "link ",  "\n" };
	uint32_t x = seed;
	size_t n = 0;
	while (n < SIZE) {
		x = x * 1664525u + 1013904223u;
		if (content == TEXT) {
			const char *w = words[x >> 29];
			for (; *w && n < SIZE; w++)
				out[n++] = (uint8_t)*w;
		} else if (content == CALLS && n % 20 == 0 && n + 5 <= SIZE) {
			uint32_t distance = 0x40000 - (uint32_t)n; /* all to one place */
			out[n++] = 0xe8;
			for (size_t k = 0; k < 4; k++)
				out[n++] = (uint8_t)(distance >> 8 * k);
		} else {
			out[n++] = content == ZEROS
					   ? 0
					   : (uint8_t)(x >> (content >= NIBBLES ? 28 : 24));
		}
	}
}

/* One block after another in the same shape: byte 10 of every 5000 differs. */
static void make_like(const uint8_t *raw, uint8_t *out)
{
	memcpy(out, raw, SIZE);
	for (size_t i = 10; i < SIZE; i += 5000)
		out[i] ^= 0xff;
}

enum prefix { NO_PREFIX, LIKE, OTHER };

static const struct {
	enum content content;
	enum content_kind kind;
	enum prefix prefix;
	struct encode_options options;
	enum block_codec codec;
	bool with_prefix;
	const char *why;
} cases[] = {
	{ NOISE, CONTENT_DATA, NO_PREFIX, { 19, ENCODE_BALANCED }, BLOCK_STORED, false, "noise" },
	{ NOISE,
	  CONTENT_X86,
	  NO_PREFIX,
	  { 19, ENCODE_SIZE },
	  BLOCK_STORED,
	  false,
	  "noise as code" },
	{ NOISE,
	  CONTENT_DATA,
	  LIKE,
	  { 19, ENCODE_BALANCED },
	  BLOCK_ZSTD,
	  true,
	  "noise, seen before" },
	{ NOISE,
	  CONTENT_DATA,
	  OTHER,
	  { 19, ENCODE_BALANCED },
	  BLOCK_STORED,
	  false,
	  "noise after other noise" },
	{ TEXT, CONTENT_DATA, NO_PREFIX, { 19, ENCODE_BALANCED }, BLOCK_ZSTD, false, "text" },
	{ TEXT,
	  CONTENT_DATA,
	  NO_PREFIX,
	  { 3, ENCODE_BALANCED },
	  BLOCK_ZSTD,
	  false,
	  "a fast level" },
	{ TEXT,
	  CONTENT_DATA,
	  NO_PREFIX,
	  { 1, ENCODE_SIZE },
	  BLOCK_ZSTD,
	  false,
	  "the fastest level" },
	{ TEXT, CONTENT_DATA, NO_PREFIX, { 0, ENCODE_SIZE }, BLOCK_STORED, false, "no level" },
	{ TEXT, CONTENT_DATA, LIKE, { 0, ENCODE_SIZE }, BLOCK_STORED, false, "no level, a prefix" },
	{ TEXT,
	  CONTENT_DATA,
	  LIKE,
	  { 19, ENCODE_BALANCED },
	  BLOCK_ZSTD,
	  true,
	  "text, seen before" },
	{ TEXT, CONTENT_DATA, LIKE, { 3, ENCODE_SPEED }, BLOCK_ZSTD, true, "at a fast level" },
	{ TEXT,
	  CONTENT_DATA,
	  OTHER,
	  { 19, ENCODE_SPEED },
	  BLOCK_ZSTD,
	  false,
	  "a prefix that does not pay" },
	{ CALLS, CONTENT_X86, NO_PREFIX, { 19, ENCODE_BALANCED }, BLOCK_LZMA2_X86, false, "code" },
	{ CALLS,
	  CONTENT_X86,
	  NO_PREFIX,
	  { 19, ENCODE_SPEED },
	  BLOCK_ZSTD,
	  false,
	  "code, for speed" },
	{ CALLS,
	  CONTENT_X86,
	  NO_PREFIX,
	  { 3, ENCODE_BALANCED },
	  BLOCK_ZSTD,
	  false,
	  "code at a fast level" },
	{ CALLS,
	  CONTENT_OBJECT,
	  NO_PREFIX,
	  { 19, ENCODE_BALANCED },
	  BLOCK_LZMA2,
	  false,
	  "objects, without a filter" },
	{ NIBBLES,
	  CONTENT_X86,
	  NO_PREFIX,
	  { 19, ENCODE_BALANCED },
	  BLOCK_ZSTD,
	  false,
	  "noise of four bits as code, where LZMA2 gains less than it has to" },
	{ ZEROS,
	  CONTENT_OBJECT,
	  NO_PREFIX,
	  { 19, ENCODE_BALANCED },
	  BLOCK_ZSTD,
	  false,
	  "zeros as objects, where LZMA2 is larger than what the probe makes" },
	{ CALLS, CONTENT_X86, LIKE, { 19, ENCODE_SIZE }, BLOCK_ZSTD, true, "code, seen before" },
	{ ZEROS, CONTENT_DATA, NO_PREFIX, { 19, ENCODE_BALANCED }, BLOCK_ZSTD, false, "zeros" },
};

static void check(size_t i)
{
	static uint8_t raw[SIZE], prefix[SIZE], back[SIZE];
	struct err err = { 0 };
	struct encoded e;
	AUTO(auto_free) uint8_t *buffer = malloc(encode_buffer_size(SIZE));
	fill(cases[i].content, 1, raw);
	if (cases[i].prefix == LIKE)
		make_like(raw, prefix);
	else
		fill(cases[i].content, 2, prefix);
	struct slice p = { prefix, cases[i].prefix == NO_PREFIX ? 0 : SIZE };
	assert_ok(encode_block(&cases[i].options, cases[i].kind, (struct slice) { raw, SIZE }, p,
			       buffer, &e, &err));
	if (e.codec != cases[i].codec || e.with_prefix != cases[i].with_prefix)
		fail_msg("%s: %s%s", cases[i].why, block_codec_name(e.codec),
			 e.with_prefix ? " with prefix" : "");
	struct block b = { .codec = e.codec, .raw_size = SIZE, .stored_size = e.stored.len };
	assert_ok(block_decode(&b, e.stored, e.with_prefix ? p : (struct slice) { 0 }, back, &err));
	assert_memory_equal(back, raw, SIZE);
}

static void test_choice(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		check(i);
}

/* The smaller of both, whichever that is. */
static void test_size_is_never_larger(void **state)
{
	(void)state;
	static uint8_t raw[SIZE];
	AUTO(auto_free) uint8_t *buffer = malloc(encode_buffer_size(SIZE));
	for (enum content c = NOISE; c <= CALLS; c++) {
		for (enum content_kind k = CONTENT_DATA; k < CONTENT_KINDS; k++) {
			struct err err = { 0 };
			struct encode_options o = { .level = 19, .goal = ENCODE_SPEED };
			struct encoded e;
			fill(c, 1, raw);
			struct slice s = { raw, SIZE }, none = { 0 };
			assert_ok(encode_block(&o, k, s, none, buffer, &e, &err));
			size_t speed = e.stored.len;
			o.goal = ENCODE_SIZE;
			assert_ok(encode_block(&o, k, s, none, buffer, &e, &err));
			assert_true(e.stored.len <= speed);
		}
	}
}

static void test_goals(void **state)
{
	(void)state;
	enum encode_goal goal;
	for (enum encode_goal g = ENCODE_BALANCED; g <= ENCODE_SPEED; g++) {
		assert_true(encode_goal_parse(encode_goal_name(g), &goal));
		assert_int_equal(goal, g);
	}
	assert_false(encode_goal_parse("fast", &goal));
	assert_false(encode_goal_parse("", &goal));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_size_is_never_larger),
		cmocka_unit_test(test_goals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
