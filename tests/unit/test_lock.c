/* SPDX-License-Identifier: MIT */
/* test_lock.c - locks are read strictly, printed as they were read, and compared. */
#include "support.h"

#include "lock.h"

#define SHA_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SHA_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define TOP                                                                                        \
	"{\"schema\":1,\"name\":\"t\",\"version\":\"1\",\"created\":5,\"manifest_sha256\":"        \
	"\"" SHA_A "\",\"suites\":[],"
#define DEB(v)                                                                                     \
	"\"deb\":{\"package\":\"p\",\"version\":\"" v "\",\"arch\":\"all\",\"depends\":\"\","      \
	"\"conflicts\":\"\",\"provides\":\"\",\"essential\":false,\"installed_size\":1}"
#define FILE_X(name, sha, more)                                                                    \
	"{\"name\":\"" name "\",\"urls\":[\"u\"],\"size\":1,\"sha256\":\"" sha                     \
	"\",\"trust\":\"pinned\"" more "}"
#define FILES "\"files\":[" FILE_X("a", SHA_A, "," DEB("1")) "," FILE_X("b", SHA_B, "") "],"
#define PACKAGE(id, debs, files)                                                                   \
	"{\"id\":\"" id "\",\"title\":\"T\",\"version\":\"1\",\"license\":\"L\",\"priority\":1,"   \
	"\"match\":{},\"install\":[],\"debs\":[" debs "],\"files\":[" files "]}"
#define ONE_DEB "{\"file\":0,\"batch\":0}"
#define ONE_FILE "{\"file\":1,\"path\":\"x/b\",\"unpack\":false}"
#define PACKAGES(x) "\"packages\":[" x "]}"

static const struct {
	const char *text;
	const char *error; /* NULL: it is fine */
} cases[] = {
	{ TOP FILES PACKAGES(PACKAGE("a", ONE_DEB, ONE_FILE)), NULL },
	{ TOP FILES PACKAGES(""), NULL },
	{ "{\"schema\":9}", "schema" },
	{ TOP "\"more\":1," FILES PACKAGES(""), "more: unknown key" },
	{ TOP "\"files\":[{\"name\":\"a\"}]," PACKAGES(""), "'trust' is missing" },
	{ TOP "\"files\":[{\"name\":\"a\",\"trust\":\"pinned\"}]," PACKAGES(""),
	  "'urls' is missing" },
	{ TOP "\"files\":[" FILE_X("b", SHA_A, "") "," FILE_X("a", SHA_A, "") "]," PACKAGES(""),
	  "sorted" },
	{ TOP "\"files\":[" FILE_X("a", SHA_A, "") "," FILE_X("a", SHA_A, "") "]," PACKAGES(""),
	  "sorted" },
	{ TOP "\"files\":[" FILE_X("a", SHA_A, ",\"x\":1") "]," PACKAGES(""), "x: unknown key" },
	{ TOP
	  "\"files\":[{\"name\":\"a\",\"trust\":\"pinned\",\"urls\":[],\"size\":1}]," PACKAGES(""),
	  "not be empty" },
	{ TOP "\"files\":[{\"name\":\"a\",\"trust\":\"supplied\",\"urls\":[],\"size\":1,\"sha256\":"
	      "\"" SHA_A "\"}],\"left_out\":[{\"id\":\"x\",\"reason\":\"needs y\"}]," PACKAGES(""),
	  NULL },
	{ TOP "\"files\":[{\"name\":\"a\",\"trust\":\"supplied\",\"urls\":[\"u\"],\"size\":1}]"
	      "," PACKAGES(""),
	  "urls: must be empty: it is supplied" },
	{ TOP
	  "\"files\":[{\"name\":\"a\",\"trust\":\"given\",\"urls\":[],\"size\":1}]," PACKAGES(""),
	  "trust: must be \"repository\", \"pinned\", \"first-use\" or \"supplied\"" },
	{ TOP FILES "\"left_out\":{}," PACKAGES(""), "left_out: must be an array" },
	{ TOP FILES "\"left_out\":[{\"id\":\"x\"}]," PACKAGES(""), "'reason' is missing" },
	{ TOP FILES "\"left_out\":[{\"id\":\"x\",\"reason\":\"\\u001b[2J\"}]," PACKAGES(""),
	  "reason: has a control character" },
	{ TOP FILES "\"left_out\":[{\"id\":\"x\",\"reason\":\"r\",\"more\":1}]," PACKAGES(""),
	  "more: unknown key" },
	{ TOP FILES PACKAGES(PACKAGE("a", "{\"file\":2,\"batch\":0}", "")), "no such file" },
	{ TOP FILES PACKAGES(PACKAGE("a", "{\"file\":1,\"batch\":0}", "")), "not a .deb" },
	{ TOP FILES PACKAGES(PACKAGE("a", "{\"file\":0,\"batch\":1}", "")), "batches" },
	{ TOP FILES PACKAGES(PACKAGE("a", ONE_DEB ",{\"file\":0,\"batch\":2}", "")), "batches" },
	{ TOP FILES PACKAGES(PACKAGE("a", "", "{\"file\":1,\"path\":\"../b\",\"unpack\":true}")),
	  "not a safe path" },
	{ TOP FILES PACKAGES(PACKAGE("b", "", "") "," PACKAGE("a", "", "")), "sorted by id" },
	{ TOP FILES PACKAGES(PACKAGE("a", "", "") "," PACKAGE("a", "", "")), "sorted by id" },
	{ TOP FILES PACKAGES(PACKAGE("A b", "", "")), "not a safe name" },
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = { 0 };
		struct lock l = { 0 };
		bool ok = lock_parse("l", slice_str(cases[i].text), &l, &err);
		if (ok != (cases[i].error == NULL))
			fail_msg("%s\n%s", cases[i].text, ok ? "was taken" : err.msg);
		if (!ok && !strstr(err.msg, cases[i].error))
			fail_msg("%s\n'%s', not '%s'", cases[i].text, err.msg, cases[i].error);
		lock_done(&l);
	}
}

static void test_round_trip(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(lock_done) struct lock l = { 0 };
	AUTO(lock_done) struct lock again = { 0 };
	AUTO(buf_done) struct buf first = BUF_INIT(1u << 20);
	AUTO(buf_done) struct buf second = BUF_INIT(1u << 20);
	assert_ok(lock_parse("l", slice_str(cases[0].text), &l, &err));
	assert_ok(lock_print(&l, &first, &err));
	assert_ok(lock_parse("l", buf_slice(&first), &again, &err));
	assert_ok(lock_print(&again, &second, &err));
	assert_string_equal(buf_str(&first), buf_str(&second));
	assert_int_equal(again.packages[0].deb_count, 1);
	assert_string_equal(again.packages[0].files[0].path, "x/b");
}

static void check_diff(const char *old_text, const char *new_text, const char *want)
{
	struct err err = { 0 };
	AUTO(lock_done) struct lock old = { 0 };
	AUTO(lock_done) struct lock new = { 0 };
	AUTO(buf_done) struct buf out = BUF_INIT(1u << 20);
	assert_ok(lock_parse("old", slice_str(old_text), &old, &err));
	assert_ok(lock_parse("new", slice_str(new_text), &new, &err));
	assert_ok(lock_diff(&old, &new, &out, &err));
	assert_string_equal(buf_str(&out), want);
}

static void test_diff(void **state)
{
	(void)state;
	const char *both = TOP FILES PACKAGES(PACKAGE("a", ONE_DEB, ONE_FILE));
	const char *deb = TOP FILES PACKAGES(PACKAGE("a", ONE_DEB, ""));
	const char *newer = TOP "\"files\":[" FILE_X("a", SHA_B, "," DEB("2")) "]," PACKAGES(
		PACKAGE("a", ONE_DEB, ""));
	const char *rebuilt = TOP "\"files\":[" FILE_X("a", SHA_B, "," DEB("1")) "]," PACKAGES(
		PACKAGE("a", ONE_DEB, ""));
	check_diff(both, both, "");
	check_diff(both, deb, "package a 1\n  - x/b\n");
	check_diff(deb, both, "package a 1\n  + x/b\n");
	check_diff(deb, newer, "package a 1\n  p 1 -> 2\n");
	check_diff(deb, rebuilt, "package a 1\n  p 1: other content, same name\n");
	check_diff(TOP FILES PACKAGES(""), deb, "+ package a 1\n");
	check_diff(deb, TOP FILES PACKAGES(""), "- package a 1\n");
}

static void test_path(void **state)
{
	(void)state;
	static const struct {
		const char *manifest, *lock;
	} rows[] = {
		{ "m/a.json", "m/a.lock.json" },
		{ "a", "a.lock.json" },
		{ ".json", ".json.lock.json" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err err = { 0 };
		AUTO(auto_free) char *path = NULL;
		assert_ok(lock_path(rows[i].manifest, &path, &err));
		assert_string_equal(path, rows[i].lock);
	}
}

static void test_missing(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct lock l = { 0 };
	assert_fails(lock_read("/nonexistent/a.lock.json", &l, &err), ERR_USAGE, "ibbundle lock");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),   cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_diff),    cmocka_unit_test(test_path),
		cmocka_unit_test(test_missing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
