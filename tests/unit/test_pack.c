/* SPDX-License-Identifier: MIT */
#include "pack.h"

#include <fcntl.h>
#include <sys/wait.h>

#include "file.h"
#include "support.h"

#define FILE_SIZE 300000
#define BLOCK_SIZE 100000

static uint8_t content[FILE_SIZE];

/* Half noise, half text: one block is stored, another compressed. */
static void fill_content(void)
{
	uint32_t x = 1;
	for (size_t i = 0; i < FILE_SIZE; i++) {
		x = x * 1664525 + 1013904223;
		content[i] = i < FILE_SIZE / 2 ? (uint8_t)(x >> 24) : (uint8_t)("text"[i % 4]);
	}
}

/* One file, known by what it was when it was verified. */
static void make_groups(struct groups *g)
{
	struct err err = { 0 };
	uint8_t digest[SHA256_SIZE];
	uint32_t file;
	assert_ok(sha256_of((struct slice) { content, FILE_SIZE }, digest, &err));
	assert_ok(groups_add(g, 0, digest, FILE_SIZE, "a", "a", &file, &err));
	assert_ok(groups_sort(g, &err));
	assert_ok(groups_cut(g, BLOCK_SIZE, &err));
}

static bool pack_to(const char *path, int level, unsigned jobs, struct pack *p, struct err *err)
{
	AUTO(groups_done) struct groups g = { 0 };
	AUTO(outfile_done) struct outfile out = OUTFILE_INIT;
	struct pack_options opt = { .encode = { .level = level }, .jobs = jobs };
	make_groups(&g);
	return outfile_open(&out, path, err) && pack_init(p, g.block_count, err) &&
	       pack_groups(p, &g, &opt, &out, err) && outfile_commit(&out, 0644, err);
}

static void test_any_number_of_threads(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct buf first = { 0 };
	write_file("a", content, FILE_SIZE);
	for (unsigned jobs = 1; jobs <= 4; jobs++) {
		struct pack p = { 0 };
		struct buf seen = { 0 };
		assert_ok(pack_to("out", 19, jobs, &p, &err));
		assert_int_equal(p.table.count, 3);
		assert_ok(file_read("out", 1 << 20, &seen, &err));
		if (jobs == 1) {
			first = seen;
		} else {
			assert_true(slice_equal(buf_slice(&first), buf_slice(&seen)));
			buf_done(&seen);
		}
		pack_done(&p);
	}
	buf_done(&first);
}

static void test_blocks_decode(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct pack p = { 0 };
	struct buf out = { 0 };
	static uint8_t raw[BLOCK_SIZE];
	write_file("a", content, FILE_SIZE);
	assert_ok(pack_to("out", 19, 2, &p, &err));
	assert_ok(file_read("out", 1 << 20, &out, &err));
	assert_int_equal(p.table.blocks[0].codec, BLOCK_STORED); /* noise gains nothing */
	assert_int_equal(p.table.blocks[2].codec, BLOCK_ZSTD);
	for (uint32_t i = 0; i < p.table.count; i++) {
		const struct block *b = &p.table.blocks[i];
		struct slice stored = { out.p + p.places[i], (size_t)b->stored_size };
		uint8_t digest[SHA256_SIZE];
		assert_ok(sha256_of(stored, digest, &err));
		assert_memory_equal(digest, b->sha256, SHA256_SIZE);
		assert_ok(block_decode(b, stored, (struct slice) { 0 }, raw, &err));
		assert_memory_equal(raw, content + (size_t)i * BLOCK_SIZE, BLOCK_SIZE);
	}
	buf_done(&out);
	pack_done(&p);
}

/* A second package with nearly the same file: its blocks against those of the first. */
static void test_prefixes(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(groups_done) struct groups g = { 0 };
	AUTO(outfile_done) struct outfile out = OUTFILE_INIT;
	AUTO(pack_done) struct pack p = { 0 };
	struct pack_options opt = { .encode = { .level = 19 }, .jobs = 2 };
	static uint8_t changed[FILE_SIZE];
	uint8_t digest[SHA256_SIZE];
	uint32_t file;
	memcpy(changed, content, FILE_SIZE);
	for (size_t i = 50; i < FILE_SIZE; i += 10000)
		changed[i] ^= 1;
	write_file("a", content, FILE_SIZE);
	write_file("b", changed, FILE_SIZE);
	assert_ok(sha256_of((struct slice) { content, FILE_SIZE }, digest, &err));
	assert_ok(groups_add(&g, 0, digest, FILE_SIZE, "k-1/x", "a", &file, &err));
	assert_ok(sha256_of((struct slice) { changed, FILE_SIZE }, digest, &err));
	assert_ok(groups_add(&g, 1, digest, FILE_SIZE, "k-2/x", "b", &file, &err));
	assert_ok(groups_sort(&g, &err));
	g.runs[1].base = 0;
	assert_ok(groups_cut(&g, BLOCK_SIZE, &err));
	assert_int_equal(g.block_count, 6);
	assert_ok(outfile_open(&out, "out", &err));
	assert_ok(pack_init(&p, g.block_count, &err));
	assert_ok(pack_groups(&p, &g, &opt, &out, &err));
	assert_ok(outfile_commit(&out, 0644, &err));
	/* The last one is all text, which is as small alone. */
	static const uint32_t prefixes[] = { 0, 0, 0, 1, 2, 0 };
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(p.table.blocks[i].prefix, prefixes[i]);
	for (uint32_t i = 3; i < 5; i++)
		assert_true(p.table.blocks[i].stored_size < BLOCK_SIZE / 10);
}

static void test_level_zero_stores(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct pack p = { 0 };
	write_file("a", content, FILE_SIZE);
	assert_ok(pack_to("out", 0, 1, &p, &err));
	for (uint32_t i = 0; i < p.table.count; i++)
		assert_int_equal(p.table.blocks[i].codec, BLOCK_STORED);
	pack_done(&p);
}

static void test_changed_files(void **state)
{
	(void)state;
	static const struct {
		size_t size;
		bool flip, missing;
		enum err_code code;
		const char *text, *why;
	} cases[] = {
		{ FILE_SIZE, true, false, ERR_DIGEST, "expected sha256", "one bit" },
		{ FILE_SIZE - 1, false, false, ERR_DIGEST, "cut short", "shorter" },
		{ FILE_SIZE + 1, false, false, ERR_DIGEST, "more bytes", "longer" },
		{ 0, false, false, ERR_DIGEST, "cut short", "empty" },
		{ 0, false, true, ERR_SYSTEM, "No such file", "not there" },
	};
	static uint8_t changed[FILE_SIZE + 1];
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = { 0 };
		struct pack p = { 0 };
		memcpy(changed, content, FILE_SIZE);
		changed[FILE_SIZE / 3] ^= cases[i].flip;
		write_file("a", changed, cases[i].size);
		if (cases[i].missing)
			unlink("a");
		unlink("out");
		if (pack_to("out", 3, 2, &p, &err) || err.code != cases[i].code ||
		    !strstr(err.msg, cases[i].text))
			fail_msg("%s: %d '%s'", cases[i].why, (int)err.code, err.msg);
		assert_int_not_equal(access("out", F_OK), 0);
		pack_done(&p);
	}
}

static void test_nothing_left_behind(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct outfile out = OUTFILE_INIT;
	assert_ok(outfile_open(&out, "new", &err));
	assert_ok(outfile_write(&out, "x", 1, &err));
	outfile_done(&out);
	assert_int_equal(system("test -z \"$(ls -A | grep new)\""), 0);
	assert_fails(outfile_open(&out, "no-such-dir/x", &err), ERR_SYSTEM, "no-such-dir");
	outfile_done(&out);
	assert_fails(outfile_open(&out, ".", &err), ERR_USAGE, "not a file");
	outfile_done(&out);
}

/* Not even when the program is killed, where the file system has files without a name. */
static void test_killed(void **state)
{
	(void)state;
	int probe = open(".", O_TMPFILE | O_RDWR, 0600);
	if (probe < 0)
		skip();
	close(probe);
	pid_t child = fork();
	if (child == 0) {
		struct outfile out = OUTFILE_INIT;
		_exit(outfile_open(&out, "killed", NULL) && outfile_write(&out, "x", 1, NULL) ? 0
											      : 1);
	}
	int status = -1;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(system("test -z \"$(ls -A | grep killed)\""), 0);
}

static void test_replaces_at_the_end(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(outfile_done) struct outfile out = OUTFILE_INIT;
	struct stat st;
	write_file("old", "old", 3);
	assert_ok(outfile_open(&out, "old", &err));
	assert_ok(outfile_write(&out, "-ew", 3, &err));
	assert_ok(outfile_write_at(&out, 0, "n", 1, &err));
	assert_string_equal(read_text("old"), "old");
	assert_string_equal(read_text(out.temp), "new");
	umask(027);
	assert_ok(outfile_commit(&out, 0777, &err));
	umask(022);
	assert_string_equal(read_text("old"), "new");
	assert_int_equal(stat("old", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	assert_int_equal(system("test \"$(ls -A | grep -c old)\" = 1"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_number_of_threads),
		cmocka_unit_test(test_blocks_decode),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_level_zero_stores),
		cmocka_unit_test(test_changed_files),
		cmocka_unit_test(test_nothing_left_behind),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_replaces_at_the_end),
	};
	fill_content();
	return cmocka_run_group_tests(tests, enter_temp_dir, leave_temp_dir);
}
