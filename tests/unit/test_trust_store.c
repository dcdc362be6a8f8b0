/* SPDX-License-Identifier: MIT */
/* test_trust_store.c - which files make a certificate trusted, and which can't. */
#include "certificate.h"
#include "platform.h"
#include "support.h"
#include "trust_store.h"

static unsigned ignored_count;
static char ignored_last[PLATFORM_PATH_MAX];

static void on_ignored(void *ctx, const char *path)
{
	(void)ctx;
	ignored_count++;
	snprintf(ignored_last, sizeof(ignored_last), "%s", path);
}

/* How many certificates are trusted when the directory holds what it holds now. */
static size_t load(void)
{
	struct err err = { 0 };
	ignored_count = 0;
	AUTO(trust_auto_free)
	struct trust *t = trust_store_load("trust.d", NULL, 0, on_ignored, NULL, &err);
	if (!t)
		fail_msg("%s", err.msg);
	return trust_count(t);
}

static int set_up(void **state)
{
	umask(022);
	return enter_temp_dir(state);
}

static void test_directory(void **state)
{
	(void)state;
	const bool root = geteuid() == 0;
	assert_int_equal(load(), 0); /* there is none */
	assert_int_equal(ignored_count, 0);
	assert_int_equal(mkdir("trust.d", 0755), 0);
	assert_int_equal(load(), 0); /* it is empty */
	write_file("trust.d/a.pem", certificate, strlen(certificate));
	write_file("trust.d/README", "not a certificate", 17);
	write_file("trust.d/.pem", certificate, strlen(certificate));
	assert_int_equal(load(), root ? 1 : 0); /* what is not root's is not trusted */
	assert_int_equal(chmod("trust.d/a.pem", 0664), 0);
	assert_int_equal(load(), 0);
	assert_int_equal(ignored_count, 1);
	assert_non_null(strstr(ignored_last, "trust.d"));
	assert_int_equal(chmod("trust.d/a.pem", 0644), 0);
	assert_int_equal(chmod("trust.d", 0777), 0); /* anybody may put another in its place */
	assert_int_equal(load(), 0);
	assert_string_equal(ignored_last, "trust.d");
}

static void test_names(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		bool read;
	} names[] = {
		{ "a.pem", true },      { "a.crt", true }, { "a.cer", true }, { "A.CER", true },
		{ "a.b.der", true },    { ".pem", false }, { "pem", false },  { "a.pem~", false },
		{ "a.pem.bak", false }, { "apem", false },
	};
	if (geteuid() != 0)
		skip();
	assert_int_equal(mkdir("trust.d", 0755), 0);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char path[64];
		snprintf(path, sizeof(path), "trust.d/%s", names[i].name);
		write_file(path, certificate, strlen(certificate));
		if (load() != names[i].read)
			fail_msg("'%s' is%s read", names[i].name, names[i].read ? " not" : "");
		assert_int_equal(unlink(path), 0);
	}
}

static void test_files(void **state)
{
	(void)state;
	struct err err = { 0 };
	const char *const good[] = { "mine.crt" };
	write_file("mine.crt", certificate, strlen(certificate));
	assert_int_equal(chmod("mine.crt", 0666), 0); /* named by hand: that is for the caller */
	AUTO(trust_auto_free)
	struct trust *t = trust_store_load("none", good, 1, NULL, NULL, &err);
	assert_non_null(t);
	assert_int_equal(trust_count(t), 1);
	const char *const absent[] = { "absent.pem" };
	assert_fails(trust_store_load("none", absent, 1, NULL, NULL, &err), ERR_SYSTEM,
		     "absent.pem");
	const char *const junk[] = { "junk.pem" };
	write_file("junk.pem", "hello", 5);
	memset(&err, 0, sizeof(err));
	assert_null(trust_store_load("none", junk, 1, NULL, NULL, &err));
	assert_non_null(strstr(err.msg, "junk.pem"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_directory, set_up, leave_temp_dir),
		cmocka_unit_test_setup_teardown(test_names, set_up, leave_temp_dir),
		cmocka_unit_test_setup_teardown(test_files, set_up, leave_temp_dir),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
