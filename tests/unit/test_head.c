/* SPDX-License-Identifier: MIT */
/* test_head.c - stubs, the platforms that they are for, and the files that begin with them. */
#include "file.h"
#include "head.h"
#include "support_pe.h"

static const struct {
	const char *name, *platform;
	size_t base;
	bool has_ending;
	const char *why;
} names[] = {
	{ "b.run", "linux-x86_64", 1, true, "the plain one" },
	{ "dir.run/b.run", "linux-x86_64", 9, true, "a directory with an ending" },
	{ "b-aarch64.run", "linux-aarch64", 1, true, "the longer ending counts" },
	{ "b-aarch64.exe", HEAD_WINDOWS, 9, true, "no ending of Windows" },
	{ "b.exe", HEAD_WINDOWS, 1, true, "Windows" },
	{ "b.ibb", NULL, 1, true, "no head" },
	{ "b.run.ibb", NULL, 5, true, "the last ending counts" },
	{ "-aarch64.run", "linux-x86_64", 8, true, "an ending alone is a name" },
	{ ".run", NULL, 0, false, "an ending alone is a name" },
	{ "dir/.exe", NULL, 0, false, "also in a directory" },
	{ "b", NULL, 0, false, "no ending" },
	{ "b.run.p7s", NULL, 0, false, "another ending" },
	{ "b.RUN", NULL, 0, false, "endings are as they are" },
	{ "b.exe/", NULL, 0, false, "a directory" },
	{ "debian-12.4", NULL, 0, false, "a version is no ending" },
	{ "", NULL, 0, false, "nothing" },
};

static void test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const char *platform = "untouched";
		size_t base = 0;
		bool has = head_of_name(names[i].name, &platform, &base);
		bool same = names[i].platform ? platform && !strcmp(platform, names[i].platform)
					      : platform == NULL;
		if (has != names[i].has_ending || (has && base != names[i].base) || !same)
			fail_msg("'%s': %s", names[i].name, names[i].why);
	}
}

static void test_endings(void **state)
{
	(void)state;
	size_t n = 0;
	for (; head_platform(n); n++) {
		char name[64];
		const char *platform;
		size_t base;
		snprintf(name, sizeof(name), "b%s", head_ending(head_platform(n)));
		assert_true(head_of_name(name, &platform, &base));
		assert_string_equal(platform, head_platform(n));
		assert_true(n == 0 || strcmp(head_platform(n - 1), head_platform(n)) < 0);
	}
	assert_int_equal(n, HEADS_MAX);
}

static void elf_stub(struct buf *b, unsigned machine)
{
	uint8_t head[64] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };
	head[18] = (uint8_t)machine;
	buf_add(b, head, sizeof(head));
	buf_add(b, STUB_MAGIC, STUB_MAGIC_SIZE);
	buf_add_u64le(b, 0);
}

static const struct {
	size_t at; /* of an ELF head for x86_64 */
	uint8_t value;
	const char *platform;
	const char *why;
} elves[] = {
	{ 0, 0x7f, "linux-x86_64", "as it is" },
	{ 18, 183, "linux-aarch64", "aarch64" },
	{ 18, 3, NULL, "i386" },
	{ 19, 1, NULL, "a machine above 255" },
	{ 4, 1, NULL, "32 bits" },
	{ 5, 2, NULL, "big-endian" },
	{ 0, 0x7e, NULL, "no ELF" },
};

static void test_platforms(void **state)
{
	(void)state;
	struct err err = { 0 };
	for (size_t i = 0; i < COUNT_OF(elves); i++) {
		AUTO(buf_done) struct buf b = BUF_INIT(4096);
		elf_stub(&b, 62);
		b.p[elves[i].at] = elves[i].value;
		const char *name = NULL;
		bool ok = stub_platform(buf_slice(&b), &name, &err);
		if (ok != (elves[i].platform != NULL) ||
		    (ok && strcmp(name, elves[i].platform) != 0))
			fail_msg("%s", elves[i].why);
		for (size_t n = 0; n < 20; n++)
			assert_false(stub_platform((struct slice) { b.p, n }, &name, &err));
	}
	AUTO(buf_done) struct buf pe = BUF_INIT(4096);
	const char *name = NULL;
	pe_test_stub(&pe, 0);
	assert_ok(stub_platform(buf_slice(&pe), &name, &err));
	assert_string_equal(name, HEAD_WINDOWS);
	pe.p[PE_TEST_HEADERS + 4] = 0x4c; /* i386 */
	pe.p[PE_TEST_HEADERS + 5] = 0x01;
	assert_fails(stub_platform(buf_slice(&pe), &name, &err), ERR_FORMAT, "Windows");
}

static void write_buf(const char *path, const struct buf *b)
{
	write_file(path, b->p, b->len);
}

static void test_read(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(buf_done) struct buf intel = BUF_INIT(4096), arm = BUF_INIT(4096), pe = BUF_INIT(4096);
	elf_stub(&intel, 62);
	elf_stub(&arm, 183);
	pe_test_stub(&pe, 3);
	put_u32le(pe.p + PE_TEST_CHECKSUM, 0x1234); /* as a linker writes it */
	write_buf("intel", &intel);
	write_buf("arm", &arm);
	write_buf("pe", &pe);
	AUTO(heads_done) struct heads h = { 0 };
	struct option_list files = { { "pe", "intel", "arm" }, 3 };
	assert_ok(heads_read(&h, &files, &err));
	assert_int_equal(h.count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(h.v[i].platform, head_platform(i)); /* sorted */
	const struct head *windows = heads_find(&h, HEAD_WINDOWS, &err);
	assert_non_null(windows);
	put_u32le(pe.p + PE_TEST_CHECKSUM, 0);
	assert_true(slice_equal(buf_slice(&windows->stub), buf_slice(&pe)));

	AUTO(heads_done) struct heads one = { 0 };
	struct option_list intel_only = { { "intel" }, 1 };
	assert_ok(heads_read(&one, &intel_only, &err));
	if (heads_find(&one, HEAD_WINDOWS, &err))
		fail_msg("there is none");
	assert_non_null(strstr(err.msg, "stub/windows-x86_64.exe"));
}

static void test_read_refuses(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(buf_done) struct buf used = BUF_INIT(4096), signed_pe = BUF_INIT(4096);
	AUTO(buf_done) struct buf intel = BUF_INIT(4096);
	elf_stub(&intel, 62);
	elf_stub(&used, 62);
	used.p[used.len - 1] = 1;
	pe_test_stub(&signed_pe, 0);
	pe_test_sign(&signed_pe, 16);
	write_buf("intel", &intel);
	write_buf("used", &used);
	write_buf("signed", &signed_pe);
	write_file("text", "text", 4);
	const struct {
		struct option_list files;
		enum err_code code;
		const char *says;
	} rows[] = {
		{ { { "intel", "intel" }, 2 }, ERR_USAGE, "second stub for linux-x86_64" },
		{ { { "used" }, 1 }, ERR_FORMAT, "is a bundle" },
		{ { { "signed" }, 1 }, ERR_FORMAT, "signed already" },
		{ { { "text" }, 1 }, ERR_FORMAT, "no program" },
		{ { { "none" }, 1 }, ERR_SYSTEM, "none" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(heads_done) struct heads h = { 0 };
		assert_fails(heads_read(&h, &rows[i].files, &err), rows[i].code, rows[i].says);
	}
}

/* --- heads alone -------------------------------------------------------------------------------- */

static bool check_alone(const struct buf *file, const struct root *root, struct head_alone *out,
			struct err *err)
{
	AUTO(file_source_close) struct source src = { 0 };
	*err = (struct err) { 0 };
	write_buf("alone", file);
	return file_source_open("alone", &src, err) && head_check_alone(&src, root, out, err);
}

static void test_alone(void **state)
{
	(void)state;
	for (size_t more = 0; more < 8; more++) { /* so that padding has every length */
		struct err err = { 0 };
		struct head_alone seen;
		AUTO(buf_done) struct buf file = BUF_INIT(4096);
		pe_test_stub(&file, more);
		struct root root = { .stub_count = 1 };
		root.stubs[0] = (struct root_part) { HEAD_WINDOWS, { .size = file.len } };
		assert_ok(stub_digest(buf_slice(&file), root.stubs[0].digest.sha256, &err));
		assert_ok(check_alone(&file, &root, &seen, &err));
		assert_string_equal(seen.platform, HEAD_WINDOWS);
		assert_int_equal(seen.certificates.size, 0);
		pe_test_sign(&file, 16);
		assert_ok(check_alone(&file, &root, &seen, &err));
		assert_int_equal(seen.certificates.size, 16);
		for (size_t i = 0; i < file.len; i++) {
			file.p[i] ^= 1;
			if (check_alone(&file, &root, &seen, &err))
				fail_msg("byte %zu flipped is accepted", i);
			file.p[i] ^= 1;
		}
		for (size_t n = 0; n < file.len; n++) {
			struct buf cut = file;
			cut.len = n;
			assert_false(check_alone(&cut, &root, &seen, &err));
		}
		buf_add_str(&file, "12345678");
		assert_false(check_alone(&file, &root, &seen, &err));
	}
}

static void test_is_alone(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(buf_done) struct buf pe = BUF_INIT(4096), elf = BUF_INIT(4096);
	pe_test_stub(&pe, 1);
	elf_stub(&elf, 62);
	struct {
		const struct buf *file;
		bool alone;
	} rows[] = { { &pe, true }, { &elf, false }, { &pe, false } };
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		bool alone = !rows[i].alone;
		AUTO(file_source_close) struct source src = { 0 };
		write_buf("file", rows[i].file);
		assert_ok(file_source_open("file", &src, &err));
		assert_ok(head_is_alone(&src, &alone, &err));
		assert_int_equal(alone, rows[i].alone);
		pe.p[pe.len - 8] = 1; /* for the last row: the placeholder leads somewhere */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_endings),
		cmocka_unit_test(test_platforms),
		cmocka_unit_test_setup_teardown(test_read, enter_temp_dir, leave_temp_dir),
		cmocka_unit_test_setup_teardown(test_read_refuses, enter_temp_dir, leave_temp_dir),
		cmocka_unit_test_setup_teardown(test_alone, enter_temp_dir, leave_temp_dir),
		cmocka_unit_test_setup_teardown(test_is_alone, enter_temp_dir, leave_temp_dir),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
