/* SPDX-License-Identifier: MIT */
/* test_platform_tree_windows.c - trees: laid out, held, and removed. */
#include "support_windows.h"

#define WHEN INT64_C(1793726401)

static struct tree_entry entry(enum tree_type type, const char *path, const char *target)
{
	return (struct tree_entry) { .type = type,
				     .path = slice_str(path),
				     .target = slice_str(target),
				     .mode = 0644,
				     .mtime = WHEN };
}

static bool lay_file(const struct layout_sink *sink, const char *path, const char *text,
		     uint64_t size, struct err *err)
{
	struct tree_entry e = entry(TREE_FILE, path, "");
	e.size = size;
	return sink->file_begin(sink->ctx, &e, err) &&
	       sink->file_write(sink->ctx, 0, (const uint8_t *)text, strlen(text), err) &&
	       sink->file_end(sink->ctx, &e, err);
}

static bool lay_dir(const struct layout_sink *sink, const char *path, struct err *err)
{
	struct tree_entry e = entry(TREE_DIR, path, "");
	return sink->dir(sink->ctx, &e, err);
}

static void test_sink(void **state)
{
	struct err err = { 0 };
	AUTO(platform_dir_close) struct platform_dir d = { 0 };
	assert_ok(platform_dir_open(*state, &d, &err));
	struct layout_sink sink = platform_dir_sink(&d);
	assert_ok(lay_dir(&sink, "a", &err));
	assert_ok(lay_dir(&sink, "a/b", &err));
	assert_ok(lay_file(&sink, "a/b/\xC3\xA4.inf", "text\n", 5, &err));
	assert_string_equal(read_text("a\\b\\\xE4.inf"), "text\n"); /* as this C runtime names it */

	WIN32_FILE_ATTRIBUTE_DATA info;
	assert_true(GetFileAttributesExW(L"a\\b\\\u00e4.inf", GetFileExInfoStandard, &info));
	assert_int_equal(wide_seconds((uint64_t)info.ftLastWriteTime.dwHighDateTime << 32 |
				      info.ftLastWriteTime.dwLowDateTime),
			 WHEN);
	assert_false(info.dwFileAttributes & FILE_ATTRIBUTE_READONLY);
	assert_true(sink.progress(sink.ctx, 1, 2));
}

/* Room is made ahead for a large file, and what is not written of it does not stay. */
static void test_large(void **state)
{
	struct err err = { 0 };
	AUTO(platform_dir_close) struct platform_dir d = { 0 };
	assert_ok(platform_dir_open(*state, &d, &err));
	struct layout_sink sink = platform_dir_sink(&d);
	assert_ok(lay_file(&sink, "large", "0123456789", 16 << 20, &err));
	assert_string_equal(read_text("large"), "0123456789");
}

static void test_sink_refuses(void **state)
{
	struct err err = { 0 };
	AUTO(platform_dir_close) struct platform_dir d = { 0 };
	assert_fails(platform_dir_open(in_directory(state, "none"), &d, &err), ERR_SYSTEM,
		     "cannot open directory");
	assert_ok(platform_write_file(in_directory(state, "file"), slice_str("kept"), 0, &err));
	assert_fails(platform_dir_open(in_directory(state, "file"), &d, &err), ERR_SYSTEM,
		     "not a directory");
	assert_ok(platform_dir_open(*state, &d, &err));
	struct layout_sink sink = platform_dir_sink(&d);
	assert_fails(lay_file(&sink, "file", "x", 1, &err), ERR_SYSTEM, "cannot write 'file'");
	assert_fails(lay_file(&sink, "FILE", "x", 1, &err), ERR_SYSTEM, "cannot write 'FILE'");
	assert_string_equal(read_text("file"), "kept");
	assert_fails(lay_dir(&sink, "file", &err), ERR_SYSTEM, "cannot write 'file'");
	assert_fails(lay_file(&sink, "no/such", "x", 1, &err), ERR_SYSTEM, "'no/such'");
}

/* Wine says that it made a link and makes none; a system that makes one has it afterwards. */
static void test_sink_symlink(void **state)
{
	struct err err = { 0 };
	AUTO(platform_dir_close) struct platform_dir d = { 0 };
	assert_ok(platform_dir_open(*state, &d, &err));
	struct layout_sink sink = platform_dir_sink(&d);
	struct tree_entry e = entry(TREE_SYMLINK, "link", "dir");
	assert_ok(lay_dir(&sink, "dir", &err));
	if (sink.symlink(sink.ctx, &e, &err)) {
		DWORD attributes = GetFileAttributesW(L"link");
		assert_true(attributes & FILE_ATTRIBUTE_REPARSE_POINT);
		assert_true(attributes & FILE_ATTRIBUTE_DIRECTORY);
	} else {
		assert_non_null(strstr(err.msg, "symbolic link 'link'"));
		assert_int_equal(GetFileAttributesW(L"link"), INVALID_FILE_ATTRIBUTES);
	}
}

/* As long as it is open, another directory can't take its name. */
static void test_held(void **state)
{
	struct err err = { 0 };
	const char *path = in_directory(state, "d");
	struct platform_dir d = { 0 };
	assert_ok(platform_make_dirs(path, 0755, &err));
	assert_ok(platform_dir_open(path, &d, &err));
	bool moved = MoveFileExW(L"d", L"e", 0), removed = RemoveDirectoryW(L"d");
	platform_dir_close(&d);
	assert_false(moved);
	assert_false(removed);
	assert_true(MoveFileExW(L"d", L"e", 0));
	platform_dir_close(&d); /* twice does no harm */
}

static void test_remove(void **state)
{
	struct err err = { 0 };
	AUTO(platform_dir_close) struct platform_dir d = { 0 };
	const char *top = in_directory(state, "top");
	assert_ok(platform_remove_tree(top, &err)); /* nothing there */
	assert_ok(platform_make_dirs(in_directory(state, "top\\a\\b"), 0755, &err));
	assert_ok(platform_dir_open(top, &d, &err));
	struct layout_sink sink = platform_dir_sink(&d);
	for (unsigned i = 0; i < 600; i++) { /* more than are listed at once */
		char name[64];
		snprintf(name, sizeof(name), "a/a-file-with-a-name-of-some-length-%u", i);
		assert_ok(lay_file(&sink, name, "", 0, &err));
	}
	assert_ok(lay_file(&sink, "a/b/read-only", "x", 1, &err));
	platform_dir_close(&d);
	assert_true(SetFileAttributesW(L"top\\a\\b\\read-only", FILE_ATTRIBUTE_READONLY));
	assert_ok(platform_remove_tree(top, &err));
	assert_false(platform_exists(top));
	assert_ok(platform_write_file(top, slice_str("x"), 0, &err));
	assert_ok(platform_remove_tree(top, &err)); /* a file */
	assert_false(platform_exists(top));
}

/* A file that somebody has open is named, not waited for without end. */
static void test_remove_busy(void **state)
{
	struct err err = { 0 };
	assert_ok(platform_make_dirs(in_directory(state, "top"), 0755, &err));
	HANDLE h = CreateFileW(L"top\\busy", GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);
	assert_true(h != INVALID_HANDLE_VALUE);
	assert_fails(platform_remove_tree(in_directory(state, "top"), &err), ERR_SYSTEM,
		     "cannot remove");
	CloseHandle(h);
	assert_ok(platform_remove_tree(in_directory(state, "top"), &err));
}

static void test_staging(void **state)
{
	struct err err = { 0 };
	char one[PLATFORM_PATH_MAX], two[PLATFORM_PATH_MAX];
	assert_ok(platform_make_staging(*state, one, &err));
	assert_ok(platform_make_staging(*state, two, &err));
	assert_non_null(strstr(one, "\\staging-"));
	assert_string_not_equal(one, two);
	assert_true(platform_is_protected(one));
	assert_fails(platform_make_staging(in_directory(state, "none"), one, &err), ERR_SYSTEM,
		     "cannot make a staging directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sink, enter_directory, leave_directory),
		cmocka_unit_test_setup_teardown(test_large, enter_directory, leave_directory),
		cmocka_unit_test_setup_teardown(test_sink_refuses, enter_directory,
						leave_directory),
		cmocka_unit_test_setup_teardown(test_sink_symlink, enter_directory,
						leave_directory),
		cmocka_unit_test_setup_teardown(test_held, enter_directory, leave_directory),
		cmocka_unit_test_setup_teardown(test_remove, enter_directory, leave_directory),
		cmocka_unit_test_setup_teardown(test_remove_busy, enter_directory, leave_directory),
		cmocka_unit_test_setup_teardown(test_staging, enter_directory, leave_directory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
