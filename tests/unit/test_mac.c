/* SPDX-License-Identifier: MIT */
/* test_mac.c - HMAC, MD5 and base64, by the examples of their standards. */
#include "mac.h"

#include "support.h"
#include "support_source.h"

static void test_hmac(void **state)
{
	(void)state;
	/* RFC 4231, 4.3 */
	uint8_t mac[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];
	assert_true(hmac_sha256(slice_str("Jefe"), slice_str("what do ya want for nothing?"), mac,
				NULL));
	sha256_hex(mac, hex);
	assert_string_equal(hex,
			    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static void test_md5(void **state)
{
	(void)state;
	/* RFC 1321, A.5: "abc", here in the middle of something */
	static const uint8_t want[MD5_SIZE] = { 0x90, 0x01, 0x50, 0x98, 0x3c, 0xd2, 0x4f, 0xb0,
						0xd6, 0x96, 0x3f, 0x7d, 0x28, 0xe1, 0x7f, 0x72 };
	uint8_t md5[MD5_SIZE];
	struct test_medium medium = { slice_str("xabcx"), SIZE_MAX };
	struct source src = test_source(&medium);
	assert_true(md5_of_source(&src, 1, 3, md5, NULL));
	assert_memory_equal(md5, want, sizeof(want));
	struct err err = { 0 };
	assert_false(md5_of_source(&src, 3, 3, md5, &err));
	assert_int_equal(err.code, ERR_FORMAT);
}

/* RFC 4648, 10 */
static const struct {
	const char *plain, *text;
} pairs[] = {
	{ "f", "Zg==" },        { "fo", "Zm8=" },        { "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
};

static const struct {
	const char *text, *why;
} broken[] = {
	{ "", "nothing" },
	{ "Zg=", "too short" },
	{ "Zg", "no padding" },
	{ "Zg==Zg==", "padding in the middle" },
	{ "Zg==\n", "a line's end" },
	{ "Z g=", "a blank" },
	{ "Zm9_", "the other alphabet" },
	{ "====", "padding alone" },
};

static void test_base64(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		AUTO(buf_done) struct buf text = BUF_INIT(64), plain = BUF_INIT(64);
		base64_add(slice_str(pairs[i].plain), &text);
		assert_string_equal(buf_str(&text), pairs[i].text);
		assert_true(base64_parse(pairs[i].text, strlen(pairs[i].text), &plain));
		assert_string_equal(buf_str(&plain), pairs[i].plain);
	}
	for (size_t i = 0; i < COUNT_OF(broken); i++) {
		AUTO(buf_done) struct buf plain = BUF_INIT(64);
		if (base64_parse(broken[i].text, strlen(broken[i].text), &plain))
			fail_msg("'%s': %s", broken[i].text, broken[i].why);
	}
	uint8_t many[100] = { 0 };
	AUTO(buf_done) struct buf text = BUF_INIT(200), back = BUF_INIT(100);
	base64_add((struct slice) { many, sizeof(many) }, &text);
	assert_true(base64_parse(buf_str(&text), text.len, &back));
	assert_int_equal(back.len, sizeof(many));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hmac),
		cmocka_unit_test(test_md5),
		cmocka_unit_test(test_base64),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
