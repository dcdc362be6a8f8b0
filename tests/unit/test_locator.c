/* SPDX-License-Identifier: MIT */
/* test_locator.c - the end of a bundle file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "crypto.h"
#include "locator.h"

#define OFFSET (UINT64_C(5) << 32)

/* A locator of a bundle that is larger than 4 GiB. */
static struct locator good(void)
{
	return (struct locator) {
		.stub_size = 1000,
		.blocks_end = OFFSET - 700,
		.places = { OFFSET - 700, 80 },
		.table = { OFFSET - 620, 120 },
		.catalog = { OFFSET - 500, 150 },
		.documents = { OFFSET - 350, 50 },
		.root = { OFFSET - 300, 100 },
		.signatures = { OFFSET - 200, 200 },
	};
}

static void write_to(const struct locator *l, uint8_t raw[LOCATOR_SIZE])
{
	AUTO(buf_done) struct buf b = BUF_INIT(LOCATOR_SIZE);
	assert_true(locator_write(l, &b, NULL));
	assert_int_equal(b.len, LOCATOR_SIZE);
	memcpy(raw, b.p, LOCATOR_SIZE);
}

static bool parse(const uint8_t *raw, size_t n, uint64_t offset, struct err *err)
{
	struct locator out;
	*err = (struct err) { 0 };
	return locator_parse((struct slice) { raw, n }, offset, &out, err);
}

static void test_round_trip(void **state)
{
	(void)state;
	struct locator l = good(), out;
	uint8_t raw[LOCATOR_SIZE];
	write_to(&l, raw);
	assert_true(locator_parse((struct slice) { raw, LOCATOR_SIZE }, OFFSET, &out, NULL));
	assert_memory_equal(&l, &out, sizeof(l)); /* documents: what the others leave */
}

static void test_every_flipped_bit(void **state)
{
	(void)state;
	struct locator l = good();
	struct err err;
	uint8_t raw[LOCATOR_SIZE];
	write_to(&l, raw);
	for (size_t i = 0; i < 8 * LOCATOR_SIZE; i++) {
		raw[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_false(parse(raw, LOCATOR_SIZE, OFFSET, &err));
		assert_int_equal(err.code, ERR_FORMAT);
		raw[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	assert_true(parse(raw, LOCATOR_SIZE, OFFSET, &err));
}

static void test_lengths_and_offsets(void **state)
{
	(void)state;
	struct locator l = good();
	struct err err;
	uint8_t raw[LOCATOR_SIZE + 1] = { 0 };
	write_to(&l, raw);
	for (size_t n = 0; n <= sizeof(raw); n++)
		assert_int_equal(parse(raw, n, OFFSET, &err), n == LOCATOR_SIZE);
	static const uint64_t offsets[] = { 0, 1, OFFSET - 1, OFFSET + 1, UINT64_MAX };
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++)
		assert_false(parse(raw, LOCATOR_SIZE, offsets[i], &err));
}

/* Wrong fields under a right check value: what somebody would write on purpose. */
static const struct {
	size_t field; /* offset of a u64 in struct locator */
	uint64_t value;
	const char *why;
} fields[] = {
	{ offsetof(struct locator, stub_size), OFFSET, "stub ends after the blocks" },
	{ offsetof(struct locator, blocks_end), OFFSET - 701, "gap before the places" },
	{ offsetof(struct locator, blocks_end), OFFSET - 699, "overlap with the places" },
	{ offsetof(struct locator, blocks_end), UINT64_MAX, "past the file" },
	{ offsetof(struct locator, places.offset), OFFSET - 699, "gap" },
	{ offsetof(struct locator, places.size), 81, "overlap" },
	{ offsetof(struct locator, places.size), UINT64_MAX, "a sum that wraps" },
	{ offsetof(struct locator, table.size), 119, "gap" },
	{ offsetof(struct locator, catalog.offset), 0, "before the blocks" },
	{ offsetof(struct locator, root.offset), OFFSET - 351, "overlap with the catalog" },
	{ offsetof(struct locator, root.offset), OFFSET - 299, "overlap with the signatures" },
	{ offsetof(struct locator, root.offset), OFFSET + 1, "after the locator" },
	{ offsetof(struct locator, root.size), UINT64_MAX - 5, "a sum that wraps" },
	{ offsetof(struct locator, signatures.size), 199, "gap before the locator" },
	{ offsetof(struct locator, signatures.size), 201, "overlap with the locator" },
};

static void test_sections_must_touch(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct locator l = good();
		struct err err;
		uint8_t raw[LOCATOR_SIZE];
		memcpy((uint8_t *)&l + fields[i].field, &fields[i].value, sizeof(uint64_t));
		write_to(&l, raw);
		if (parse(raw, LOCATOR_SIZE, OFFSET, &err) || err.code != ERR_FORMAT)
			fail_msg("row %zu: %s", i, fields[i].why);
	}
}

static void test_version_and_flags(void **state)
{
	(void)state;
	static const size_t at[] = { 8, 12 }; /* of version and flags */
	for (size_t i = 0; i < 2; i++) {
		struct locator l = good();
		struct err err;
		uint8_t raw[LOCATOR_SIZE], digest[SHA256_SIZE];
		write_to(&l, raw);
		raw[at[i]] ^= 2;
		assert_true(sha256_of((struct slice) { raw, 112 }, digest, NULL));
		memcpy(raw + 112, digest, LOCATOR_CHECK_SIZE);
		assert_false(parse(raw, LOCATOR_SIZE, OFFSET, &err));
		assert_non_null(strstr(err.msg, "newer ibbundle"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_every_flipped_bit),
		cmocka_unit_test(test_lengths_and_offsets),
		cmocka_unit_test(test_sections_must_touch),
		cmocka_unit_test(test_version_and_flags),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
