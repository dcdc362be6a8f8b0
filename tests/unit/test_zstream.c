/* SPDX-License-Identifier: MIT */
/* test_zstream.c - a block decodes to exactly what was promised, or not at all. */
#include "support.h"

#include <zstd.h>

#include "zstream.h"

#define RAW_SIZE 100000
#define MARGIN 64

enum twist {
	AS_IS,
	NO_CONTENT_SIZE,
	CHECKSUM,
	WRONG_CHECKSUM,
	DICTIONARY,
	DICTIONARY_ID,
	EMPTY_INPUT,
	CUT,
	TRAILING,
	TWO_FRAMES,
	SKIPPABLE,
	SKIPPABLE_FIRST,
	NOT_ZSTD,
	RESERVED_BIT,
	LARGE_WINDOW,
	OWN_WINDOW,
	WIDE_WINDOW,
	HUGE_WINDOW,
	IMPOSSIBLE_WINDOW,
	FLOOD,
};

static const struct {
	const char *why;
	enum twist twist;
	size_t raw_size; /* what decoding is asked for */
	bool good;
} cases[] = {
	{ "one frame", AS_IS, RAW_SIZE, true },
	{ "with a checksum", CHECKSUM, RAW_SIZE, true },
	{ "a window that the content does not fill", LARGE_WINDOW, RAW_SIZE, true },
	{ "a window smaller than the content", OWN_WINDOW, RAW_SIZE, true },
	{ "a window larger than the content", WIDE_WINDOW, RAW_SIZE, false },
	{ "a window of 1 GiB", HUGE_WINDOW, RAW_SIZE, false },
	{ "a window of 2 TiB", IMPOSSIBLE_WINDOW, RAW_SIZE, false },
	{ "ten thousand skippable frames before the frame", FLOOD, RAW_SIZE, false },
	{ "one byte less is promised", AS_IS, RAW_SIZE - 1, false },
	{ "one byte more is promised", AS_IS, RAW_SIZE + 1, false },
	{ "nothing is promised", AS_IS, 0, false },
	{ "content size left out", NO_CONTENT_SIZE, RAW_SIZE, false },
	{ "wrong checksum", WRONG_CHECKSUM, RAW_SIZE, false },
	{ "made with a dictionary", DICTIONARY, RAW_SIZE, false },
	{ "names a dictionary", DICTIONARY_ID, RAW_SIZE, false },
	{ "no bytes", EMPTY_INPUT, RAW_SIZE, false },
	{ "no bytes, nothing promised", EMPTY_INPUT, 0, false },
	{ "last byte missing", CUT, RAW_SIZE, false },
	{ "a byte behind the frame", TRAILING, RAW_SIZE, false },
	{ "two frames", TWO_FRAMES, 2 * RAW_SIZE, false },
	{ "two frames, one promised", TWO_FRAMES, RAW_SIZE, false },
	{ "a skippable frame alone", SKIPPABLE, 0, false },
	{ "a skippable frame first", SKIPPABLE_FIRST, RAW_SIZE, false },
	{ "not zstd", NOT_ZSTD, RAW_SIZE, false },
	{ "a reserved bit of the header is set", RESERVED_BIT, RAW_SIZE, false },
};

static const struct slice none;
static uint8_t original[RAW_SIZE];

static void fill(void)
{
	uint32_t x = 1;
	for (size_t i = 0; i < RAW_SIZE; i++) {
		x = x * 1664525u + 1013904223u;
		original[i] = (uint8_t)(x >> 28); /* compresses to half */
	}
}

static size_t compress(enum twist twist, uint8_t *out, size_t max)
{
	ZSTD_CCtx *ctx = ZSTD_createCCtx();
	assert_non_null(ctx);
	ZSTD_CCtx_setParameter(ctx, ZSTD_c_contentSizeFlag, twist != NO_CONTENT_SIZE);
	ZSTD_CCtx_setParameter(ctx, ZSTD_c_checksumFlag,
			       twist == CHECKSUM || twist == WRONG_CHECKSUM);
	size_t n;
	if (twist == LARGE_WINDOW) {
		ZSTD_CCtx_setParameter(ctx, ZSTD_c_windowLog, 26);
		ZSTD_CCtx_setParameter(ctx, ZSTD_c_enableLongDistanceMatching, 1);
	}
	if (twist == OWN_WINDOW || twist == WIDE_WINDOW)
		ZSTD_CCtx_setParameter(ctx, ZSTD_c_windowLog, 10);
	if (twist == DICTIONARY)
		ZSTD_CCtx_loadDictionary(ctx, original, RAW_SIZE / 2);
	n = ZSTD_compress2(ctx, out, max, original, RAW_SIZE);
	assert_false(ZSTD_isError(n));
	ZSTD_freeCCtx(ctx);
	return n;
}

static const uint8_t skippable[] = { 0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 'x' };

/* RFC 8878, 3.1.1: a frame with one block as it is; @second is its window, or its dictionary's id. */
static size_t make_raw(uint8_t descriptor, uint8_t second, uint8_t *out)
{
	const uint8_t header[] = { 0x28, 0xb5, 0x2f, 0xfd, descriptor, second, RAW_SIZE & 0xff,
				   RAW_SIZE >> 8 & 0xff, RAW_SIZE >> 16, 0,
				   /* the last block, raw */
				   (RAW_SIZE << 3 & 0xff) | 1, RAW_SIZE >> 5 & 0xff,
				   RAW_SIZE >> 13 };
	memcpy(out, header, sizeof(header));
	memcpy(out + sizeof(header), original, RAW_SIZE);
	return sizeof(header) + RAW_SIZE;
}

#define FLOOD_FRAMES 10000

static size_t make(enum twist twist, uint8_t *out, size_t max)
{
	size_t n = compress(twist, out, max);
	switch (twist) {
	case WRONG_CHECKSUM:
		out[n - 1] ^= 1;
		return n;
	case EMPTY_INPUT:
		return 0;
	case CUT:
		return n - 1;
	case TRAILING:
		out[n] = 0;
		return n + 1;
	case TWO_FRAMES:
		memcpy(out + n, out, n);
		return 2 * n;
	case SKIPPABLE:
		memcpy(out, skippable, sizeof(skippable));
		return sizeof(skippable);
	case SKIPPABLE_FIRST:
		memmove(out + sizeof(skippable), out, n);
		memcpy(out, skippable, sizeof(skippable));
		return n + sizeof(skippable);
	case DICTIONARY_ID:
		return make_raw(0xa1, 7, out);
	case HUGE_WINDOW:
		return make_raw(0x80, 20 << 3, out);
	case IMPOSSIBLE_WINDOW:
		return make_raw(0x80, 31 << 3, out);
	case FLOOD:
		memmove(out + FLOOD_FRAMES * sizeof(skippable), out, n);
		for (size_t i = 0; i < FLOOD_FRAMES; i++)
			memcpy(out + i * sizeof(skippable), skippable, sizeof(skippable));
		return n + FLOOD_FRAMES * sizeof(skippable);
	case NOT_ZSTD:
		out[0] ^= 1;
		return n;
	case WIDE_WINDOW: /* 128 KiB; its descriptor is in place after the frame's */
		out[5] = 7 << 3;
		return n;
	case RESERVED_BIT:
		out[4] |= 8;
		return n;
	default:
		return n;
	}
}

static void test_zstream_decode(void **state)
{
	(void)state;
	size_t max = 2 * ZSTD_compressBound(RAW_SIZE);
	uint8_t *stored = malloc(max);
	uint8_t *raw = malloc(2 * RAW_SIZE + MARGIN);
	assert_non_null(stored);
	assert_non_null(raw);
	fill();
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = { 0 };
		size_t n = make(cases[i].twist, stored, max);
		memset(raw, 0xaa, 2 * RAW_SIZE + MARGIN);
		bool good = zstream_decode((struct slice) { stored, n }, none, raw,
					   cases[i].raw_size, &err);
		if (good != cases[i].good || (!good && err.code != ERR_FORMAT))
			fail_msg("%s: %s", cases[i].why, good ? "accepted" : err.msg);
		if (good)
			assert_memory_equal(raw, original, RAW_SIZE);
		for (size_t k = 0; k < MARGIN; k++)
			assert_int_equal(raw[cases[i].raw_size + k], 0xaa);
	}
	free(stored);
	free(raw);
}

/* @original against its own copy, of which a byte in 1000 differs. */
static size_t compress_with_prefix(const uint8_t *prefix, uint8_t *out, size_t max)
{
	ZSTD_CCtx *ctx = ZSTD_createCCtx();
	assert_non_null(ctx);
	ZSTD_CCtx_setParameter(ctx, ZSTD_c_windowLog, 18);
	assert_false(ZSTD_isError(ZSTD_CCtx_refPrefix(ctx, prefix, RAW_SIZE)));
	size_t n = ZSTD_compress2(ctx, out, max, original, RAW_SIZE);
	assert_false(ZSTD_isError(n));
	ZSTD_freeCCtx(ctx);
	return n;
}

static void test_prefix(void **state)
{
	(void)state;
	static uint8_t prefix[RAW_SIZE], raw[RAW_SIZE], stored[RAW_SIZE];
	struct err err = { 0 };
	fill();
	memcpy(prefix, original, RAW_SIZE);
	for (size_t i = 0; i < RAW_SIZE; i += 1000)
		prefix[i] ^= 1;
	size_t n = compress_with_prefix(prefix, stored, sizeof(stored));
	assert_true(n < RAW_SIZE / 20); /* or it was not used */
	struct slice s = { stored, n };
	assert_true(zstream_decode(s, (struct slice) { prefix, RAW_SIZE }, raw, RAW_SIZE, &err));
	assert_memory_equal(raw, original, RAW_SIZE);

	/* Without it, with less of it or with another one, something else comes out, or nothing. */
	static const uint8_t other[RAW_SIZE];
	const struct slice wrong[] = { none, { prefix, RAW_SIZE / 2 }, { other, RAW_SIZE } };
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		assert_true(!zstream_decode(s, wrong[i], raw, RAW_SIZE, NULL) ||
			    memcmp(raw, original, RAW_SIZE) != 0);
}

static void test_every_cut_and_flip(void **state)
{
	(void)state;
	static const uint8_t text[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabcabcabcabcabcabc";
	uint8_t stored[256], raw[sizeof(text) + MARGIN];
	size_t n = ZSTD_compress(stored, sizeof(stored), text, sizeof(text), 19);
	assert_false(ZSTD_isError(n));
	for (size_t i = 0; i < n * 8; i++) {
		memset(raw, 0xaa, sizeof(raw));
		stored[i / 8] ^= (uint8_t)(1u << (i % 8));
		/* Other content may come out, since a block's digest is what guards it; never more. */
		(void)!zstream_decode((struct slice) { stored, n }, none, raw, sizeof(text), NULL);
		(void)!zstream_decode((struct slice) { stored, i / 8 }, none, raw, sizeof(text),
				      NULL);
		stored[i / 8] ^= (uint8_t)(1u << (i % 8));
		for (size_t k = 0; k < MARGIN; k++)
			assert_int_equal(raw[sizeof(text) + k], 0xaa);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zstream_decode),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_every_cut_and_flip),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
