/* SPDX-License-Identifier: MIT */
/* test_stub.c - the placeholder in the runtime's executable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "buf.h"
#include "stub.h"
#include "support_pe.h"

#define AT 13

static void make_stub(struct buf *b)
{
	*b = BUF_INIT(256);
	buf_add_str(b, "thirteen byte");
	buf_add(b, STUB_MAGIC, STUB_MAGIC_SIZE);
	buf_add_u64le(b, 0);
	buf_add_str(b, "IBBSTUBLOCATOR and nearly the same again");
}

static void test_found_once(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b;
	make_stub(&b);
	size_t at = 0;
	struct err err = { 0 };
	assert_true(stub_find_placeholder(buf_slice(&b), &at, &err));
	assert_int_equal(at, AT);
	for (size_t n = 0; n < AT + STUB_PLACEHOLDER_SIZE; n++)
		assert_false(stub_find_placeholder((struct slice) { b.p, n }, &at, NULL));
	b.len = AT + STUB_PLACEHOLDER_SIZE; /* the last thing in the stub */
	assert_true(stub_find_placeholder(buf_slice(&b), &at, &err));
	buf_add(&b, STUB_MAGIC, STUB_MAGIC_SIZE);
	buf_add_u64le(&b, 0);
	assert_false(stub_find_placeholder(buf_slice(&b), &at, &err));
	assert_int_equal(err.code, ERR_FORMAT);
	assert_non_null(strstr(err.msg, "2 times"));
	assert_false(stub_find_placeholder((struct slice) { 0 }, &at, &err));
}

static void test_digest_leaves_the_offset_out(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b;
	make_stub(&b);
	uint8_t built[SHA256_SIZE], now[SHA256_SIZE];
	assert_true(sha256_of(buf_slice(&b), built, NULL)); /* the offset is zero */
	put_u64le(b.p + AT + STUB_MAGIC_SIZE, UINT64_C(0xf1e2d3c4b5a69788));
	assert_true(stub_locator_offset(buf_slice(&b), AT) == UINT64_C(0xf1e2d3c4b5a69788));
	assert_true(stub_digest(buf_slice(&b), now, NULL));
	assert_memory_equal(built, now, SHA256_SIZE);
	for (size_t i = 0; i < b.len; i++) {
		bool offset = i >= AT + STUB_MAGIC_SIZE && i < AT + STUB_PLACEHOLDER_SIZE;
		b.p[i] ^= 1;
		bool ok = stub_digest(buf_slice(&b), now, NULL);
		assert_int_equal(ok && memcmp(built, now, SHA256_SIZE) == 0, offset);
		b.p[i] ^= 1;
	}
}

/* Of a Windows executable, what signing changes is left out, too. */
static void test_digest_of_an_executable(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b = BUF_INIT(4096);
	pe_test_stub(&b, 5);
	buf_add_str(&b, "and the rest");
	uint8_t built[SHA256_SIZE], now[SHA256_SIZE];
	assert_true(sha256_of(buf_slice(&b), built, NULL)); /* all of it is zero */
	put_u64le(b.p + PE_TEST_SIZE + 5 + STUB_MAGIC_SIZE, UINT64_C(0xf1e2d3c4b5a69788));
	put_u32le(b.p + PE_TEST_CHECKSUM, 0x12345678);
	put_u64le(b.p + PE_TEST_SECURITY, UINT64_C(0x0000100000001000));
	assert_true(stub_digest(buf_slice(&b), now, NULL));
	assert_memory_equal(built, now, SHA256_SIZE);
	for (size_t i = 0; i < b.len; i++) {
		bool free_to_change =
			(i >= PE_TEST_SIZE + 5 + STUB_MAGIC_SIZE &&
			 i < PE_TEST_SIZE + 5 + STUB_PLACEHOLDER_SIZE) ||
			(i >= PE_TEST_CHECKSUM && i < PE_TEST_CHECKSUM + PE_CHECKSUM_SIZE);
		if (i >= PE_TEST_SECURITY && i < PE_TEST_SECURITY + PE_SECURITY_SIZE)
			continue; /* not every value is possible here: test_pe.c */
		b.p[i] ^= 1;
		bool ok = stub_digest(buf_slice(&b), now, NULL);
		assert_int_equal(ok && memcmp(built, now, SHA256_SIZE) == 0, free_to_change);
		b.p[i] ^= 1;
	}
}

static void test_unusable_executables(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b = BUF_INIT(4096);
	uint8_t digest[SHA256_SIZE];
	struct err err = { 0 };
	pe_test_stub(&b, 0);
	assert_ok(stub_digest(buf_slice(&b), digest, &err));
	b.p[PE_TEST_OPTIONAL] = 7;
	assert_fails(stub_digest(buf_slice(&b), digest, &err), ERR_FORMAT, "64-bit");
	b.p[PE_TEST_OPTIONAL] = 0x0b;
	/* the placeholder where the entry of the security directory should be */
	for (size_t at = PE_TEST_SECURITY - STUB_MAGIC_SIZE; at < PE_TEST_SECURITY + 8; at++) {
		AUTO(buf_done) struct buf c = BUF_INIT(4096);
		pe_test_add(&c);
		memcpy(c.p + at, STUB_MAGIC, STUB_MAGIC_SIZE);
		assert_false(stub_digest(buf_slice(&c), digest, &err));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found_once),
		cmocka_unit_test(test_digest_leaves_the_offset_out),
		cmocka_unit_test(test_digest_of_an_executable),
		cmocka_unit_test(test_unusable_executables),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
