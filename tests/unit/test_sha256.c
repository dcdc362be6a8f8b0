/* SPDX-License-Identifier: MIT */
/* test_sha256.c - the digest of bytes, of a part of a file, and of a file that can't be read. */
#include "crypto.h"
#include "support.h"
#include "support_source.h"

/* FIPS 180-2, appendix B; and nothing at all. */
static const struct {
	const char *text, *hex;
} known[] = {
	{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
};

static void test_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(known); i++) {
		struct err err = { 0 };
		uint8_t digest[SHA256_SIZE];
		char hex[SHA256_HEX_SIZE];
		assert_ok(sha256_of(slice_str(known[i].text), digest, &err));
		sha256_hex(digest, hex);
		assert_string_equal(hex, known[i].hex);
	}
}

#define FILE_SIZE (600u << 10) /* some times what is read at once */

static const struct {
	uint64_t offset, size;
	size_t good_reads;
	enum err_code code;
	const char *why;
} parts[] = {
	{ 0, FILE_SIZE, SIZE_MAX, ERR_NONE, "all of it" },
	{ 0, 0, SIZE_MAX, ERR_NONE, "nothing, at the start" },
	{ FILE_SIZE, 0, 0, ERR_NONE, "nothing, at the end, without a read" },
	{ 1, (256u << 10), SIZE_MAX, ERR_NONE, "as much as is read at once" },
	{ 1, (256u << 10) + 1, SIZE_MAX, ERR_NONE, "and one byte more" },
	{ FILE_SIZE - 1, 1, SIZE_MAX, ERR_NONE, "the last byte" },
	{ FILE_SIZE - 1, 2, SIZE_MAX, ERR_FORMAT, "past the end" },
	{ 0, UINT64_MAX, SIZE_MAX, ERR_FORMAT, "a size that no file has" },
	{ UINT64_MAX, 1, SIZE_MAX, ERR_FORMAT, "an offset that no file has" },
	{ 0, FILE_SIZE, 0, ERR_SYSTEM, "the first read fails" },
	{ 0, FILE_SIZE, 2, ERR_SYSTEM, "the last read fails" },
};

static void test_parts(void **state)
{
	(void)state;
	AUTO(auto_free) uint8_t *bytes = malloc(FILE_SIZE);
	assert_non_null(bytes);
	for (size_t i = 0; i < FILE_SIZE; i++)
		bytes[i] = (uint8_t)(i * 7 + (i >> 8));
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		struct test_medium m = { { bytes, FILE_SIZE }, parts[i].good_reads };
		struct source src = test_source(&m);
		struct err err = { 0 };
		uint8_t got[SHA256_SIZE] = { 1 }, want[SHA256_SIZE] = { 1 };
		bool ok = sha256_of_source(&src, parts[i].offset, parts[i].size, got, &err);
		if (parts[i].code == ERR_NONE)
			assert_true(sha256_of(slice_part(m.bytes, (size_t)parts[i].offset,
							 (size_t)(parts[i].offset + parts[i].size)),
					      want, NULL));
		/* on failure the output is as it was */
		if (ok != (parts[i].code == ERR_NONE) || err.code != parts[i].code ||
		    memcmp(got, want, SHA256_SIZE) != 0)
			fail_msg("%s: %s", parts[i].why, err.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_parts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
