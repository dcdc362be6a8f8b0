/* SPDX-License-Identifier: MIT */
/* test_proof_cache.c - what is remembered, and that what is not ours is not believed. */
#include "proof_cache.h"

#include "file.h"
#include "support.h"

static const uint8_t digest[SHA256_SIZE] = { 0xab, 0xcd };

#define PROOF "c/recipes-1/ab/abcd000000000000000000000000000000000000000000000000000000000000"

static const struct {
	uint32_t ways[2];
	const char *text;
} kept[] = {
	{ { 0, 0 }, "0 0\n" },
	{ { 3, PROVE_NO_WAY }, "3 -\n" },
	{ { PROVE_NO_WAY, 11 }, "- 11\n" },
};

static void test_round_trip(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(cache_auto_free) struct cache *c = cache_open("c", &err);
	assert_non_null(c);
	struct deb_proof none = { 0 };
	proof_cache_find(c, digest, &none);
	assert_false(none.known);
	for (size_t i = 0; i < COUNT_OF(kept); i++) {
		struct deb_proof in = { true, { kept[i].ways[0], kept[i].ways[1] } }, out = { 0 };
		proof_cache_put(c, digest, &in);
		assert_string_equal(read_text(PROOF), kept[i].text);
		proof_cache_find(c, digest, &out);
		assert_true(out.known);
		assert_memory_equal(out.ways, in.ways, sizeof(in.ways));
	}
}

static void test_not_believed(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"",      "0",      "0 0",     "0 0\n\n", "0 0 0\n", " 0 0\n",  "0  0\n",
		"x 0\n", "0 -1\n", "100 0\n", "-- 0\n",  "0\t0\n",  "0 0\r\n", "0 0\n0 0\n",
	};
	struct err err = { 0 };
	AUTO(cache_auto_free) struct cache *c = cache_open("c", &err);
	assert_non_null(c);
	assert_ok(dir_make("c/recipes-1/ab", &err));
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct deb_proof out = { 0 };
		write_file(PROOF, texts[i], strlen(texts[i]));
		proof_cache_find(c, digest, &out);
		if (out.known)
			fail_msg("'%s' was taken", texts[i]);
	}
	AUTO(buf_done) struct buf large = BUF_INIT(1 << 20);
	for (size_t i = 0; i < 10000; i++)
		buf_add_str(&large, "0 0\n");
	struct deb_proof out = { 0 };
	write_file(PROOF, large.p, large.len);
	proof_cache_find(c, digest, &out);
	assert_false(out.known);
}

/* A cache that can't be written is no reason to fail. */
static void test_no_room(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(cache_auto_free) struct cache *c = cache_open("d", &err);
	assert_non_null(c);
	write_file("d/recipes-1", "in the way", 10);
	struct deb_proof in = { .known = true }, out = { 0 };
	proof_cache_put(c, digest, &in);
	proof_cache_find(c, digest, &out);
	assert_false(out.known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_not_believed),
		cmocka_unit_test(test_no_room),
	};
	return cmocka_run_group_tests(tests, enter_temp_dir, leave_temp_dir);
}
