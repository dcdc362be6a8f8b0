/* SPDX-License-Identifier: MIT */
/* test_file.c - whole reads, atomic writes, sources, directories. */
#include "file.h"

#include <fcntl.h>

#include "support.h"

static size_t entries(const char *dir)
{
	char command[256], line[256];
	snprintf(command, sizeof(command), "ls -A '%s'", dir);
	FILE *ls = popen(command, "r"); /* NOLINT: a constant of this file */
	size_t n = 0;
	while (fgets(line, sizeof(line), ls))
		n++;
	pclose(ls);
	return n;
}

static void test_read(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct buf content = BUF_INIT(0);
	write_file("f", "12345", 5);
	assert_ok(file_read("f", 5, &content, &err));
	assert_int_equal(content.len, 5);
	assert_string_equal(buf_str(&content), "12345");
	buf_done(&content);
	assert_fails(file_read("f", 4, &content, &err), ERR_FORMAT, "'f' is larger than 4 bytes");
	assert_fails(file_read("g", 4, &content, &err), ERR_SYSTEM,
		     "cannot open 'g': No such file or directory");
	assert_fails(file_read(".", 4, &content, &err), ERR_SYSTEM, "cannot read '.'");
	write_file("f", "", 0);
	assert_ok(file_read("f", 5, &content, &err));
	assert_int_equal(content.len, 0);
	assert_string_equal(buf_str(&content), "");
	buf_done(&content);
}

static void test_write(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct stat st;
	assert_int_equal(mkdir("d", 0777), 0);
	umask(077);
	assert_ok(file_write_atomic("d/f", slice_str("one"), 0640, &err));
	umask(022);
	assert_string_equal(read_text("d/f"), "one");
	assert_int_equal(stat("d/f", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_ok(file_write_atomic("d/f", slice_str("two"), 0600, &err));
	assert_string_equal(read_text("d/f"), "two");
	assert_ok(file_write_atomic("plain", slice_str("x"), 0644, &err));
	assert_int_equal(entries("d"), 1);

	assert_fails(file_write_atomic("no/f", slice_str("x"), 0644, &err), ERR_SYSTEM,
		     "cannot create a file beside 'no/f'");
	assert_int_equal(mkdir("d/dir", 0777), 0);
	assert_fails(file_write_atomic("d/dir", slice_str("x"), 0644, &err), ERR_SYSTEM,
		     "cannot rename to 'd/dir'");
	assert_int_equal(entries("d"), 2); /* nothing half made is left */
}

static void test_full_disk(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(auto_close) int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_fails(file_write_all(fd, "full", "x", 1, &err), ERR_NO_SPACE,
		     "cannot write 'full': No space left on device");
}

static void test_source(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(file_source_close) struct source src = { 0 };
	char out[4] = { 0 };
	write_file("s", "0123456789", 10);
	assert_ok(file_source_open("s", &src, &err));
	assert_int_equal(src.size, 10);
	assert_string_equal(src.name, "s");
	assert_ok(source_read(&src, 7, out, 3, &err));
	assert_string_equal(out, "789");
	assert_fails(source_read(&src, 8, out, 3, &err), ERR_FORMAT, "lie past its end");
	assert_fails(source_read(&src, UINT64_MAX, out, 1, &err), ERR_FORMAT, "lie past its end");
	assert_int_equal(truncate("s", 5), 0);
	assert_fails(source_read(&src, 7, out, 3, &err), ERR_FORMAT, "became shorter");

	struct source other = { 0 };
	assert_fails(file_source_open(".", &other, &err), ERR_SYSTEM, "not a regular file");
	assert_fails(file_source_open("absent", &other, &err), ERR_SYSTEM, "No such file");
	assert_fails(file_source_open("/dev/null", &other, &err), ERR_SYSTEM, "not a regular file");
	assert_int_equal(mkfifo("pipe", 0600), 0);
	alarm(60); /* nobody writes: it must not wait for that */
	assert_fails(file_source_open("pipe", &other, &err), ERR_SYSTEM, "not a regular file");
	alarm(0);
}

static void test_dir_make(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct stat st;
	assert_ok(dir_make("a/b/c", &err));
	assert_int_equal(stat("a/b/c", &st), 0);
	assert_ok(dir_make("a/b/c", &err));
	assert_ok(dir_make("a//b/c/", &err));
	assert_ok(dir_make("/tmp", &err));
	write_file("a/f", "", 0);
	assert_fails(dir_make("a/f", &err), ERR_SYSTEM, "'a/f' is not a directory");
	assert_fails(dir_make("a/f/g", &err), ERR_SYSTEM, "cannot make directory 'a/f/g'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),      cmocka_unit_test(test_write),
		cmocka_unit_test(test_full_disk), cmocka_unit_test(test_source),
		cmocka_unit_test(test_dir_make),
	};
	return cmocka_run_group_tests(tests, enter_temp_dir, leave_temp_dir);
}
