/* SPDX-License-Identifier: MIT */
/* test_stub.c - the placeholder in the runtime's executable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "buf.h"
#include "stub.h"
#include "support.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found_once),
		cmocka_unit_test(test_digest_leaves_the_offset_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
