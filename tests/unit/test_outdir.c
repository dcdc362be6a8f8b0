/* SPDX-License-Identifier: MIT */
#include "outdir.h"

#include <fcntl.h>

#include "support.h"

static struct tree_entry entry(const char *path, enum tree_type type, uint32_t mode)
{
	return (struct tree_entry) {
		.path = slice_str(path), .type = type, .mode = mode, .mtime = 1234567
	};
}

static void put_file(struct layout_sink *sink, const char *path, uint32_t mode)
{
	struct err err = { 0 };
	struct tree_entry e = entry(path, TREE_FILE, mode);
	assert_ok(sink->file_begin(sink->ctx, &e, &err));
	assert_ok(sink->file_write(sink->ctx, 0, (const uint8_t *)"hello ", 6, &err));
	assert_ok(sink->file_write(sink->ctx, 6, (const uint8_t *)"world", 5, &err));
	assert_ok(sink->file_end(sink->ctx, &e, &err));
}

static void check_mode(const char *path, unsigned mode)
{
	struct stat st;
	assert_int_equal(lstat(path, &st), 0);
	if ((st.st_mode & 07777) != mode || st.st_mtime != 1234567)
		fail_msg("%s: mode %o, time %lld", path, st.st_mode & 07777,
			 (long long)st.st_mtime);
}

static void test_a_tree(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(outdir_done) struct outdir d = OUTDIR_INIT;
	assert_ok(outdir_open(&d, "tree/", &err));
	assert_int_not_equal(access("tree", F_OK), 0); /* not before it is whole */
	struct layout_sink sink = outdir_sink(&d);
	struct tree_entry dir = entry("a", TREE_DIR, 0555), sub = entry("a/b", TREE_DIR, 0700);
	struct tree_entry link = entry("a/link", TREE_SYMLINK, 0777);
	link.target = slice_str("b/file");
	umask(077);
	assert_ok(sink.dir(&d, &dir, &err));
	assert_ok(sink.dir(&d, &sub, &err));
	put_file(&sink, "a/b/file", 0644);
	assert_ok(sink.symlink(&d, &link, &err));
	put_file(&sink, "top", 0755);
	assert_ok(outdir_finish_tree(&d, &err));
	assert_ok(outdir_commit(&d, &err));
	umask(022);
	assert_string_equal(read_text("tree/a/link"), "hello world");
	check_mode("tree/a", 0555); /* although things were written in it */
	check_mode("tree/a/b", 0700);
	check_mode("tree/a/b/file", 0644); /* whatever the umask */
	check_mode("tree/top", 0755);
	check_mode("tree/a/link", 0777);
}

static void test_refusals(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct outdir d = OUTDIR_INIT;
	mkdir("full", 0755);
	mkdir("full/x", 0755);
	write_file("file", "x", 1);
	assert_int_equal(symlink("full", "link"), 0);
	static const char *const taken[] = { "full", "file", "link" };
	for (size_t i = 0; i < COUNT_OF(taken); i++) {
		assert_fails(outdir_open(&d, taken[i], &err), ERR_USAGE, taken[i]);
		outdir_done(&d);
	}
	assert_fails(outdir_open(&d, "no/such/dir", &err), ERR_SYSTEM, "no/such/dir");
	outdir_done(&d);
	mkdir("vacant", 0755);
	assert_ok(outdir_open(&d, "vacant", &err));
	assert_fails(outdir_enter(&d, "../x", &err), ERR_FORMAT, "not an allowed name");
	assert_ok(outdir_commit(&d, &err));
	outdir_done(&d);
}

/* Even inside its own directory nothing is followed or written over. */
static void test_no_link_is_followed(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(outdir_done) struct outdir d = OUTDIR_INIT;
	assert_ok(outdir_open(&d, "links", &err));
	struct layout_sink sink = outdir_sink(&d);
	struct tree_entry link = entry("l", TREE_SYMLINK, 0777);
	link.target = slice_str("../elsewhere");
	mkdir("elsewhere", 0755);
	assert_ok(sink.symlink(&d, &link, &err));
	struct tree_entry below = entry("l/file", TREE_FILE, 0644);
	struct tree_entry same = entry("l", TREE_FILE, 0644);
	assert_fails(sink.file_begin(&d, &below, &err), ERR_SYSTEM, "open directory");
	assert_fails(sink.file_begin(&d, &same, &err), ERR_SYSTEM, "create");
	assert_int_not_equal(access("elsewhere/file", F_OK), 0);
}

static void test_nothing_left_behind(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct outdir d = OUTDIR_INIT;
	assert_ok(outdir_open(&d, "partial", &err));
	struct layout_sink sink = outdir_sink(&d);
	struct tree_entry dir = entry("closed", TREE_DIR, 0000);
	assert_ok(sink.dir(&d, &dir, &err));
	put_file(&sink, "closed/file", 0);
	assert_ok(outdir_finish_tree(&d, &err));
	outdir_done(&d); /* not committed */
	assert_int_equal(system("test -z \"$(ls -A | grep partial)\""), 0);
}

/* A large file has its room before anything is written to it; one that can't have it is refused then. */
static void test_preallocated(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct stat st;
	AUTO(outdir_done) struct outdir d = OUTDIR_INIT;
	assert_ok(outdir_open(&d, "room", &err));
	struct layout_sink sink = outdir_sink(&d);
	struct tree_entry large = entry("large", TREE_FILE, 0644),
			  huge = entry("huge", TREE_FILE, 0644);
	large.size = 3u << 20;
	huge.size = UINT64_C(1) << 62;
	AUTO(auto_free) uint8_t *bytes = calloc(1, (size_t)large.size);
	assert_non_null(bytes);
	assert_ok(sink.file_begin(sink.ctx, &large, &err));
	assert_int_equal(fstatat(d.top, "large", &st, 0), 0);
	bool can = st.st_size != 0;
	if (can)
		assert_int_equal(st.st_size, large.size);
	assert_ok(sink.file_write(sink.ctx, 1 << 20, bytes, 2 << 20, &err));
	assert_ok(sink.file_leave(sink.ctx, &large, &err));
	assert_ok(sink.file_resume(sink.ctx, &large, &err));
	assert_ok(sink.file_write(sink.ctx, 0, bytes, 1 << 20, &err));
	assert_ok(sink.file_end(sink.ctx, &large, &err));
	assert_int_equal(fstatat(d.top, "large", &st, 0), 0);
	assert_int_equal(st.st_size, large.size);
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
	AUTO(outdir_done) struct outdir d = OUTDIR_INIT;
	assert_ok(outdir_open(&d, "far", &err));
	struct layout_sink sink = outdir_sink(&d);
	struct tree_entry e = entry("file", TREE_FILE, 0644);
	uint64_t at = (UINT64_C(1) << 32) + 5;
	assert_ok(sink.file_begin(sink.ctx, &e, &err));
	assert_ok(sink.file_write(sink.ctx, at, (const uint8_t *)"text", 4, &err));
	assert_ok(sink.file_end(sink.ctx, &e, &err));
	assert_int_equal(fstatat(d.top, "file", &st, 0), 0);
	assert_int_equal(st.st_size, at + 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_tree),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_no_link_is_followed),
		cmocka_unit_test(test_nothing_left_behind),
		cmocka_unit_test(test_preallocated),
		cmocka_unit_test(test_large_offset),
	};
	return cmocka_run_group_tests(tests, enter_temp_dir, leave_temp_dir);
}
