/* SPDX-License-Identifier: MIT */
/* test_pe.c - the headers of a Windows executable, and those of one that is none. */
#include "support_pe.h"

#define MORE 64 /* bytes after the headers */

static void make(struct buf *b)
{
	*b = BUF_INIT(2 * PE_HEADERS_MAX);
	pe_test_add(b);
	for (int i = 0; i < MORE; i++)
		buf_add_str(b, "x");
}

static void test_fields(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b;
	make(&b);
	struct pe pe;
	struct err err = { 0 };
	assert_true(pe_begins(buf_slice(&b)));
	assert_ok(pe_parse(buf_slice(&b), &pe, &err));
	assert_int_equal(pe.machine, PE_MACHINE_X86_64);
	assert_int_equal(pe.checksum_at, PE_TEST_CHECKSUM);
	assert_int_equal(pe.security_at, PE_TEST_SECURITY);
	assert_int_equal(pe.table_offset, 0);
	assert_int_equal(pe.table_size, 0);

	pe_test_sign(&b, 24);
	assert_ok(pe_parse(buf_slice(&b), &pe, &err));
	assert_int_equal(pe.table_offset, b.len - 24);
	assert_int_equal(pe.table_size, 24);
	assert_int_equal(pe.checksum, pe_test_checksum(&b));

	/* the largest there are: no sum of the two wraps */
	put_u64le(b.p + PE_TEST_SECURITY, UINT64_C(0xfffffff8fffffff8));
	assert_ok(pe_parse(buf_slice(&b), &pe, &err));
	assert_true(pe.table_offset + pe.table_size == UINT64_C(0x1fffffff0));
}

/* One 32-bit number in the headers, changed. */
static const struct {
	size_t at;
	uint32_t value;
	const char *why;
} bad[] = {
	{ 0, 0x00004d5a, "begins with ZM" },
	{ 60, 0, "headers over the DOS header" },
	{ 60, 56, "headers over e_lfanew" },
	{ 60, PE_TEST_HEADERS + 4, "headers not at a multiple of 8" },
	{ 60, PE_TEST_HEADERS + 8, "no signature there" },
	{ 60, PE_TEST_SIZE + MORE, "headers at the end of the file" },
	{ 60, PE_HEADERS_MAX, "headers after what is read" },
	{ 60, 0x7ffffff8, "headers out of the file" },
	{ 60, 0xfffffff8, "the same, where sums wrap" },
	{ PE_TEST_HEADERS, 0x00014550, "signature is not PE and two zeros" },
	{ PE_TEST_HEADERS + 20, 151, "optional header ends in the entry" },
	{ PE_TEST_HEADERS + 20, 0, "no optional header" },
	{ PE_TEST_OPTIONAL, 0x10b, "PE32" },
	{ PE_TEST_OPTIONAL, 0x107, "a ROM image" },
	{ PE_TEST_OPTIONAL + 108, 4, "one directory too few" },
	{ PE_TEST_OPTIONAL + 108, 0, "no directories" },
	{ PE_TEST_OPTIONAL + 108, 17, "one directory too many" },
	{ PE_TEST_OPTIONAL + 108, UINT32_MAX, "very many directories" },
	{ PE_TEST_SECURITY, 800, "a table without size" },
	{ PE_TEST_SECURITY + 4, 800, "a table without place" },
};

static void test_bad_fields(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		AUTO(buf_done) struct buf b;
		make(&b);
		struct pe pe;
		struct err err = { 0 };
		put_u32le(b.p + bad[i].at, bad[i].value);
		if (pe_parse(buf_slice(&b), &pe, &err) || err.code != ERR_FORMAT)
			fail_msg("row %zu: %s", i, bad[i].why);
	}
}

static const struct {
	uint32_t offset, size;
	bool good;
	const char *why;
} tables[] = {
	{ 800, 800, true, "wherever the file ends" },
	{ PE_TEST_SECURITY + 8, 8, true, "right after the entry" },
	{ PE_TEST_SECURITY, 8, false, "over the entry" },
	{ PE_TEST_CHECKSUM, 8, false, "over CheckSum" },
	{ 8, 8, false, "in the DOS header" },
	{ 804, 800, false, "offset is no multiple of 8" },
	{ 800, 804, false, "size is no multiple of 8" },
	{ 0, 8, false, "no offset" },
	{ 800, 0, false, "no size" },
};

static void test_tables(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(tables); i++) {
		AUTO(buf_done) struct buf b;
		make(&b);
		struct pe pe;
		put_u32le(b.p + PE_TEST_SECURITY, tables[i].offset);
		put_u32le(b.p + PE_TEST_SECURITY + 4, tables[i].size);
		if (pe_parse(buf_slice(&b), &pe, NULL) != tables[i].good)
			fail_msg("row %zu: %s", i, tables[i].why);
	}
}

static void test_every_length(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b;
	make(&b);
	struct pe pe;
	for (size_t n = 0; n <= b.len; n++) {
		uint8_t *exact =
			malloc(n ? n : 1); /* so that the sanitizer sees a read past the end */
		assert_non_null(exact);
		memcpy(exact, b.p, n);
		bool whole = n >= PE_TEST_SECURITY + PE_SECURITY_SIZE;
		assert_int_equal(pe_parse((struct slice) { exact, n }, &pe, NULL), whole);
		assert_int_equal(pe_begins((struct slice) { exact, n }), n >= 2);
		free(exact);
	}
}

/* Only the first PE_HEADERS_MAX bytes count, however many there are. */
static void test_headers_at_the_limit(void **state)
{
	(void)state;
	const size_t last =
		PE_HEADERS_MAX - (PE_TEST_SECURITY + PE_SECURITY_SIZE - PE_TEST_HEADERS);
	const size_t places[] = { last - last % 8, last - last % 8 + 8 };
	for (size_t i = 0; i < 2; i++) {
		AUTO(buf_done) struct buf headers = BUF_INIT(PE_HEADERS_MAX);
		pe_test_add(&headers);
		uint8_t file[2 * PE_HEADERS_MAX] = { 'M', 'Z' };
		put_u32le(file + 60, (uint32_t)places[i]);
		memcpy(file + places[i], headers.p + PE_TEST_HEADERS,
		       headers.len - PE_TEST_HEADERS);
		struct pe pe;
		assert_int_equal(pe_parse((struct slice) { file, sizeof(file) }, &pe, NULL),
				 i == 0);
	}
}

static void test_checksum(void **state)
{
	(void)state;
	for (size_t more = 0; more < 4; more++) {
		AUTO(buf_done) struct buf b;
		make(&b);
		for (size_t i = 0; i < 3000 + more; i++)
			buf_add_str(&b, "\xff");
		uint32_t right = pe_test_checksum(&b);
		put_u32le(b.p + PE_TEST_CHECKSUM,
			  0xfedcba98); /* what stands there does not count */
		struct pe pe;
		struct err err = { 0 };
		assert_ok(pe_parse(buf_slice(&b), &pe, &err));
		for (size_t step = 1; step < 100; step += 7) { /* in pieces of any length */
			uint64_t sum = 0;
			for (size_t at = 0; at < b.len; at += step)
				sum = pe_checksum_add(sum, at,
						      slice_part(buf_slice(&b), at, at + step));
			assert_int_equal(pe_checksum_end(&pe, sum, b.len), right);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_bad_fields),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_headers_at_the_limit),
		cmocka_unit_test(test_checksum),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
