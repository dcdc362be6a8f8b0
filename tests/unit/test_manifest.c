/* SPDX-License-Identifier: MIT */
/* test_manifest.c - every key a manifest may have, and every way to get one wrong. */
#include "support.h"

#include "manifest.h"

/* Parts of a manifest; a case replaces one of them. */
#define HEAD "{\"schema\":1,\"name\":\"demo\",\"version\":\"1\","
#define SUITES "\"suites\":[{\"suite\":\"s\",\"uris\":[\"@apt:Debian\"]}]"
#define REPO "\"type\":\"apt\"," SUITES ",\"components\":[\"main\"],\"keyring\":\"@apt\""
#define REPOS "\"repositories\":{\"r\":{" REPO "}},"
#define FILES "\"files\":[{\"url\":[\"http://h/a.bin\"]}]"
#define CLOSURE                                                                                    \
	"\"closure\":{\"repository\":\"r\",\"arch\":\"amd64\",\"base\":\"minbase\","               \
	"\"packages\":[\"p\"]}"
#define RULES "\"match\":{\"os\":\"linux\"},\"install\":[{\"deb\":{}}]"
#define NAMES "\"id\":\"a\",\"title\":\"A\",\"license\":\"MIT\",\"priority\":1"
#define PACKAGE NAMES ",\"version\":\"1\"," FILES "," RULES
#define VENDOR(file) NAMES ",\"version\":\"1\",\"files\":[" file "]," RULES
#define PACKAGES(x) "\"packages\":[{" x "}]}"

static const struct {
	const char *text;
	const char *error; /* NULL: it is fine */
} cases[] = {
	{ HEAD PACKAGES(PACKAGE), NULL },
	{ HEAD REPOS PACKAGES(NAMES "," CLOSURE "," RULES), NULL },
	{ HEAD "\"title\":\"T\"," PACKAGES(PACKAGE ",\"check\":[{\"installed\":{}}]"), NULL },
	{ HEAD REPOS PACKAGES(NAMES ",\"version\":\"1\"," FILES "," CLOSURE "," RULES), NULL },

	/* the document */
	{ "", "a value should stand" },
	{ "[]", "must be an object" },
	{ "{\"schema\":2,\"name\":\"demo\",\"version\":\"1\"," PACKAGES(PACKAGE), "schema 2" },
	{ "{\"name\":\"demo\",\"version\":\"1\"," PACKAGES(PACKAGE), "'schema' is missing" },
	{ "{\"schema\":1,\"name\":\"De mo\",\"version\":\"1\"," PACKAGES(PACKAGE), "name: " },
	{ "{\"schema\":1,\"name\":\"demo\",\"version\":\"\"," PACKAGES(PACKAGE), "version: must " },
	{ HEAD "\"more\":1," PACKAGES(PACKAGE), "more: unknown key" },
	{ HEAD "\"packages\":[]}", "1 to 4096 packages" },
	{ HEAD PACKAGES(PACKAGE) " x", "" },

/* terms */
#define TERMS(x) "\"terms\":{\"t\":{" x "}},"
	{ HEAD TERMS("\"title\":\"T\",\"accept\":true") PACKAGES(PACKAGE ",\"terms\":\"t\""),
	  NULL },
	{ HEAD TERMS("\"title\":\"T\",\"accept\":true") PACKAGES(PACKAGE ",\"terms\":\"u\""),
	  "there are no terms 'u'" },
	{ HEAD PACKAGES(PACKAGE ",\"terms\":\"u\""), "there are no terms 'u'" },
	{ HEAD TERMS("\"title\":\"T\"") PACKAGES(PACKAGE), "'accept' is missing" },
	{ HEAD TERMS("\"id\":\"t\"") PACKAGES(PACKAGE), "id: unknown key" },
	{ HEAD "\"terms\":[]," PACKAGES(PACKAGE), "terms: must be an object" },
	{ HEAD PACKAGES(PACKAGE ",\"supplier\":\"\""), "supplier: must not be empty" },
	{ HEAD PACKAGES(PACKAGE ",\"supplier\":\"S\""), NULL },

	/* repositories */
	{ HEAD "\"repositories\":{\"R\":{" REPO "}}," PACKAGES(PACKAGE), "repository's name" },
	{ HEAD "\"repositories\":{\"r\":{\"type\":\"rpm\"}}," PACKAGES(PACKAGE), "be \"apt\"" },
	{ HEAD "\"repositories\":{\"r\":{\"type\":\"apt\"," SUITES
	       ",\"components\":[\"main\"],\"keyring\":\"keys.gpg\"}}," PACKAGES(PACKAGE),
	  "absolute path" },
	{ HEAD "\"repositories\":{\"r\":{" REPO
	       ",\"check_valid_until\":\"no\"}}," PACKAGES(PACKAGE),
	  "true, false or \"@apt\"" },
	{ HEAD "\"repositories\":{\"r\":{" REPO
	       ",\"check_valid_until\":\"@apt\"}}," PACKAGES(PACKAGE),
	  NULL },
	{ HEAD "\"repositories\":{\"r\":{" REPO ",\"check\":true}}," PACKAGES(PACKAGE), "unknown" },
	{ HEAD "\"repositories\":{\"r\":{\"type\":\"apt\",\"suites\":[]}}," PACKAGES(PACKAGE),
	  "1 to 16" },
	{ HEAD "\"repositories\":{\"r\":{\"type\":\"apt\",\"suites\":[{\"suite\":\"s\","
	       "\"uris\":[\"a\"]},{\"suite\":\"s\",\"uris\":[\"b\"]}]}}," PACKAGES(PACKAGE),
	  "suite 's' stands twice" },
	{ HEAD "\"repositories\":{\"r\":{\"type\":\"apt\",\"suites\":[{\"suite\":\"s\","
	       "\"uris\":[]}]}}," PACKAGES(PACKAGE),
	  "uris: must have 1 to" },

	/* packages */
	{ HEAD PACKAGES("\"id\":\"A b\",\"title\":\"A\",\"license\":\"MIT\",\"priority\":1,"
			"\"version\":\"1\"," FILES "," RULES),
	  "packages[0].id" },
	{ HEAD "\"packages\":[{" PACKAGE "},{" PACKAGE "}]}", "another package has the id 'a'" },
	{ HEAD PACKAGES(NAMES "," FILES "," RULES), "'version' is missing" },
	{ HEAD PACKAGES(NAMES "," RULES), "'version' is missing" },
	{ HEAD PACKAGES(NAMES ",\"version\":\"1\"," RULES), NULL }, /* what is there already */
	{ HEAD PACKAGES(NAMES ",\"version\":\"1\"," FILES ",\"match\":{\"os\":1},\"install\":[]"),
	  "match.os" },
	{ HEAD PACKAGES(NAMES ",\"version\":\"1\"," FILES ",\"match\":{\"x\":1},\"install\":[]"),
	  "match.x" },
	{ HEAD PACKAGES(NAMES ",\"version\":\"1\"," FILES
			      ",\"match\":{},\"install\":[{\"shell\":\"rm\"}]"),
	  "install[0]" },
	{ HEAD PACKAGES(NAMES ",\"version\":\"1\"," FILES ",\"match\":{}"),
	  "'install' is missing" },

	{ HEAD PACKAGES(PACKAGE ",\"driver\":\"mlnx-ofed\",\"unreachable_ok\":\"next year\""),
	  NULL },
	{ HEAD PACKAGES(PACKAGE ",\"driver\":\"\""), "driver: must not be empty" },
	{ HEAD PACKAGES(PACKAGE ",\"unreachable_ok\":true"), "unreachable_ok: must be" },

	/* files */
	{ HEAD PACKAGES(NAMES ",\"version\":\"1\",\"files\":[{\"url\":[\"a\"],\"hash_source\":"
			      "\"nobody\"}]," RULES),
	  NULL },
	{ HEAD PACKAGES(
		  NAMES
		  ",\"version\":\"1\",\"files\":[{\"url\":[\"a\"],\"hash_source\":1}]," RULES),
	  "hash_source: must be" },
	{ HEAD PACKAGES(NAMES ",\"version\":\"1\",\"files\":[{\"url\":\"http://h/a\"}]," RULES),
	  "url: must be an array" },
	{ HEAD PACKAGES(NAMES ",\"version\":\"1\",\"files\":[{\"url\":[\"http://h/\"]}]," RULES),
	  "path in the payload" },
	{ HEAD PACKAGES(NAMES
			",\"version\":\"1\",\"files\":[{\"url\":[\"a\"],\"path\":\"/x\"}]," RULES),
	  "path in the payload" },
	{ HEAD PACKAGES(
		  NAMES
		  ",\"version\":\"1\",\"files\":[{\"url\":[\"a\"],\"sha256\":\"AB\"}]," RULES),
	  "sha256" },
	{ HEAD PACKAGES(
		  NAMES
		  ",\"version\":\"1\",\"files\":[{\"url\":[\"a\"]},{\"url\":[\"x/a\"]}]," RULES),
	  "the path 'a' stands twice" },
	{ HEAD PACKAGES(VENDOR(
		  "{\"url\":[\"a\"],\"comment\":\"C\",\"title\":\"T\"}") ",\"comment\":\"C\""),
	  NULL },
	{ HEAD PACKAGES(VENDOR("{\"url\":[\"a\"],\"comment\":1}")), "comment: must be a string" },
	{ HEAD PACKAGES(PACKAGE ",\"comment\":[\"C\"]"), "packages[0].comment: must be a string" },
	{ HEAD PACKAGES(VENDOR("{\"supply\":true,\"path\":\"nd/a.exe\",\"title\":\"T\"}")), NULL },
	{ HEAD PACKAGES(VENDOR("{\"supply\":true}")), "a supplied file needs a \"path\"" },
	{ HEAD PACKAGES(VENDOR("{\"supply\":true,\"path\":\"a\",\"url\":[\"a\"]}")),
	  "either fetched or supplied" },
	{ HEAD PACKAGES(VENDOR("{\"supply\":false,\"path\":\"a\"}")), "'url' is missing" },
	{ HEAD PACKAGES(VENDOR("{\"supply\":\"yes\",\"path\":\"a\"}")), "supply: must be true" },
	{ HEAD PACKAGES(VENDOR("{\"supply\":true,\"path\":\"../a\"}")), "path in the payload" },
	{ HEAD PACKAGES(VENDOR("{\"supply\":true,\"path\":\"a\",\"title\":\"a\\nb\"}")),
	  "title: must be one line" },

	/* steps of one system */
	{ HEAD PACKAGES(NAMES ",\"version\":\"1\"," FILES ",\"match\":{\"os\":\"windows\"},"
			      "\"install\":[{\"msi\":\"a.msi\"}],\"check\":[{\"software\":{"
			      "\"name\":\"MLNX\"}}],"
			      "\"uninstall\":[{\"remove\":\"MLNX\"}]"),
	  NULL },
	{ HEAD PACKAGES(NAMES ",\"version\":\"1\"," FILES ",\"match\":{},"
			      "\"install\":[{\"msi\":\"a.msi\"}]"),
	  "packages[0].install[0]: 'msi' is for windows, and the package for any system" },
	{ HEAD PACKAGES(NAMES ",\"version\":\"1\"," FILES ",\"match\":{\"os\":\"windows\"},"
			      "\"install\":[],\"check\":[{\"installed\":{}}]"),
	  "packages[0].check[0]: 'installed' is for linux, and the package for windows" },

	/* closures and kernels */
	{ HEAD PACKAGES(NAMES "," CLOSURE "," RULES), "no repository 'r'" },
	{ HEAD REPOS PACKAGES(NAMES ",\"closure\":{\"repository\":\"r\",\"arch\":\"amd64\","
				    "\"base\":\"server\",\"packages\":[\"p\"]}," RULES),
	  "must be \"minbase\"" },
	{ HEAD REPOS PACKAGES(NAMES ",\"closure\":{\"repository\":\"r\",\"arch\":\"amd64\","
				    "\"base\":\"minbase\",\"packages\":[\"p\",\"p\"]}," RULES),
	  "'p' stands twice" },
	{ HEAD PACKAGES(PACKAGE ",\"kernels\":{\"series\":\"k\",\"newest\":1}"), "needs a" },
	{ HEAD REPOS PACKAGES(NAMES "," CLOSURE "," RULES
				    ",\"kernels\":{\"series\":\"k\",\"newest\":1}"),
	  "${abi} in its id" },
	{ HEAD REPOS PACKAGES(NAMES "," CLOSURE "," RULES
				    ",\"kernels\":{\"series\":\"k\",\"newest\":17}"),
	  "newest" },
	{ HEAD REPOS PACKAGES("\"id\":\"a-${abi}\",\"title\":\"A\",\"license\":\"MIT\","
			      "\"priority\":1," CLOSURE ",\"match\":{\"os\":\"linux\",\"kernel\":"
			      "\"= ${abi}\"},\"install\":[{\"deb\":{}}],"
			      "\"kernels\":{\"series\":\"k\",\"newest\":2}"),
	  NULL },
	{ HEAD REPOS PACKAGES(
		  "\"id\":\"a-${abi}\",\"title\":\"A\",\"license\":\"MIT\","
		  "\"priority\":1," CLOSURE
		  ",\"match\":{\"os\":\"linux\",\"kernel\":\"${abi}\"},\"install\":[{\"deb\":{}}],"
		  "\"kernels\":{\"series\":\"k\",\"newest\":2}"),
	  "packages[0].match" },
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = { 0 };
		struct manifest m = { 0 };
		bool ok = manifest_parse("m.json", slice_str(cases[i].text), &m, &err);
		if (ok != (cases[i].error == NULL))
			fail_msg("%s\n%s", cases[i].text, ok ? "was taken" : err.msg);
		if (!ok && (err.code != ERR_FORMAT || !strstr(err.msg, cases[i].error) ||
			    strncmp(err.msg, "m.json:", 7) != 0))
			fail_msg("%s\n'%s', not '%s'", cases[i].text, err.msg, cases[i].error);
		manifest_done(&m);
	}
}

static void test_values(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(manifest_done) struct manifest m = { 0 };
	static const char text[] = HEAD REPOS PACKAGES(
		NAMES
		"," CLOSURE "," RULES
		",\"files\":[{\"url\":[\"http://h/x/a.bin\",\"b\"],\"size\":7,\"unpack\":true}]");
	assert_ok(manifest_parse("m.json", slice_str(text), &m, &err));
	const struct manifest_package *p = &m.packages[0];
	assert_null(p->version);
	assert_ptr_equal(p->closure.repository, &m.repositories[0]);
	assert_string_equal(p->closure.packages.p[0], "p");
	assert_string_equal(p->files[0].path, "a.bin");
	assert_true(p->files[0].unpack && !p->files[0].have_sha256 && p->files[0].size == 7);
	assert_int_equal(m.repositories[0].check_valid_until, CHOICE_YES);
	assert_null(p->kernels.series);
	assert_false(p->files[0].supply);
}

static void test_supplied(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(manifest_done) struct manifest m = { 0 };
	static const char text[] = HEAD PACKAGES(
		VENDOR("{\"supply\":true,\"path\":\"nd/a.exe\",\"title\":\"T\",\"size\":3}"));
	assert_ok(manifest_parse("m.json", slice_str(text), &m, &err));
	const struct manifest_file *f = &m.packages[0].files[0];
	assert_true(f->supply);
	assert_int_equal(f->urls.count, 0);
	assert_string_equal(f->path, "nd/a.exe");
	assert_string_equal(f->title, "T");
	assert_int_equal(f->size, 3);
	assert_false(f->have_sha256);
}

static void test_expand(void **state)
{
	(void)state;
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "", "" },
		{ "linux-image-${abi}", "linux-image-6.1-amd64" },
		{ "${abi}${abi}", "6.1-amd646.1-amd64" },
		{ "${ab}$abi", "${ab}$abi" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(auto_free) char *got = manifest_expand_text(rows[i].text, "6.1-amd64");
		assert_non_null(got);
		assert_string_equal(got, rows[i].want);
	}
}

/* The manifests that come with the source are good. */
static void test_ours(void **state)
{
	(void)state;
	static const struct {
		const char *path;
		size_t repositories, packages;
	} rows[] = { { "manifests/debian-rdma.json", 3, 6 },
		     { "manifests/debian-rdma-kernels.json", 3, 12 },
		     { "manifests/azure-extension.json", 0, 51 },
		     { "manifests/azure-current.json", 3, 53 } };
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err err = { 0 };
		AUTO(manifest_done) struct manifest m = { 0 };
		assert_ok(manifest_read(rows[i].path, &m, &err));
		assert_int_equal(m.repository_count, rows[i].repositories);
		assert_int_equal(m.package_count, rows[i].packages);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),    cmocka_unit_test(test_values),
		cmocka_unit_test(test_supplied), cmocka_unit_test(test_expand),
		cmocka_unit_test(test_ours),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
