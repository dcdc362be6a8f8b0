/* SPDX-License-Identifier: MIT */
/*
 * test_preflight.c - what stands in the way of an install: each row is a machine, given as changes to
 * its facts, and the lines that it gets.
 */
#include "support.h"

#include "plan.h"

#define SHA "\"00000000000000000000000000000000000000000000000000000000000000ff\""

static const char debian[] =
	"{\"schema\":1,\"os\":\"linux\",\"id\":\"ubuntu\",\"version_id\":\"22.04\","
	"\"pretty_name\":\"\",\"id_like\":[],\"kernel\":\"5.15.0-1041-azure\",\"arch\":\"x86_64\","
	"\"nics\":[],\"network_direct\":true,\"secure_boot\":\"off\",\"chroot\":false,"
	"\"space_staging\":1000000000,\"space_system\":1000000000,\"package_manager\":\"dpkg\","
	"\"package_manager_locked\":false,\"kernel_headers\":true,"
	"\"tools\":[\"gcc\",\"make\",\"perl\"],\"builtin_modules\":[\"ib_core\"],"
	"\"packages\":[{\"name\":\"libc6-dev\",\"version\":\"1\",\"arch\":\"amd64\"},"
	"{\"name\":\"libelf1t64\",\"version\":\"1\",\"arch\":\"amd64\",\"provides\":\"x, libelf1 "
	"(= 1)\"},"
	"{\"name\":\"lsof\",\"version\":\"1\",\"arch\":\"amd64\"}]}";

/* The package that is asked about: its "needs", and what it installs with. */
struct question {
	const char *needs, *install;
};

static const struct question
	run = { "{}", "{\"run\":[\"./x\"]}" },
	deb = { "{}", "{\"deb\":{}}" },
	built = { "{\"headers\":true,\"tools\":[\"gcc\",\"make\"]}", "{\"run\":[\"./x\"]}" },
	lists = { "{\"packages\":[\"libc6-dev\",\"libelf1\",\"lsof\"]}", "{\"run\":[\"./x\"]}" },
	unsigned_modules = { "{\"unsigned_modules\":true}", "{\"run\":[\"./x\"]}" },
	modules = { "{\"modules\":[\"mlx5_core\",\"ib_core\"]}", "{\"run\":[\"./x\"]}" },
	replaces = { "{\"replaces_stack\":true}", "{\"run\":[\"./x\"]}" },
	replaces_doca = { "[{\"headers\":true},{\"replaces_stack\":[\"OFED-internal-\"]}]",
			  "{\"run\":[\"./x\"]}" },
	other_kernel = { "{\"match\":{\"kernel\":\"!= 5.15.0-1041-azure\"},\"headers\":true}",
			 "{\"run\":[\"./x\"]}" };

static const struct {
	const struct question *q;
	const char *from, *to; /* of the facts; NULL: as they are */
	const char
		*lines; /* "reason!text" for refusing ones, "reason?text" for others; ';' between */
	const char *why;
} rows[] = {
	{ &run, NULL, NULL, "", "all is well" },
	{ &built, NULL, NULL, "", "headers and programs are there" },
	{ &built, "\"kernel_headers\":true", "\"kernel_headers\":false",
	  "prerequisite-missing!the headers of kernel 5.15.0-1041-azure are missing: apt-get "
	  "install "
	  "linux-headers-5.15.0-1041-azure",
	  "no headers" },
	{ &built, "\"kernel_headers\":true,", "",
	  "prerequisite-missing?'linux-headers-5.15.0-1041-azure' is needed, and the facts don't "
	  "say "
	  "whether it is there",
	  "facts of an older version" },
	{ &built, "[\"gcc\",\"make\",\"perl\"]", "[]",
	  "prerequisite-missing!program 'gcc' is missing: apt-get install gcc;"
	  "prerequisite-missing!program 'make' is missing: apt-get install make",
	  "each program by name" },
	{ &built, "\"tools\":[\"gcc\",\"make\",\"perl\"],", "",
	  "prerequisite-missing?program 'gcc' is needed, and the facts don't say whether it is "
	  "there;"
	  "prerequisite-missing?program 'make' is needed, and the facts don't say whether it is "
	  "there",
	  "facts of an older version" },
	{ &other_kernel, "\"kernel_headers\":true", "\"kernel_headers\":false", "",
	  "a kernel that needs none" },
	{ &lists, NULL, NULL, "", "there, one of them provided by another" },
	{ &lists, "{\"name\":\"lsof\",\"version\":\"1\",\"arch\":\"amd64\"}",
	  "{\"name\":\"lsof\",\"version\":\"1\",\"arch\":\"amd64\",\"status\":\"half-configured\"}",
	  "prerequisite-missing!package 'lsof' is missing: apt-get install lsof;"
	  "package-manager-broken!package 'lsof' is half-configured: run 'dpkg --configure -a' and "
	  "'apt-get -f install'",
	  "there, but not whole" },
	{ &lists, "libelf1 (= 1)", "libelf2 (= 1)",
	  "prerequisite-missing!package 'libelf1' is missing: apt-get install libelf1",
	  "not provided" },
	{ &unsigned_modules, NULL, NULL, "", "Secure Boot is off" },
	{ &unsigned_modules, "\"secure_boot\":\"off\"", "\"secure_boot\":\"on\"",
	  "secure-boot!Secure Boot is on and would refuse the modules of 'p'", "on" },
	{ &run, "\"secure_boot\":\"off\"", "\"secure_boot\":\"on\"", "",
	  "on, and the modules are signed" },
	{ &modules, NULL, NULL,
	  "module-built-in!module 'ib_core' is built into kernel 5.15.0-1041-azure (=y)", "=y" },
	{ &modules, "\"builtin_modules\":[\"ib_core\"],", "", "",
	  "not known: then it fails later" },
	{ &run, "\"package_manager_locked\":false", "\"package_manager_locked\":true",
	  "locked?the package manager is busy: install waits", "locked" },
	{ &run,
	  "\"packages\":", "\"package_manager_broken\":\"dpkg was interrupted\",\"packages\":",
	  "package-manager-broken!the package manager is broken: dpkg was interrupted", "broken" },
	{ &run, "\"arch\":\"amd64\",\"provides\"",
	  "\"status\":\"half-installed\",\"arch\":\"amd64\",\"provides\"",
	  "package-manager-broken!package 'libelf1t64' is half-installed",
	  "another's broken package" },
	{ &run, "\"arch\":\"amd64\",\"provides\"",
	  "\"status\":\"triggers-pending\",\"arch\":\"amd64\",\"provides\"", "",
	  "as good as whole" },
	{ &run, "\"packages\":", "\"staging_noexec\":true,\"packages\":",
	  "file-system!the file system that install steps and maintainer scripts run from is "
	  "mounted "
	  "noexec",
	  "noexec" },
	{ &run,
	  "\"packages\":", "\"staging_read_only\":true,\"system_read_only\":true,\"packages\":",
	  "file-system!the file system that the payload is staged on is mounted read-only;"
	  "file-system!the file system that packages are installed on is mounted read-only",
	  "read-only" },
	{ &run, "\"space_staging\":1000000000", "\"space_staging\":1000000",
	  "no-space!staging the payload needs 4.3 MB, and 1.0 MB are free: make room",
	  "no room for staging" },
	{ &run, "\"space_system\":1000000000", "\"space_system\":30000000",
	  "no-space!this package needs 33.6 MB, and 30.0 MB are free: make room",
	  "no room for packages" },
	{ &run, "\"space_system\":1000000000", "\"space_shared\":true,\"space_system\":35000000",
	  "no-space!this package needs 37.8 MB, and 35.0 MB are free: make room",
	  "room for each, but not for both" },
	{ &run, "\"packages\":", "\"vendor_stack\":\"MLNX_OFED_LINUX-5.8\",\"packages\":",
	  "other-stack!another driver stack is installed, 'MLNX_OFED_LINUX-5.8': remove it first",
	  "another stack" },
	{ &replaces, "\"packages\":", "\"vendor_stack\":\"MLNX_OFED_LINUX-5.8\",\"packages\":", "",
	  "replaced by what comes" },
	{ &replaces_doca, "\"packages\":", "\"vendor_stack\":\"OFED-internal-24.10\",\"packages\":",
	  "", "this one is replaced" },
	{ &replaces_doca, "\"packages\":", "\"vendor_stack\":\"MLNX_OFED_LINUX-5.8\",\"packages\":",
	  "other-stack!another driver stack is installed", "that one is not" },
	{ &deb, "\"space_system\":1000000000",
	  "\"vendor_stack\":\"x\",\"staging_noexec\":true,\"space_system\":1", "",
	  "nothing to do: nothing in the way" },
	{ &run, "\"packages\":", "\"vendor_stack\":\"\\u001b[2J\",\"packages\":",
	  "other-stack!another driver stack is installed, '?[2J'",
	  "nothing that steers a terminal" },
};

static void make_catalog(const struct question *q, const char *terms, struct catalog *c)
{
	struct err err = { 0 };
	AUTO(buf_done) struct buf text = BUF_INIT(10000);
	buf_printf(&text,
		   "{\"debs\":[],\"packages\":[{\"id\":\"p\",\"title\":\"\",\"version\":\"1\","
		   "\"license\":\"\",\"priority\":1,\"match\":{\"os\":\"linux\"},%s\"needs\":%s,"
		   "\"install\":[%s],\"debs\":[],\"groups\":[],\"tree\":{\"block\":0,\"size\":0,"
		   "\"sha256\":" SHA "},\"payload\":{\"bytes\":100000,\"files\":1},"
		   "\"vendor_bytes\":1}]}",
		   terms, q->needs, q->install);
	assert_ok(catalog_parse(buf_slice(&text), c, &err));
}

/* "reason!text": does @line say that, as far as the text goes? */
static bool says(const struct preflight_line *line, const char *wanted, size_t n)
{
	char all[PREFLIGHT_TEXT_SIZE + 64];
	snprintf(all, sizeof(all), "%s%c%s", err_reason(line->code), line->refuse ? '!' : '?',
		 line->text);
	return strncmp(all, wanted, n) == 0;
}

static void check_lines(const struct plan *p, const char *lines, const char *why)
{
	size_t i = 0;
	for (const char *at = lines; *at; i++) {
		size_t n = strcspn(at, ";");
		if (i >= p->preflight_count || !says(&p->preflight[i], at, n))
			fail_msg("%s: line %zu: '%s'", why, i,
				 i < p->preflight_count ? p->preflight[i].text : "(none)");
		at += n + (at[n] == ';');
	}
	if (p->preflight_count != i)
		fail_msg("%s: more than expected: '%s'", why, p->preflight[i].text);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err err = { 0 };
		AUTO(catalog_done) struct catalog c = { 0 };
		AUTO(facts_done) struct facts f = { 0 };
		AUTO(plan_done) struct plan p = { 0 };
		AUTO(auto_free)
		char *text = replace_once(debian, rows[i].from ? rows[i].from : "\"pretty_name\"",
					  rows[i].from ? rows[i].to : "\"pretty_name\"");
		make_catalog(rows[i].q, "", &c);
		assert_ok(facts_parse("f", slice_str(text), &f, &err));
		assert_ok(plan_make(&c, &f, NULL, &p, &err));
		check_lines(&p, rows[i].lines, rows[i].why);
	}
}

#define TERMS(more) "\"terms\":{\"id\":\"t\",\"title\":\"The terms\"," more "},"

static void test_terms(void **state)
{
	static const struct {
		const char *terms, *accepted, *line;
	} cases[] = {
		{ TERMS("\"accept\":false"), "",
		  "license-not-accepted?it comes under 'The terms'" },
		{ TERMS("\"accept\":true"), "",
		  "license-not-accepted!it comes under 'The terms', which must be accepted: give "
		  "--accept-license t" },
		{ TERMS("\"accept\":true,\"url\":\"https://h/t\""), "other",
		  "license-not-accepted!it comes under 'The terms' (https://h/t), which must be "
		  "accepted: give --accept-license t" },
		{ TERMS("\"accept\":true,\"url\":\"https://h/t\""), "t",
		  "license-not-accepted?it comes under 'The terms' (https://h/t), accepted" },
		{ TERMS("\"accept\":true"), "all",
		  "license-not-accepted?it comes under 'The terms', accepted" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = { 0 };
		AUTO(catalog_done) struct catalog c = { 0 };
		AUTO(facts_done) struct facts f = { 0 };
		AUTO(plan_done) struct plan p = { 0 };
		const char *const ids[] = { "x", cases[i].accepted };
		const struct plan_options opt = { .accepted = ids, .accepted_count = 2 };
		make_catalog(&run, cases[i].terms, &c);
		assert_ok(facts_parse("f", slice_str(debian), &f, &err));
		assert_ok(plan_make(&c, &f, &opt, &p, &err));
		check_lines(&p, cases[i].line, cases[i].line);
	}
}

/* An image without a kernel; and a plan for another kernel than the one that was looked at. */
static void test_no_kernel(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(catalog_done) struct catalog c = { 0 };
	AUTO(facts_done) struct facts f = { 0 };
	struct plan p = { 0 };
	make_catalog(&built, "", &c);
	assert_ok(facts_parse("f", slice_str(debian), &f, &err));
	const struct plan_options other = { .kernel = "6.8.0-1001-azure" };
	assert_ok(plan_make(&c, &f, &other, &p, &err));
	check_lines(&p, "prerequisite-missing?'linux-headers-6.8.0-1001-azure' is needed",
		    "another");
	plan_done(&p);
	f.kernel = "";
	f.kernel_headers = ANSWER_UNKNOWN;
	assert_ok(plan_make(&c, &f, NULL, &p, &err));
	check_lines(&p, "prerequisite-missing!no kernel is installed here", "none");
	plan_done(&p);
}

/* What the headers' package is called elsewhere, and how it is installed there. */
static void test_families(void **state)
{
	(void)state;
	static const struct {
		const char *id, *kernel, *command;
	} families[] = {
		{ "rhel", "4.18.0-553.el8.x86_64",
		  "dnf install kernel-devel-4.18.0-553.el8.x86_64" },
		{ "ol", "5.15.0-0.30.19.el9uek.x86_64",
		  "dnf install kernel-uek-devel-5.15.0-0.30.19.el9uek.x86_64" },
		{ "sles", "5.14.21-150500.33.20-azure",
		  "zypper install kernel-azure-devel=5.14.21-150500.33.20" },
		{ "azurelinux", "6.6.57.1-2.azl3", "tdnf install kernel-devel-6.6.57.1-2.azl3" },
	};
	static const struct question q = { "{\"headers\":true,\"packages\":[\"libnl3\",\"lsof\"]}",
					   "{\"run\":[\"./x\"]}" };
	AUTO(catalog_done) struct catalog c = { 0 };
	make_catalog(&q, "", &c);
	for (size_t i = 0; i < COUNT_OF(families); i++) {
		struct err err = { 0 };
		AUTO(facts_done) struct facts f = { 0 };
		AUTO(plan_done) struct plan p = { 0 };
		assert_ok(facts_parse("f", slice_str(debian), &f, &err));
		f.package_manager = "rpm";
		f.id = families[i].id;
		f.kernel = families[i].kernel;
		f.kernel_headers = ANSWER_NO;
		assert_ok(plan_make(&c, &f, NULL, &p, &err));
		assert_int_equal(p.preflight_count, 3);
		if (!strstr(p.preflight[0].text, families[i].command))
			fail_msg("%s: '%s'", families[i].id, p.preflight[0].text);
		/* without a reader of rpm's database only programs are known */
		assert_string_equal(p.preflight[1].text,
				    "package 'libnl3' is needed and was not looked for: rpm -q "
				    "libnl3");
		assert_false(p.preflight[1].refuse);
		assert_true(p.preflight[2].refuse);
	}
}

/* Which line it is that install ends with; and both kinds in a plan's text. */
static void test_refusal(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(catalog_done) struct catalog c = { 0 };
	AUTO(facts_done) struct facts f = { 0 };
	AUTO(plan_done) struct plan p = { 0 };
	AUTO(buf_done) struct buf out = BUF_INIT(10000);
	make_catalog(&run, "", &c);
	assert_ok(facts_parse("f", slice_str(debian), &f, &err));
	f.package_manager_locked = true;
	f.package_manager_broken = "cut off";
	f.staging_noexec = ANSWER_YES;
	assert_ok(plan_make(&c, &f, NULL, &p, &err));
	assert_int_equal(preflight_refusal(&p, ERR_NONE)->code, ERR_BROKEN);
	assert_int_equal(preflight_refusal(&p, ERR_BROKEN)->code, ERR_FILESYSTEM);
	assert_ok(plan_write_text(&p, &f, false, &out, &err));
	const char *refuses = strstr(buf_str(&out), "refuses  the package manager is broken");
	assert_non_null(refuses);
	assert_non_null(strstr(refuses, "\n         the file system that install steps"));
	assert_non_null(strstr(refuses, "\nnote     the package manager is busy"));
	out.len = 0;
	assert_ok(plan_write_json(&p, &f, NULL, &out, &err));
	AUTO(json_auto_free) struct json *j = json_parse("plan", buf_slice(&out), &err);
	const struct json_value *list = json_get(json_top(j), "preflight");
	assert_int_equal(json_count(list), 3);
	assert_string_equal(json_string(json_get(json_first(list), "reason")), "locked");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),      cmocka_unit_test(test_terms),
		cmocka_unit_test(test_no_kernel), cmocka_unit_test(test_families),
		cmocka_unit_test(test_refusal),
	};
	return cmocka_run_group_tests_name("preflight", tests, NULL, NULL);
}
