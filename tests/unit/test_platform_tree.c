/* SPDX-License-Identifier: MIT */
/* test_platform_tree.c - laying out, staging and removing where others planted something, on Linux. */
#include "support.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform.h"

static struct tree_entry entry(enum tree_type type, const char *path, const char *target)
{
	return (struct tree_entry) {
		.type = type, .path = slice_str(path), .target = slice_str(target), .mode = 0644
	};
}

static bool lay(const struct layout_sink *sink, enum tree_type type, const char *path,
		struct err *err)
{
	struct tree_entry e = entry(type, path, type == TREE_SYMLINK ? "x" : "");
	if (type == TREE_DIR)
		return sink->dir(sink->ctx, &e, err);
	if (type == TREE_SYMLINK)
		return sink->symlink(sink->ctx, &e, err);
	return sink->file_begin(sink->ctx, &e, err) &&
	       sink->file_write(sink->ctx, 0, (const uint8_t *)"text", 4, err) &&
	       sink->file_end(sink->ctx, &e, err);
}

/* Whatever has the name already, nothing is written into it or through it. */
static void test_planted(void **state)
{
	(void)state;
	static const struct {
		const char *plant;
		enum tree_type type;
		const char *why;
	} rows[] = {
		{ "ln -s ../victim out/name", TREE_FILE, "a file through a link" },
		{ "ln -s ../absent out/name", TREE_FILE, "a file through a link to nothing" },
		{ "ln victim out/name", TREE_FILE, "a file through a hard link" },
		{ "mkfifo out/name", TREE_FILE, "a file into a pipe" },
		{ "touch out/name", TREE_FILE, "a file over a file" },
		{ "ln -s ../elsewhere out/name", TREE_DIR, "a directory through a link" },
		{ "mkdir -m 777 out/name", TREE_DIR, "a directory that somebody made" },
		{ "ln -s ../elsewhere out/name", TREE_SYMLINK, "a link through a link" },
		{ "touch out/name", TREE_SYMLINK, "a link over a file" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err err = { 0 };
		AUTO(platform_dir_close) struct platform_dir d = { 0 };
		assert_int_equal(system("rm -rf out victim elsewhere absent && mkdir out elsewhere "
					"&& printf kept > victim"),
				 0);
		assert_int_equal(system(rows[i].plant), 0);
		assert_ok(platform_dir_open("out", &d, &err));
		struct layout_sink sink = platform_dir_sink(&d);
		if (lay(&sink, rows[i].type, "name", &err) || err.code != ERR_SYSTEM)
			fail_msg("%s: '%s'", rows[i].why, err.msg);
		if (strcmp(read_text("victim"), "kept") != 0 || platform_exists("absent") ||
		    rmdir("elsewhere") != 0)
			fail_msg("%s: it was followed", rows[i].why);
	}
}

static void test_open(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct platform_dir d = { 0 };
	assert_int_equal(system("rm -rf real link && mkdir real && ln -s real link"), 0);
	assert_false(platform_dir_open("link", &d, &err));
	assert_int_equal(err.code, ERR_SYSTEM);
	assert_ok(platform_dir_open("real", &d, &err));
	platform_dir_close(&d);
}

/* Private while it fills, whatever the caller's mask; for all when that is said. */
static void test_modes(void **state)
{
	(void)state;
	static const mode_t masks[] = { 0, 022, 077 };
	for (size_t i = 0; i < COUNT_OF(masks); i++) {
		struct err err = { 0 };
		struct stat st;
		char path[PLATFORM_PATH_MAX];
		AUTO(platform_dir_close) struct platform_dir d = { 0 };
		mode_t before = umask(masks[i]);
		assert_ok(platform_make_staging(".", path, &err));
		assert_ok(platform_dir_open(path, &d, &err));
		struct layout_sink sink = platform_dir_sink(&d);
		assert_ok(lay(&sink, TREE_FILE, "file", &err));
		struct tree_entry open_to_all = entry(TREE_DIR, "dir", "");
		open_to_all.mode = 0777;
		assert_ok(sink.dir(sink.ctx, &open_to_all, &err));
		umask(before);
		assert_true(stat(path, &st) == 0 && (st.st_mode & 07777) == 0700);
		assert_true(fstatat((int)d.dir, "file", &st, 0) == 0 &&
			    (st.st_mode & 07777) == 0644);
		assert_ok(platform_dir_share(&d, &err));
		assert_true(stat(path, &st) == 0 && (st.st_mode & 07777) == 0755);
	}
}

/* However many are there already, by name: it is never one that somebody else made. */
static void test_staging(void **state)
{
	(void)state;
	struct err err = { 0 };
	char first[PLATFORM_PATH_MAX], second[PLATFORM_PATH_MAX];
	assert_int_equal(system("rm -rf s && mkdir s s/staging-XXXXXX && ln -s / s/staging-000000"),
			 0);
	assert_ok(platform_make_staging("s", first, &err));
	assert_ok(platform_make_staging("s", second, &err));
	assert_string_not_equal(first, second);
	assert_string_not_equal(first, "s/staging-XXXXXX");
}

/* A planted link is removed; what it leads to stays. */
static void test_remove(void **state)
{
	(void)state;
	struct err err = { 0 };
	assert_int_equal(
		system("rm -rf tree keep && mkdir -p tree/a/b keep && printf kept > keep/file "
		       "&& ln -s ../../keep tree/a/link && ln -s ../keep tree/b && "
		       "ln keep/file tree/hard && mkfifo tree/pipe"),
		0);
	assert_ok(platform_remove_tree("tree", &err));
	assert_false(platform_exists("tree"));
	assert_string_equal(read_text("keep/file"), "kept");
	assert_int_equal(symlink("keep", "tree"), 0);
	assert_ok(platform_remove_tree("tree", &err));
	assert_string_equal(read_text("keep/file"), "kept");
}

/* A large file has its room before anything is written to it; one that can't have it is refused then. */
static void test_preallocated(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct stat st;
	AUTO(platform_dir_close) struct platform_dir d = { 0 };
	assert_int_equal(system("rm -rf out && mkdir out"), 0);
	assert_ok(platform_dir_open("out", &d, &err));
	d.durable = true;
	struct layout_sink sink = platform_dir_sink(&d);
	struct tree_entry large = entry(TREE_FILE, "large", ""),
			  huge = entry(TREE_FILE, "huge", "");
	large.size = 3u << 20;
	huge.size = UINT64_C(1) << 62;
	AUTO(auto_free) uint8_t *bytes = calloc(1, (size_t)large.size);
	assert_non_null(bytes);
	assert_ok(sink.file_begin(sink.ctx, &large, &err));
	assert_int_equal(stat("out/large", &st), 0);
	bool can = st.st_size != 0;
	if (can)
		assert_int_equal(st.st_size, large.size);
	assert_ok(sink.file_write(sink.ctx, 1 << 20, bytes, 2 << 20, &err));
	assert_ok(sink.file_leave(sink.ctx, &large, &err));
	assert_ok(sink.file_resume(sink.ctx, &large, &err));
	assert_ok(sink.file_write(sink.ctx, 0, bytes, 1 << 20, &err));
	assert_ok(sink.file_end(sink.ctx, &large, &err));
	assert_int_equal(stat("out/large", &st), 0);
	assert_int_equal(st.st_size, large.size);
	assert_ok(platform_dir_sync(&d, &err));
	if (can) {
		assert_false(sink.file_begin(sink.ctx, &huge, &err));
		assert_int_equal(err.code, ERR_NO_SPACE);
	}
}

/* Offsets beyond 4 GiB reach the system whole; the file is sparse. */
static void test_large_offset(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct stat st;
	AUTO(platform_dir_close) struct platform_dir d = { 0 };
	assert_int_equal(system("rm -rf out && mkdir out"), 0);
	assert_ok(platform_dir_open("out", &d, &err));
	struct layout_sink sink = platform_dir_sink(&d);
	struct tree_entry e = entry(TREE_FILE, "file", "");
	uint64_t at = (UINT64_C(1) << 32) + 5;
	assert_ok(sink.file_begin(sink.ctx, &e, &err));
	assert_ok(sink.file_write(sink.ctx, at, (const uint8_t *)"text", 4, &err));
	assert_ok(sink.file_end(sink.ctx, &e, &err));
	assert_int_equal(stat("out/file", &st), 0);
	assert_int_equal(st.st_size, at + 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_planted),      cmocka_unit_test(test_open),
		cmocka_unit_test(test_modes),        cmocka_unit_test(test_staging),
		cmocka_unit_test(test_remove),       cmocka_unit_test(test_preallocated),
		cmocka_unit_test(test_large_offset),
	};
	return cmocka_run_group_tests(tests, enter_temp_dir, leave_temp_dir);
}
