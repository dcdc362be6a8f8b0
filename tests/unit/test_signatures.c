/* SPDX-License-Identifier: MIT */
/* test_signatures.c - the section that holds the CMS. */
#include "support_bundle.h"

static struct slice found[SIGNATURES_MAX];
static size_t count;

static void test_round_trip(void **state)
{
	(void)state;
	struct slice cms[] = { slice_str("first"), slice_str("second one"), slice_str("3") };
	for (size_t n = 0; n <= 3; n++) {
		AUTO(buf_done) struct buf b = BUF_INIT(SIGNATURES_SIZE);
		must(signatures_write(cms, n, &b, why));
		assert_int_equal(b.len, SIGNATURES_SIZE);
		must(signatures_parse(buf_slice(&b), found, &count, why));
		assert_int_equal(count, n);
		for (size_t i = 0; i < n; i++)
			assert_true(slice_equal(cms[i], found[i]));
	}
}

static void test_as_many_as_there_may_be(void **state)
{
	(void)state;
	struct slice cms[SIGNATURES_MAX + 1];
	for (size_t i = 0; i <= SIGNATURES_MAX; i++)
		cms[i] = slice_str("x");
	AUTO(buf_done) struct buf b = BUF_INIT(SIGNATURES_SIZE);
	struct err err = { 0 };
	assert_false(signatures_write(cms, SIGNATURES_MAX + 1, &b, &err));
	assert_int_equal(err.code, ERR_USAGE);
	must(signatures_write(cms, SIGNATURES_MAX, &b, why));
	must(signatures_parse(buf_slice(&b), found, &count, why));
	assert_int_equal(count, SIGNATURES_MAX);
}

static void test_as_large_as_there_is_room(void **state)
{
	(void)state;
	AUTO(auto_free) uint8_t *large = calloc(1, SIGNATURES_SIZE);
	assert_non_null(large);
	struct err err = { 0 };
	AUTO(buf_done) struct buf b = BUF_INIT(SIGNATURES_SIZE);
	struct slice cms = { large, SIGNATURES_SIZE - 7 };
	assert_false(signatures_write(&cms, 1, &b, &err));
	assert_int_equal(err.code, ERR_FORMAT);
	cms.len--;
	must(signatures_write(&cms, 1, &b, why));
	must(signatures_parse(buf_slice(&b), found, &count, why));
	assert_int_equal(found[0].len, SIGNATURES_SIZE - 8);
}

/* A section with the one CMS "abc", and one byte of it put differently. */
static const struct {
	size_t at;
	uint8_t value;
	const char *why;
} edits[] = {
	{ 0, 0, "a CMS behind a count of none" },
	{ 0, 2, "one CMS, a count of two: the second is empty" },
	{ 0, SIGNATURES_MAX + 1, "count over the limit" },
	{ 3, 0x80, "count far over the limit" },
	{ 4, 0, "empty CMS" },
	{ 4, 2, "CMS shorter than it is: its end is no zero" },
	{ 7, 0xff, "length past the section" },
	{ 11, 1, "padding, first byte" },
	{ 40000, 1, "padding" },
};

static void test_refused(void **state)
{
	(void)state;
	struct slice cms = slice_str("abc");
	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		AUTO(buf_done) struct buf b = BUF_INIT(SIGNATURES_SIZE);
		must(signatures_write(&cms, 1, &b, why));
		b.p[edits[i].at] = edits[i].value;
		struct err err = { 0 };
		if (signatures_parse(buf_slice(&b), found, &count, &err) || err.code != ERR_FORMAT)
			fail_msg("row %zu: %s", i, edits[i].why);
	}
	AUTO(buf_done) struct buf b = BUF_INIT(SIGNATURES_SIZE + 1);
	must(signatures_write(&cms, 1, &b, why));
	b.len--;
	assert_false(signatures_parse(buf_slice(&b), found, &count, NULL));
	b.len++;
	buf_add(&b, "", 1);
	assert_false(signatures_parse(buf_slice(&b), found, &count, NULL));
}

/* All of them there, a byte each: nothing but their number is wrong. */
static void test_ten_thousand(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(buf_done) struct buf b = BUF_INIT(SIGNATURES_SIZE);
	buf_add_u32le(&b, 10000);
	for (size_t i = 0; i < 10000; i++) {
		buf_add_u32le(&b, 1);
		buf_add(&b, "x", 1);
	}
	while (b.len < SIGNATURES_SIZE)
		buf_add(&b, "", 1);
	assert_false(signatures_parse(buf_slice(&b), found, &count, &err));
	assert_int_equal(err.code, ERR_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_as_many_as_there_may_be),
		cmocka_unit_test(test_as_large_as_there_is_room),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_ten_thousand),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
