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

static const struct trust_places places = { "etc/policy.json", "trust.d", "lib/seen.json" };

/* How many certificates are trusted when the directory holds what it holds now. */
static size_t load(void)
{
	struct err err = { 0 };
	ignored_count = 0;
	AUTO(trust_store_done) struct trust_store s = { 0 };
	if (!trust_store_open(&places, NULL, 0, on_ignored, NULL, &s, &err))
		fail_msg("%s", err.msg);
	return trust_count(s.trust);
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
	AUTO(trust_store_done) struct trust_store s = { 0 };
	assert_ok(trust_store_open(&places, good, 1, NULL, NULL, &s, &err));
	assert_int_equal(trust_count(s.trust), 1);
	trust_store_done(&s);
	const char *const absent[] = { "absent.pem" };
	assert_fails(trust_store_open(&places, absent, 1, NULL, NULL, &s, &err), ERR_SYSTEM,
		     "absent.pem");
	const char *const junk[] = { "junk.pem" };
	write_file("junk.pem", "hello", 5);
	assert_fails(trust_store_open(&places, junk, 1, NULL, NULL, &s, &err), ERR_FORMAT,
		     "junk.pem");
}

/* --- what decides about trust ------------------------------------------------------------------ */

#define SEEN(version)                                                                              \
	"{\"schema\":1,\"latest\":5,\"anchors\":[],\"retired\":[],\"crls\":[],\"versions\":["      \
	"{\"bundle\":\"b\",\"version\":\"" version "\"}]}"

static const struct {
	const char *policy, *seen; /* content, or NULL: there is none */
	unsigned policy_mode, etc_mode, seen_mode, lib_mode;
	bool link; /* the policy is one */
	enum err_code code;
	const char *text, *why;
} protected_rows[] = {
	{ NULL, NULL, 0, 0755, 0, 0755, false, ERR_NONE, "", "nothing is said" },
	{ "{\"schema\":1}", SEEN("1"), 0644, 0755, 0644, 0755, false, ERR_NONE, "", "root's own" },
	{ "{\"schema\":1}", NULL, 0664, 0755, 0, 0755, false, ERR_POLICY, "policy.json",
	  "a group may write it" },
	{ "{\"schema\":1}", NULL, 0646, 0755, 0, 0755, false, ERR_POLICY, "policy.json",
	  "all may write it" },
	{ "{\"schema\":1}", NULL, 0644, 0775, 0, 0755, false, ERR_POLICY, "of its directory",
	  "a group may replace it" },
	{ NULL, NULL, 0, 0777, 0, 0755, false, ERR_POLICY, "removed",
	  "anybody may have removed it" },
	{ "{\"schema\":1}", NULL, 0644, 0755, 0, 0755, true, ERR_POLICY, "is a link", "a link" },
	{ "{\"schema\":1,\"x\":1}", NULL, 0644, 0755, 0, 0755, false, ERR_POLICY, "x",
	  "a key that nobody knows" },
	{ "", NULL, 0644, 0755, 0, 0755, false, ERR_POLICY, "policy.json", "empty" },
	{ "{\"schema\":1,\"anchors\":[{\"file\":\"a.pem\"}]}", NULL, 0644, 0755, 0, 0755, false,
	  ERR_POLICY, "a.pem", "a certificate that is not there" },
	{ "{\"schema\":1,\"anchors\":[{\"certificate\":\"hello\"}]}", NULL, 0644, 0755, 0, 0755,
	  false, ERR_POLICY, "no certificate", "a certificate that is none" },
	{ NULL, SEEN("1"), 0, 0755, 0666, 0755, false, ERR_POLICY, "seen.json",
	  "others may write what was seen" },
	{ NULL, SEEN("1"), 0, 0755, 0644, 0777, false, ERR_POLICY, "seen.json",
	  "or put something in its place" },
	{ NULL, "{}", 0, 0755, 0644, 0755, false, ERR_POLICY, "schema", "damaged" },
};

static void put(const char *path, const char *text, unsigned mode)
{
	unlink(path);
	if (!text)
		return;
	write_file(path, text, strlen(text));
	assert_int_equal(chmod(path, mode), 0);
}

static void test_protected(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(mkdir("etc", 0755), 0);
	assert_int_equal(mkdir("lib", 0755), 0);
	for (size_t i = 0; i < COUNT_OF(protected_rows); i++) {
		struct err err = { 0 };
		AUTO(trust_store_done) struct trust_store s = { 0 };
		put("etc/policy.json", protected_rows[i].policy, protected_rows[i].policy_mode);
		put("lib/seen.json", protected_rows[i].seen, protected_rows[i].seen_mode);
		if (protected_rows[i].link) {
			assert_int_equal(rename("etc/policy.json", "etc/other"), 0);
			assert_int_equal(symlink("other", "etc/policy.json"), 0);
		}
		assert_int_equal(chmod("etc", protected_rows[i].etc_mode), 0);
		assert_int_equal(chmod("lib", protected_rows[i].lib_mode), 0);
		bool ok = trust_store_open(&places, NULL, 0, NULL, NULL, &s, &err);
		if (ok != (protected_rows[i].code == ERR_NONE) ||
		    err.code != protected_rows[i].code || !strstr(err.msg, protected_rows[i].text))
			fail_msg("%s: %d, '%s'", protected_rows[i].why, (int)err.code, err.msg);
		if (ok && s.has_policy != (protected_rows[i].policy != NULL))
			fail_msg("%s: is there a policy?", protected_rows[i].why);
		if (ok && protected_rows[i].seen)
			assert_string_equal(seen_version(&s.seen, "b"), "1");
	}
}

static void test_another_user(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(trust_store_done) struct trust_store s = { 0 };
	if (geteuid() != 0)
		skip();
	assert_int_equal(mkdir("etc", 0755), 0);
	put("etc/policy.json", "{\"schema\":1}", 0644);
	assert_int_equal(chown("etc/policy.json", 65534, 65534), 0);
	assert_fails(trust_store_open(&places, NULL, 0, NULL, NULL, &s, &err), ERR_POLICY,
		     "only root");
	assert_int_equal(chown("etc/policy.json", 0, 0), 0);
	assert_int_equal(chown("etc", 65534, 65534), 0);
	assert_fails(trust_store_open(&places, NULL, 0, NULL, NULL, &s, &err), ERR_POLICY,
		     "of its directory");
}

/* Which certificates have which role. */
static void test_roles(void **state)
{
	(void)state;
	static const char policy[] = "{\"schema\":1,\"anchors\":[{\"role\":\"vendor\",\"file\":"
				     "\"a.pem\"}]}";
	struct err err = { 0 };
	AUTO(trust_store_done) struct trust_store s = { 0 };
	if (geteuid() != 0)
		skip();
	assert_int_equal(mkdir("etc", 0755), 0);
	assert_int_equal(mkdir("trust.d", 0755), 0);
	put("etc/policy.json", policy, 0644);
	put("trust.d/a.pem", certificate, 0644);
	assert_ok(trust_store_open(&places, NULL, 0, NULL, NULL, &s, &err));
	assert_int_equal(trust_count(s.trust), 1);
	assert_string_equal(trust_anchor(s.trust, 0)->role, "vendor");
	trust_store_done(&s);
	put("trust.d/bad.crl", certificate, 0644);
	assert_fails(trust_store_open(&places, NULL, 0, NULL, NULL, &s, &err), ERR_CRL, "bad.crl");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_directory, set_up, leave_temp_dir),
		cmocka_unit_test_setup_teardown(test_names, set_up, leave_temp_dir),
		cmocka_unit_test_setup_teardown(test_files, set_up, leave_temp_dir),
		cmocka_unit_test_setup_teardown(test_protected, set_up, leave_temp_dir),
		cmocka_unit_test_setup_teardown(test_another_user, set_up, leave_temp_dir),
		cmocka_unit_test_setup_teardown(test_roles, set_up, leave_temp_dir),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
