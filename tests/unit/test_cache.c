/* SPDX-License-Identifier: MIT */
/* test_cache.c - what enters the cache, what does not, and who may write to it. */
#include "cache.h"

#include <sys/wait.h>
#include <utime.h>

#include "support.h"

static uint8_t abc[SHA256_SIZE]; /* of "abc" */

static int setup(void **state)
{
	struct err err = { 0 };
	return enter_temp_dir(state) == 0 && sha256_of(slice_str("abc"), abc, &err) ? 0 : -1;
}

static size_t files_in(const char *dir)
{
	char command[256];
	snprintf(command, sizeof(command), "find '%s' -type f | wc -l", dir);
	FILE *find = popen(command, "r"); /* NOLINT: a constant of this file */
	char line[32] = "";
	char *got = fgets(line, sizeof(line), find);
	pclose(find);
	return got ? (size_t)strtol(line, NULL, 10) : 0;
}

static struct cache *must_open(const char *dir)
{
	struct err err = { 0 };
	struct cache *c = cache_open(dir, &err);
	if (!c)
		fail_msg("%s", err.msg);
	return c;
}

static void test_places(void **state)
{
	(void)state;
	struct err err = { 0 };

	setenv("HOME", "/nonexistent", 1);
	char xdg[256];
	assert_non_null(getcwd(xdg, sizeof(xdg) - 8));
	setenv("XDG_CACHE_HOME", xdg, 1);
	AUTO(cache_auto_free) struct cache *a = must_open(NULL);
	assert_non_null(strstr(cache_dir(a), "/ibbundle"));
	assert_int_equal(strncmp(cache_dir(a), xdg, strlen(xdg)), 0);
	unsetenv("XDG_CACHE_HOME");
	setenv("HOME", xdg, 1);
	AUTO(cache_auto_free) struct cache *b = must_open(NULL);
	assert_non_null(strstr(cache_dir(b), "/.cache/ibbundle"));
	unsetenv("HOME");
	assert_fails(cache_open(NULL, &err), ERR_USAGE, "--cache DIR");
	assert_fails(cache_open("", &err), ERR_USAGE, "empty");
	write_file("plain", "", 0);
	assert_fails(cache_open("plain", &err), ERR_SYSTEM, "cannot use the cache");
}

static void test_add(void **state)
{
	(void)state;
	struct err err = { 0 };
	uint8_t digest[SHA256_SIZE];
	AUTO(cache_auto_free) struct cache *c = must_open("add");
	assert_false(cache_has(c, abc, UINT64_MAX));

	AUTO(cache_add_auto_free) struct cache_add *dropped = cache_add_begin(c, &err);
	assert_ok(dropped && cache_add_write(dropped, "abc", 3, &err));
	assert_false(cache_has(c, abc, 3)); /* not before commit */
	cache_add_free(dropped);
	dropped = NULL;
	assert_int_equal(files_in("add"), 0);

	AUTO(cache_add_auto_free) struct cache_add *a = cache_add_begin(c, &err);
	assert_ok(a && cache_add_write(a, "ab", 2, &err) && cache_add_write(a, "c", 1, &err));
	assert_ok(cache_add_commit(a, abc, digest, &err));
	assert_memory_equal(digest, abc, SHA256_SIZE);
	assert_true(cache_has(c, abc, 3));
	assert_true(cache_has(c, abc, UINT64_MAX));
	assert_false(cache_has(c, abc, 4)); /* a file that was cut is fetched again */
	AUTO(auto_free) char *path = cache_path(c, abc);
	assert_string_equal(path, "add/sha256/ba/ba7816bf8f01cfea414140de5dae2223b00361a396177a9c"
				  "b410ff61f20015ad");
	assert_string_equal(read_text(path), "abc");
}

static void test_mismatch(void **state)
{
	(void)state;
	struct err err = { 0 };
	uint8_t digest[SHA256_SIZE];
	AUTO(cache_auto_free) struct cache *c = must_open("mismatch");
	AUTO(cache_add_auto_free) struct cache_add *a = cache_add_begin(c, &err);
	assert_ok(a && cache_add_write(a, "abd", 3, &err));
	assert_fails(
		cache_add_commit(a, abc, digest, &err), ERR_DIGEST,
		"expected sha256 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015"
		"ad, found a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9");
	assert_int_equal(cache_add_size(a), 0);
	assert_int_equal(files_in("mismatch/sha256"), 0);
	assert_ok(cache_add_write(a, "abc", 3, &err)); /* and may be written again */
	assert_ok(cache_add_commit(a, abc, digest, &err));
	assert_true(cache_has(c, abc, 3));
}

static void test_resume(void **state)
{
	(void)state;
	struct err err = { 0 };
	uint8_t digest[SHA256_SIZE];
	bool busy;
	AUTO(cache_auto_free) struct cache *c = must_open("resume");
	struct cache_add *a = cache_add_resume(c, abc, &busy, &err);
	assert_ok(a && cache_add_write(a, "ab", 2, &err));
	assert_null(cache_add_resume(c, abc, &busy, &err)); /* held */
	assert_true(busy);
	cache_add_free(a);
	assert_int_equal(files_in("resume/partial"), 1);

	a = cache_add_resume(c, abc, &busy, &err);
	assert_non_null(a);
	assert_false(busy);
	assert_int_equal(cache_add_size(a), 2);
	assert_ok(cache_add_write(a, "c", 1, &err));
	assert_ok(cache_add_commit(a, abc, digest, &err));
	cache_add_free(a);
	assert_true(cache_has(c, abc, 3));
	assert_int_equal(files_in("resume/partial"), 0);

	a = cache_add_resume(c, abc, &busy, &err);
	assert_non_null(a);
	assert_int_equal(cache_add_size(a), 0);
	cache_add_free(a);
	assert_int_equal(files_in("resume/partial"), 0); /* nothing is not worth keeping */
}

/* A partial file of another content is found out, whatever its size. */
static void test_foreign_partial(void **state)
{
	(void)state;
	struct err err = { 0 };
	uint8_t digest[SHA256_SIZE];
	char path[128], hex[SHA256_HEX_SIZE];
	bool busy;
	AUTO(cache_auto_free) struct cache *c = must_open("foreign");
	sha256_hex(abc, hex);
	snprintf(path, sizeof(path), "foreign/partial/%s", hex);
	write_file(path, "xb", 2);
	AUTO(cache_add_auto_free) struct cache_add *a = cache_add_resume(c, abc, &busy, &err);
	assert_ok(a && cache_add_write(a, "c", 1, &err));
	assert_fails(cache_add_commit(a, abc, digest, &err), ERR_DIGEST, "expected sha256");
	assert_false(cache_has(c, abc, UINT64_MAX));
}

/* Who shares the cache planted something where a download would go on. */
static void test_planted_partial(void **state)
{
	(void)state;
	static const struct {
		const char *plant, *text, *why;
	} rows[] = {
		{ "ln -s ../../victim %s", "cannot open", "a link" },
		{ "ln -s ../../absent %s", "cannot open", "a link to nothing" },
		{ "ln ../../victim %s", "has another name", "a hard link" },
		{ "mkfifo %s", "is no file", "a pipe" },
	};
	char hex[SHA256_HEX_SIZE];
	bool busy;
	AUTO(cache_auto_free) struct cache *c = must_open("planted");
	sha256_hex(abc, hex);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err err = { 0 };
		char make[128], command[256];
		write_file("victim", "ab", 2);
		snprintf(make, sizeof(make), rows[i].plant, hex); /* NOLINT: from the table */
		snprintf(command, sizeof(command), "cd planted/partial && rm -f * && %s", make);
		assert_int_equal(system(command), 0);
		alarm(60);
		struct cache_add *a = cache_add_resume(c, abc, &busy, &err);
		alarm(0);
		if (a || !strstr(err.msg, rows[i].text))
			fail_msg("%s: '%s'", rows[i].why, err.msg);
		assert_string_equal(read_text("victim"), "ab");
		assert_int_not_equal(access("absent", F_OK), 0);
	}
}

/* Two builders that want the same file: the lock is between processes too, and ends with them. */
static void test_two_processes(void **state)
{
	(void)state;
	struct err err = { 0 };
	bool busy;
	int ready[2], go_on[2];
	char byte = 0;
	AUTO(cache_auto_free) struct cache *c = must_open("two");
	assert_int_equal(pipe(ready) | pipe(go_on), 0);
	pid_t child = fork();
	if (child == 0) {
		struct cache_add *a = cache_add_resume(c, abc, &busy, &err);
		bool ok = a && cache_add_write(a, "a", 1, &err) && write(ready[1], "r", 1) == 1 &&
			  read(go_on[0], &byte, 1) == 1;
		_exit(ok ? 0 : 1); /* as if killed: nothing is released in order */
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_null(cache_add_resume(c, abc, &busy, &err));
	assert_true(busy);
	assert_int_equal(write(go_on[1], "g", 1), 1);
	int status;
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	AUTO(cache_add_auto_free) struct cache_add *a = cache_add_resume(c, abc, &busy, &err);
	assert_non_null(a);
	assert_int_equal(cache_add_size(a), 1);
}

static void test_sweep(void **state)
{
	(void)state;
	struct utimbuf old = { 1000000000, 1000000000 };
	AUTO(cache_auto_free) struct cache *c = must_open("sweep");
	write_file("sweep/partial/add.OLD", "x", 1);
	write_file("sweep/partial/add.NEW", "x", 1);
	assert_int_equal(utime("sweep/partial/add.OLD", &old), 0);
	AUTO(cache_auto_free) struct cache *again = must_open("sweep");
	assert_int_equal(access("sweep/partial/add.OLD", F_OK), -1);
	assert_int_equal(access("sweep/partial/add.NEW", F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),          cmocka_unit_test(test_add),
		cmocka_unit_test(test_mismatch),        cmocka_unit_test(test_resume),
		cmocka_unit_test(test_foreign_partial), cmocka_unit_test(test_planted_partial),
		cmocka_unit_test(test_two_processes),   cmocka_unit_test(test_sweep),
	};
	return cmocka_run_group_tests(tests, setup, leave_temp_dir);
}
