/* SPDX-License-Identifier: MIT */
/* test_platform_windows.c - the start, who and when, whole files, the log, space and locks. */
#include "rootpath.h"
#include "support_windows.h"

/* --- the start, who and when ------------------------------------------------------------------- */

static void test_start(void **state)
{
	(void)state;
	struct err err = { 0 };
	int argc = 0;
	char **argv = NULL;
	assert_ok(platform_start(&argc, &argv, &err));
	assert_true(argc >= 1);
	assert_non_null(argv[0]);
	assert_null(argv[argc]);
	for (int place = PLACE_STATE; place <= PLACE_ANYWHERE; place++) {
		const char *path = platform_place((enum platform_place)place);
		if (path[1] != ':' || path[2] != '\\' || strchr(path, '%'))
			fail_msg("place %d is '%s'", place, path);
	}
	assert_non_null(strstr(platform_place(PLACE_STATE), "\\ibbundle"));
	assert_true(platform_exists(platform_place(PLACE_SYSTEM)));
	assert_true(platform_exists(platform_place(PLACE_ANYWHERE)));
}

static void test_time(void **state)
{
	(void)state;
	static const struct {
		uint64_t when;
		const char *text;
	} times[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ 1793726401, "2026-11-03T17:20:01Z" },
		{ 4102444800, "2100-01-01T00:00:00Z" },
		{ UINT64_MAX, "unknown" },
	};
	for (size_t i = 0; i < COUNT_OF(times); i++) {
		char text[PLATFORM_TIME_SIZE];
		platform_format_time(times[i].when, text);
		assert_string_equal(text, times[i].text);
	}
	assert_true(platform_now() > 1700000000 && platform_now() < 10000000000);
	assert_int_equal(wide_seconds(wide_filetime(1793722801)), 1793722801);
	assert_int_equal(wide_filetime(0), 116444736000000000);
	uint64_t before = platform_monotonic();
	platform_sleep(20);
	assert_true(platform_monotonic() - before < 60000);
	assert_int_equal(platform_stops(), 0);
	assert_true(platform_process_id() != 0);
}

/* What UAC gives to an administrator first: a token in which that group can only refuse. */
static void test_admin(void **state)
{
	(void)state;
	SID_IDENTIFIER_AUTHORITY authority = SECURITY_NT_AUTHORITY;
	SID_AND_ATTRIBUTES group = { 0 };
	HANDLE own, filtered;
	assert_true(platform_is_admin()); /* the tests run so */
	assert_true(AllocateAndInitializeSid(&authority, 2, SECURITY_BUILTIN_DOMAIN_RID,
					     DOMAIN_ALIAS_RID_ADMINS, 0, 0, 0, 0, 0, 0,
					     &group.Sid));
	assert_true(OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &own));
	assert_true(CreateRestrictedToken(own, 0, 1, &group, 0, NULL, 0, NULL, &filtered));
	assert_true(ImpersonateLoggedOnUser(filtered));
	bool admin = platform_is_admin();
	assert_true(RevertToSelf());
	FreeSid(group.Sid);
	CloseHandle(filtered);
	CloseHandle(own);
	assert_false(admin);
	assert_true(platform_is_admin());
}

static void test_event(void **state)
{
	(void)state;
	/* Best effort: nothing comes back, whatever the text. */
	platform_event(false, "install");
	platform_event(true, "\xff");
}

static void test_root(void **state)
{
	(void)state;
	struct err err = { 0 };
	char out[PLATFORM_PATH_MAX];
	assert_false(platform_has_roots);
	assert_ok(rootpath("", "C:\\x", out, &err));
	assert_string_equal(out, "C:\\x");
	assert_fails(rootpath_open("D:\\image", out, &err), ERR_USAGE, "DISM");
}

/* --- files ------------------------------------------------------------------------------------- */

static void assert_content(const char *path, const char *text)
{
	struct err err = { 0 };
	AUTO(buf_done) struct buf b = BUF_INIT(4096);
	assert_ok(platform_read_file(path, &b, &err));
	assert_string_equal(buf_str(&b), text);
}

static void test_read_write(void **state)
{
	struct err err = { 0 };
	AUTO(buf_done) struct buf b = BUF_INIT(3);
	const char *path = in_directory(state, "Gr\xC3\xB6\xC3\x9F"
					       "e.txt");
	assert_fails(platform_read_file(path, &b, &err), ERR_NO, "cannot open");
	assert_fails(platform_read_file(in_directory(state, "no\\such"), &b, &err), ERR_NO, "open");
	assert_ok(platform_write_file(path, slice_str("one"), 0644, &err));
	assert_ok(platform_write_file(path, slice_str("two\n"), 0644, &err));
	assert_content(path, "two\n");
	assert_fails(platform_read_file(path, &b, &err), ERR_FORMAT, "larger than 3");
	assert_fails(platform_read_file(*state, &b, &err), ERR_SYSTEM, "cannot open");
	assert_fails(platform_read_file("\xff", &b, &err), ERR_FORMAT, "UTF-8");
	assert_fails(platform_read_file("nul", &b, &err), ERR_USAGE, "device");
	assert_fails(platform_read_file("\\\\.\\C:", &b, &err), ERR_USAGE, "not the path");
	assert_fails(platform_write_file("x:y:z", slice_str(""), 0, &err), ERR_USAGE,
		     "not the path");
	assert_fails(platform_write_file(in_directory(state, "no\\f"), slice_str(""), 0, &err),
		     ERR_SYSTEM, "cannot write");

	struct platform_names names;
	assert_ok(platform_list_dir(*state, &names, &err));
	assert_int_equal(names.count, 1); /* no temporary one is left */
	platform_free_names(&names);
	assert_true(platform_exists(path));
	assert_ok(platform_remove_file(path, &err));
	assert_ok(platform_remove_file(path, &err));
	assert_false(platform_exists(path));
}

/* A directory stands where the file should: nothing is replaced, and nothing is left over. */
static void test_write_over_directory(void **state)
{
	struct err err = { 0 };
	const char *path = in_directory(state, "d");
	assert_ok(platform_make_dirs(path, 0755, &err));
	assert_fails(platform_write_file(path, slice_str("x"), 0, &err), ERR_SYSTEM,
		     "cannot write");
	struct platform_names names;
	assert_ok(platform_list_dir(*state, &names, &err));
	assert_int_equal(names.count, 1);
	platform_free_names(&names);
}

static void test_new_dir(void **state)
{
	struct err err = { 0 };
	const char *path = in_directory(state, "not there/yet\\");
	assert_ok(platform_make_new_dir(path, &err));
	assert_true(platform_exists(path));
	assert_fails(platform_make_new_dir(path, &err), ERR_USAGE, "it exists");
	assert_fails(platform_make_new_dir(*state, &err), ERR_USAGE, "it exists");
	assert_ok(platform_write_file(in_directory(state, "file"), slice_str(""), 0, &err));
	assert_fails(platform_make_new_dir(in_directory(state, "file"), &err), ERR_USAGE,
		     "it exists");
}

static void test_long_path(void **state)
{
	struct err err = { 0 };
	char path[1024];
	int n = snprintf(path, sizeof(path), "%s", (const char *)*state);
	while (n < 700)
		n += snprintf(path + n, sizeof(path) - (size_t)n, "\\%s", "a-name-of-some-length");
	assert_ok(platform_make_dirs(path, 0755, &err));
	assert_ok(platform_make_dirs(path, 0755, &err));
	snprintf(path + n, sizeof(path) - (size_t)n, "/file"); /* a user's slash */
	assert_ok(platform_write_file(path, slice_str("deep"), 0644, &err));
	assert_content(path, "deep");
	assert_fails(platform_make_dirs(path, 0755, &err), ERR_SYSTEM, "not a directory");
	struct platform_space space;
	strncat(path, "\\not\\there", sizeof(path) - strlen(path) - 1);
	assert_ok(platform_space(path, &space, &err));
	assert_fails(platform_make_dirs(path, 0755, &err), ERR_SYSTEM, "cannot make directory");
}

static void test_source(void **state)
{
	struct err err = { 0 };
	const char *path = in_directory(state, "bundle");
	AUTO(platform_source_close) struct source s = { 0 };
	uint8_t got[4];
	assert_fails(platform_source_open(*state, &s, &err), ERR_FORMAT, "not a regular file");
	assert_fails(platform_source_open(path, &s, &err), ERR_SYSTEM, "cannot open");

	/* Past 4 GiB, without 4 GiB: nothing in between was ever written. */
	const uint64_t end = (UINT64_C(5) << 30) + 7;
	AUTO(wide_free) wchar_t *wide = wide_path(path, &err);
	HANDLE h = CreateFileW(wide, GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);
	DWORD n;
	LARGE_INTEGER at = { .QuadPart = (LONGLONG)end };
	assert_true(SetFilePointerEx(h, at, NULL, FILE_BEGIN) && WriteFile(h, "abcd", 4, &n, NULL));
	assert_true(CloseHandle(h));

	assert_ok(platform_source_open(path, &s, &err));
	assert_int_equal(s.size, end + 4);
	assert_ok(source_read(&s, end, got, 4, &err));
	assert_memory_equal(got, "abcd", 4);
	assert_ok(source_read(&s, 0, got, 4, &err));
	assert_memory_equal(got, "\0\0\0\0", 4);
	assert_fails(s.read_at(s.ctx, end + 2, got, 4, &err), ERR_FORMAT, "cut short");
	/* While it is open nobody may write to it, nor take it away. */
	assert_true(CreateFileW(wide, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
				OPEN_EXISTING, 0, NULL) == INVALID_HANDLE_VALUE);
	assert_int_equal(GetLastError(), ERROR_SHARING_VIOLATION);
	assert_false(DeleteFileW(wide));
}

static void test_own_source(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(platform_source_close) struct source s = { 0 };
	char program[PLATFORM_PATH_MAX];
	uint8_t magic[2];
	assert_ok(platform_source_open("", &s, &err));
	assert_string_equal(s.name, "this file");
	assert_ok(source_read(&s, 0, magic, 2, &err));
	assert_memory_equal(magic, "MZ", 2);
	assert_ok(platform_program(program, &err));
	assert_non_null(strstr(program, ".exe"));
}

static void test_list(void **state)
{
	struct err err = { 0 };
	struct platform_names names = { 0 };
	assert_ok(platform_list_dir(in_directory(state, "none"), &names, &err));
	assert_int_equal(names.count, 0);
	static const char *const some[] = { "b", "C", "a", "\xC3\xA4" };
	for (size_t i = 0; i < COUNT_OF(some); i++)
		assert_ok(
			platform_write_file(in_directory(state, some[i]), slice_str(""), 0, &err));
	assert_ok(platform_list_dir(*state, &names, &err));
	assert_int_equal(names.count, 4);
	assert_string_equal(names.names[0], "C"); /* by bytes */
	assert_string_equal(names.names[3], "\xC3\xA4");
	platform_free_names(&names);
	assert_ok(platform_list_dir(in_directory(state, "a"), &names, &err)); /* a file has none */
	assert_int_equal(names.count, 0);
}

/* --- the log, space, locks --------------------------------------------------------------------- */

static void test_log(void **state)
{
	struct err err = { 0 };
	const char *path = in_directory(state, "new\\logs\\x.log");
	FILE *first = platform_open_log(path, &err);
	assert_non_null(first);
	assert_true(fputs("one\n", first) >= 0 && fflush(first) == 0);
	assert_content(path, "one\r\n"); /* while it is open */
	FILE *second = platform_open_log(path, &err);
	assert_non_null(second);
	assert_true(fputs("two\n", second) >= 0 && fclose(second) == 0);
	assert_true(fputs("three\n", first) >= 0 && fclose(first) == 0);
	assert_content(path, "one\r\ntwo\r\nthree\r\n"); /* nobody wrote over the other's */
	assert_fails(platform_open_log(*state, &err), ERR_SYSTEM, "cannot write the log");
}

/* A name that somebody planted for another file. */
static void test_log_hard_link(void **state)
{
	struct err err = { 0 };
	const char *target = in_directory(state, "target"), *log = in_directory(state, "x.log");
	assert_ok(platform_write_file(target, slice_str("kept"), 0, &err));
	AUTO(wide_free) wchar_t *a = wide_path(target, &err), *b = wide_path(log, &err);
	assert_true(CreateHardLinkW(b, a, NULL));
	assert_fails(platform_open_log(log, &err), ERR_SYSTEM, "another name");
	assert_content(target, "kept");
}

static void test_space(void **state)
{
	struct err err = { 0 };
	struct platform_space here, there, root;
	assert_ok(platform_space(*state, &here, &err));
	assert_ok(platform_space(in_directory(state, "not\\yet\\there"), &there, &err));
	assert_ok(platform_space("C:\\not-there", &root, &err));
	assert_true(here.free_bytes > 0);
	assert_int_equal(here.device, there.device);
	assert_int_equal(here.device, root.device);
	assert_false(here.read_only);
	assert_fails(platform_space("Q:\\none", &root, &err), ERR_SYSTEM, "free space");
}

static void test_lock(void **state)
{
	struct err err = { 0 };
	intptr_t first = -1, second = -1;
	assert_ok(platform_lock(*state, &first, &err));
	assert_fails(platform_lock(*state, &second, &err), ERR_LOCKED, "another install");
	assert_int_equal(second, -1);
	platform_unlock(&first);
	assert_int_equal(first, -1);
	assert_ok(platform_lock(*state, &second, &err));
	platform_unlock(&second);
	assert_fails(platform_lock(in_directory(state, "none"), &first, &err), ERR_SYSTEM, "lock");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_admin),
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_root),
		cmocka_unit_test_setup_teardown(test_read_write, enter_directory, leave_directory),
		cmocka_unit_test_setup_teardown(test_write_over_directory, enter_directory,
						leave_directory),
		cmocka_unit_test_setup_teardown(test_new_dir, enter_directory, leave_directory),
		cmocka_unit_test_setup_teardown(test_long_path, enter_directory, leave_directory),
		cmocka_unit_test_setup_teardown(test_source, enter_directory, leave_directory),
		cmocka_unit_test(test_own_source),
		cmocka_unit_test_setup_teardown(test_list, enter_directory, leave_directory),
		cmocka_unit_test_setup_teardown(test_log, enter_directory, leave_directory),
		cmocka_unit_test_setup_teardown(test_log_hard_link, enter_directory,
						leave_directory),
		cmocka_unit_test_setup_teardown(test_space, enter_directory, leave_directory),
		cmocka_unit_test_setup_teardown(test_lock, enter_directory, leave_directory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
