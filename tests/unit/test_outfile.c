/* SPDX-License-Identifier: MIT */
/* test_outfile.c - large files on their way to their names: copied from, and taken over from, others. */
#include "outfile.h"

#include <fcntl.h>

#include "file.h"
#include "support.h"

static void test_copy(void **state)
{
	(void)state;
	struct err err = { 0 };
	write_file("from", "0123456789", 10);
	AUTO(outfile_done) struct outfile f = OUTFILE_INIT;
	AUTO(auto_close) int fd = open("from", O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_ok(outfile_open(&f, "to", &err));
	assert_ok(outfile_write(&f, "<", 1, &err));
	assert_ok(outfile_copy(&f, fd, "from", 3, 4, &err));
	assert_ok(outfile_copy(&f, fd, "from", 10, 0, &err));
	assert_ok(outfile_write(&f, ">", 1, &err));
	assert_int_equal(f.offset, 6);
	assert_fails(outfile_copy(&f, fd, "from", 8, 3, &err), ERR_FORMAT, "became shorter");
	assert_ok(outfile_commit(&f, 0644, &err));
	assert_memory_equal(read_text("to"), "<3456>", 6);
}

/* What the kernel does not copy, we do: it does not read from /proc or from pipes. */
static void test_copy_by_hand(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(outfile_done) struct outfile f = OUTFILE_INIT;
	AUTO(auto_close) int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_ok(outfile_open(&f, "to", &err));
	assert_ok(outfile_copy(&f, fd, "status", 0, 5, &err));
	assert_ok(outfile_commit(&f, 0644, &err));
	assert_string_equal(read_text("to"), "Name:");
}

static void test_replace(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(outfile_done) struct outfile f = OUTFILE_INIT;
	assert_ok(outfile_open(&f, "to", &err));
	assert_ok(outfile_write(&f, "before", 6, &err));
	write_file("other", "instead", 7);
	assert_ok(outfile_replace(&f, "other", &err));
	assert_int_equal(f.offset, 7);
	assert_int_not_equal(access("other", F_OK), 0);
	assert_int_not_equal(access("to", F_OK), 0);
	assert_ok(outfile_write(&f, "!", 1, &err));
	assert_ok(outfile_commit(&f, 0600, &err));
	assert_string_equal(read_text("to"), "instead!");
	struct stat st;
	assert_int_equal(stat("to", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

/* What has the name already is replaced, and nothing is written where it leads. */
static void test_planted(void **state)
{
	(void)state;
	static const struct {
		const char *plant;
		bool good;
		const char *why;
	} rows[] = {
		{ "ln -s victim planted", true, "a link to somebody's file" },
		{ "ln -s absent planted", true, "a link to nothing" },
		{ "ln victim planted", true, "a hard link" },
		{ "mkfifo planted", false, "a pipe" },
		{ "ln -s /dev/null planted", false, "a device" },
		{ "mkdir planted", false, "a directory" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err err = { 0 };
		AUTO(outfile_done) struct outfile f = OUTFILE_INIT;
		assert_int_equal(system("rm -rf planted && printf kept > victim"), 0);
		assert_int_equal(system(rows[i].plant), 0);
		bool ok = outfile_open(&f, "planted", &err) && outfile_write(&f, "new", 3, &err) &&
			  outfile_commit(&f, 0644, &err);
		if (ok != rows[i].good)
			fail_msg("%s: '%s'", rows[i].why, err.msg);
		if (ok)
			assert_string_equal(read_text("planted"), "new");
		assert_string_equal(read_text("victim"), "kept");
		assert_int_not_equal(access("absent", F_OK), 0);
	}
	assert_int_equal(system("rm -rf planted victim"), 0);
}

static size_t count_entries(void)
{
	FILE *ls = popen("ls -A | wc -l", "r"); /* NOLINT: a command of our own */
	char text[32] = "";
	assert_non_null(ls);
	assert_non_null(fgets(text, sizeof(text), ls));
	assert_int_equal(pclose(ls), 0);
	return (size_t)strtoul(text, NULL, 10);
}

/* Neither what was written nor what was taken over is left behind. */
static void test_nothing_left(void **state)
{
	(void)state;
	struct err err = { 0 };
	for (int replaced = 0; replaced < 2; replaced++) {
		AUTO(outfile_done) struct outfile f = OUTFILE_INIT;
		assert_ok(outfile_open(&f, "to", &err));
		write_file("other", "instead", 7);
		if (replaced)
			assert_ok(outfile_replace(&f, "other", &err));
		assert_fails(outfile_replace(&f, "none", &err), ERR_SYSTEM, "none");
		outfile_done(&f);
		assert_int_equal(count_entries(), replaced ? 0 : 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_copy, enter_temp_dir, leave_temp_dir),
		cmocka_unit_test_setup_teardown(test_copy_by_hand, enter_temp_dir, leave_temp_dir),
		cmocka_unit_test_setup_teardown(test_replace, enter_temp_dir, leave_temp_dir),
		cmocka_unit_test_setup_teardown(test_planted, enter_temp_dir, leave_temp_dir),
		cmocka_unit_test_setup_teardown(test_nothing_left, enter_temp_dir, leave_temp_dir),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
