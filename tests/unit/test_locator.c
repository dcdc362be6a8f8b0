/* SPDX-License-Identifier: MIT */
/* test_locator.c - the end of a bundle file. */
#include "crypto.h"
#include "locator.h"
#include "support_pe.h"
#include "support_source.h"

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

/* Each section begins where the one before it ends, by sums that wrap: they overlap. */
static void test_backward(void **state)
{
	(void)state;
	struct locator l = good();
	struct err err;
	uint8_t raw[LOCATOR_SIZE];
	l.root.size = (uint64_t)0 - 100;
	l.signatures.offset = l.root.offset - 100;
	l.signatures.size = OFFSET - l.signatures.offset;
	write_to(&l, raw);
	assert_false(parse(raw, LOCATOR_SIZE, OFFSET, &err));
	assert_int_equal(err.code, ERR_FORMAT);
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

/* A part of a bundle put behind another stub, as slices and heads are: nothing else changes. */
static void test_moved(void **state)
{
	(void)state;
	struct locator l = good(), there = locator_moved(&l, 10, 500), back;
	uint8_t raw[LOCATOR_SIZE];
	struct err err;
	write_to(&there, raw);
	assert_true(parse(raw, LOCATOR_SIZE, 500 + 700, &err));
	assert_int_equal(there.stub_size, 10);
	assert_int_equal(there.blocks_end, 500);
	assert_int_equal(there.root.size, l.root.size);
	assert_int_equal(there.root.offset - there.places.offset, l.root.offset - l.places.offset);
	back = locator_moved(&there, l.stub_size, l.blocks_end); /* beyond 4 GiB again */
	assert_memory_equal(&l, &back, sizeof(l));
}

/* --- where it is ------------------------------------------------------------------------------- */

/* A stub, or with @stub_size 0 something else that looks like one, and a locator behind it. */
static void make_file(struct buf *b, bool stub)
{
	pe_test_stub(b, 200);
	struct locator l = { .stub_size = stub ? b->len : 0, .blocks_end = b->len };
	l.places.offset = l.table.offset = l.catalog.offset = l.documents.offset = b->len;
	l.root.offset = l.signatures.offset = b->len;
	assert_true(locator_write(&l, b, NULL));
}

static bool find_and_read(const struct buf *file, size_t good_reads, struct err *err)
{
	struct test_medium m = { buf_slice(file), good_reads };
	struct source src = test_source(&m);
	struct locator_place place;
	struct locator l;
	*err = (struct err) { 0 };
	return locator_find(&src, &place, err) && locator_read(&src, &place, &l, err);
}

enum where { UNSIGNED, SIGNED, SIGNED_AND_APPENDED };

static const struct {
	enum where where;
	bool stub;
	size_t good_reads;
	enum err_code code;
	const char *text, *why;
} places[] = {
	{ UNSIGNED, true, SIZE_MAX, ERR_NONE, "", "at the end" },
	{ SIGNED, true, SIZE_MAX, ERR_NONE, "", "before the certificates" },
	{ UNSIGNED, false, SIZE_MAX, ERR_NONE, "", "a first block that looks like a program" },
	{ SIGNED, false, SIZE_MAX, ERR_FORMAT, "certificates but no stub", "a signed block" },
	{ SIGNED_AND_APPENDED, true, SIZE_MAX, ERR_FORMAT, "no bundle locator",
	  "something appended" },
	{ UNSIGNED, true, 0, ERR_SYSTEM, "medium", "the magic can't be read" },
	{ UNSIGNED, true, 1, ERR_SYSTEM, "medium", "nor the headers" },
	{ UNSIGNED, true, 2, ERR_SYSTEM, "medium", "nor the locator" },
	{ SIGNED, true, 2, ERR_SYSTEM, "medium", "nor what stands before the certificates" },
	{ SIGNED, true, 3, ERR_SYSTEM, "medium", "nor the locator that was found there" },
};

static void test_places(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		struct err err;
		AUTO(buf_done) struct buf file = BUF_INIT(1u << 16);
		make_file(&file, places[i].stub);
		if (places[i].where != UNSIGNED)
			pe_test_sign(&file, 24);
		if (places[i].where == SIGNED_AND_APPENDED)
			buf_add(&file, (const uint8_t[24]) { 0 }, 24);
		bool ok = find_and_read(&file, places[i].good_reads, &err);
		if (ok != (places[i].code == ERR_NONE) || err.code != places[i].code ||
		    !strstr(err.msg, places[i].text))
			fail_msg("%s: '%s'", places[i].why, err.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_every_flipped_bit),
		cmocka_unit_test(test_lengths_and_offsets),
		cmocka_unit_test(test_sections_must_touch),
		cmocka_unit_test(test_backward),
		cmocka_unit_test(test_version_and_flags),
		cmocka_unit_test(test_moved),
		cmocka_unit_test(test_places),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
