/* SPDX-License-Identifier: MIT */
/* test_staging.c - contents by their digest, each once, and nothing left behind. */
#include "staging.h"

#include "file.h"
#include "support.h"

static void stage(struct staging *s, const char *bytes, size_t times, uint8_t sha256[SHA256_SIZE])
{
	struct err err = { 0 };
	AUTO(staged_done) struct staged f = STAGED_INIT;
	assert_ok(staged_begin(&f, s, &err));
	for (size_t i = 0; i < times; i++)
		assert_ok(staged_write(&f, bytes, strlen(bytes), &err));
	assert_int_equal(f.size, times * strlen(bytes));
	assert_ok(staged_end(&f, sha256, &err));
}

static unsigned count_files(const struct staging *s)
{
	char command[4096];
	unsigned n = 0;
	snprintf(command, sizeof(command), "ls -A '%s' | wc -l", s->path);
	FILE *p = popen(command, "r"); /* NOLINT: a name that mkdtemp made */
	assert_non_null(p);
	assert_int_equal(fscanf(p, "%u", &n), 1); /* NOLINT */
	pclose(p);
	return n;
}

static void test_each_content_once(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(staging_done) struct staging s = { 0 };
	uint8_t small[SHA256_SIZE], again[SHA256_SIZE], large[SHA256_SIZE], empty[SHA256_SIZE];
	assert_ok(staging_open(&s, "out", &err));
	stage(&s, "x", 1, small);
	stage(&s, "x", 1, again);
	assert_memory_equal(small, again, SHA256_SIZE);
	stage(&s, "0123456789abcdef", 100000, large); /* more than is held back */
	stage(&s, "0123456789abcdef", 100000, again);
	assert_memory_equal(large, again, SHA256_SIZE);
	stage(&s, "", 0, empty);
	assert_int_equal(count_files(&s), 3);
	AUTO(auto_free) char *path = staging_path(&s, large);
	AUTO(buf_done) struct buf content = { 0 };
	assert_ok(file_read(path, 1 << 24, &content, &err));
	assert_int_equal(content.len, 1600000);
	uint8_t digest[SHA256_SIZE];
	assert_ok(sha256_of(buf_slice(&content), digest, &err));
	assert_memory_equal(digest, large, SHA256_SIZE);
}

/* What is not ended is gone, however large it was; and in the end the directory is. */
static void test_left_in_the_middle(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct staging s = { 0 };
	assert_ok(staging_open(&s, "out", &err));
	for (size_t times = 1; times <= 1000000; times *= 1000000) {
		AUTO(staged_done) struct staged f = STAGED_INIT;
		assert_ok(staged_begin(&f, &s, &err));
		for (size_t i = 0; i < times; i++)
			assert_ok(staged_write(&f, "ab", 2, &err));
		staged_done(&f);
		assert_int_equal(count_files(&s), 0);
	}
	uint8_t sha256[SHA256_SIZE];
	stage(&s, "x", 1, sha256);
	staging_done(&s);
	assert_int_not_equal(system("ls -A | grep -q ibbundle"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_content_once),
		cmocka_unit_test(test_left_in_the_middle),
	};
	return cmocka_run_group_tests(tests, enter_temp_dir, leave_temp_dir);
}
