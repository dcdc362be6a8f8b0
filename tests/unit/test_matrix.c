/* SPDX-License-Identifier: MIT */
/* test_matrix.c - covered, below floor and gap; what --strict refuses; the written forms. */
#include "support.h"

#include "matrix.h"

/* Two families (one InfiniBand function of another id each) and two images of one system. */
#define FAMILY(name, size, device, more)                                                           \
	"{\"family\":\"" name "\",\"sizes\":[\"" size                                              \
	"\"],\"arch\":\"x86_64\",\"mode\":\"sr-iov\","                                             \
	"\"nics\":[{\"device\":\"15b3:" device                                                     \
	"\",\"class\":\"020700\",\"sriov\":\"vf\",\"link\":"                                       \
	"\"infiniband\",\"count\":1}],\"images\":[{}],\"extension\":[]" more ",\"source\":\"s\"}"
#define IMAGE(name, version)                                                                       \
	"{\"image\":\"" name "\",\"title\":\"" name "\",\"os\":\"linux\",\"id\":\"debian\","       \
	"\"id_like\":[],\"version_id\":\"" version "\",\"kernel\":{\"x86_64\":\"6.1\"},"           \
	"\"package_manager\":\"dpkg\",\"source\":\"s\"}"

static const char sizes[] = "{\"schema\":1,\"families\":[" FAMILY(
	"New", "Z_new", "101c",
	",\"floors\":[{\"driver\":\"d\",\"version\":\"2.0\"}"
	"]") "," FAMILY("Old", "A_old", "1018", ",\"retires\":\"2025-09-30\"") "]}";
static const char images[] =
	"{\"schema\":1,\"images\":[" IMAGE("d12", "12") "," IMAGE("d11", "11") "]}";

#define PACKAGE(id, version, priority, match, more)                                                \
	"{\"id\":\"" id "\",\"title\":\"T\",\"license\":\"MIT\",\"version\":\"" version            \
	"\",\"priority\":" priority ",\"driver\":\"d\",\"files\":[{\"url\":[\"http://h/f\"]}],"    \
	"\"match\":{" match "},\"install\":[{\"run\":[\"./f\"]}]" more "}"
#define KERNELS                                                                                    \
	"{\"id\":\"k-${abi}\",\"title\":\"T\",\"license\":\"MIT\",\"priority\":9,\"closure\":{"    \
	"\"repository\":\"r\",\"arch\":\"amd64\",\"base\":\"minbase\",\"packages\":[\"p\"]},"      \
	"\"match\":{\"os\":\"linux\",\"kernel\":\"= "                                              \
	"${abi}\"},\"install\":[{\"deb\":{}}],\"kernels\":{\"series\":"                            \
	"\"s\",\"newest\":1}}"
#define REPOSITORY                                                                                 \
	"\"repositories\":{\"r\":{\"type\":\"apt\",\"suites\":[{\"suite\":\"s\",\"uris\":[\"u\"]}" \
	"],"                                                                                       \
	"\"components\":[\"main\"],\"keyring\":\"@apt\"}},"
#define MANIFEST(packages)                                                                         \
	"{\"schema\":1,\"name\":\"demo\",\"version\":\"1\"," REPOSITORY "\"packages\":[" packages  \
	"]}"

struct all { /* what a matrix borrows from */
	struct manifest manifest;
	struct machines machines;
	struct matrix matrix;
};

static void all_done(struct all *a)
{
	matrix_done(&a->matrix);
	machines_done(&a->machines);
	manifest_done(&a->manifest);
}

static void make(const char *manifest, unsigned documented, const char *on, struct all *a)
{
	struct err err = { 0 };
	const struct matrix_options how = { .documented = documented, .on = on };
	assert_ok(manifest_parse("m", slice_str(manifest), &a->manifest, &err));
	assert_ok(
		machines_parse("s", slice_str(sizes), "i", slice_str(images), &a->machines, &err));
	assert_ok(matrix_make(&a->manifest, &a->machines, &how, &a->matrix, &err));
}

static void test_states(void **state)
{
	(void)state;
	AUTO(all_done) struct all a = { 0 };
	make(MANIFEST(PACKAGE("twelve", "1.9", "1", "\"release\":\"12\"", "") "," KERNELS),
	     DOCUMENTED_ANY, NULL, &a);
	const struct matrix *m = &a.matrix;
	assert_int_equal(m->count, 4);
	assert_int_equal(m->covered, 2);
	assert_int_equal(m->below_floor, 1);
	assert_int_equal(m->gaps, 2);
	assert_int_equal(m->got[0], 2);
	assert_int_equal(m->candidates.skipped.count, 1);
	assert_string_equal(m->candidates.skipped.p[0], "k-${abi}");

	const struct matrix_machine *x =
		matrix_find(m, &a.machines.sizes[0], &a.machines.images[0]);
	assert_int_equal(x->state, MATRIX_BELOW_FLOOR);
	assert_string_equal(x->package->id, "twelve");
	assert_string_equal(x->reason,
			    "d 1.9 is below the documented floor of New, which is 2.0; debian 12, "
			    "x86_64, kernel 6.1; InfiniBand function 15b3:101c at 0101:00:00.0");
	x = matrix_find(m, &a.machines.sizes[1], &a.machines.images[0]);
	assert_int_equal(x->state, MATRIX_COVERED);
	x = matrix_find(m, &a.machines.sizes[1], &a.machines.images[1]);
	assert_int_equal(x->state, MATRIX_GAP);
	assert_null(x->package);
	assert_non_null(strstr(x->reason, "the nearest is 'twelve': release 11 is not 12"));
}

static void test_floor_of_others(void **state)
{
	(void)state;
	static const struct {
		const char *from, *to;
		size_t below;
		const char *why;
	} rows[] = {
		{ "1.9", "2.0", 0, "just the floor" },
		{ "1.9", "1.10", 2, "versions, not texts" },
		{ "\"driver\":\"d\",", "\"driver\":\"e\",", 0, "another driver" },
		{ "\"driver\":\"d\",", "", 0, "a driver that is not named" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(auto_free)
		char *text = replace_once(MANIFEST(PACKAGE("all", "1.9", "1", "", "")),
					  rows[i].from, rows[i].to);
		AUTO(all_done) struct all a = { 0 };
		make(text, DOCUMENTED_ANY, NULL, &a);
		if (a.matrix.below_floor != rows[i].below || a.matrix.covered != 4)
			fail_msg("%s: %zu below", rows[i].why, a.matrix.below_floor);
	}
}

static void test_options(void **state)
{
	(void)state;
	static const struct {
		unsigned documented;
		const char *on;
		size_t count;
	} rows[] = {
		{ DOCUMENTED_SIZE, NULL, 4 },
		{ DOCUMENTED_EXTENSION, NULL, 0 },
		{ DOCUMENTED_SIZE | DOCUMENTED_ENDORSED, "2025-09-30", 4 },
		{ DOCUMENTED_SIZE, "2025-10-01", 2 },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO(all_done) struct all a = { 0 };
		make(MANIFEST(PACKAGE("all", "1", "1", "", "")), rows[i].documented, rows[i].on,
		     &a);
		assert_int_equal(a.matrix.count, rows[i].count);
	}
}

static const struct {
	const char *packages;
	const char *problem, *warning; /* NULL: none; else part of the only one */
	size_t problems;               /* how many */
} strict[] = {
	{ PACKAGE("a", "1", "1", "", ""), NULL, NULL, 0 },
	{ PACKAGE("a", "1", "1", "", "") "," KERNELS, NULL, NULL, 0 },
	{ PACKAGE("a", "1", "1", "\"release\":\"12\"", "") "," PACKAGE("b", "1", "1",
								       "\"nic\":\"15b3:101c\"", ""),
	  "Z_new on d12: packages 'a' and 'b' fit equally well", NULL, 2 },
	/* no machine of the matrix gets either, but some machine could have both */
	{ PACKAGE("a", "1", "1", "", "") "," PACKAGE(
		  "c", "1", "9", "\"release\":\"13\"",
		  ",\"unreachable_ok\":\"for tests\"") "," PACKAGE("d", "1", "9",
								   "\"release\":\">= 13\"",
								   ",\"unreachable_ok\":\"for "
								   "tests\""),
	  "packages 'c' and 'd' could fit the same machine", NULL, 1 },
	{ PACKAGE("a", "1", "1", "", "") "," PACKAGE("b", "1", "2", "\"kernel\":[\"> 6\",\"< 5\"]",
						     ""),
	  "package 'b' can never match: no kernel is > 6 and < 5", NULL, 1 },
	{ PACKAGE("a", "1", "1", "", "") "," PACKAGE("b", "1", "2", "\"release\":\"13\"", ""),
	  "gets package 'b': it fits none of them", NULL, 1 },
	{ PACKAGE("a", "1", "2", "", "") "," PACKAGE("b", "1", "1", "\"release\":\"12\"", ""),
	  "gets package 'b': wherever it fits, another one is chosen", NULL, 1 },
	{ PACKAGE("a", "1", "1", "", "") "," PACKAGE("b", "1", "2", "\"release\":\"13\"",
						     ",\"unreachable_ok\":\"next year\""),
	  NULL, "gets package 'b': it fits none of them (next year)", 0 },
};

static void test_strict(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(strict); i++) {
		struct err err = { 0 };
		AUTO(buf_done) struct buf text = BUF_INIT(65536);
		AUTO(all_done) struct all a = { 0 };
		AUTO(texts_done) struct texts problems = { 0 }, warnings = { 0 };
		buf_printf(&text,
			   "{\"schema\":1,\"name\":\"demo\",\"version\":\"1\"," REPOSITORY
			   "\"packages\":[%s]}",
			   strict[i].packages);
		make(buf_str(&text), DOCUMENTED_ANY, NULL, &a);
		assert_ok(matrix_check(&a.matrix, &problems, &warnings, &err));
		if (problems.count != strict[i].problems)
			fail_msg("%s: %zu problems, %s", strict[i].packages, problems.count,
				 problems.count ? problems.p[0] : "");
		if (strict[i].problem && !strstr(problems.p[0], strict[i].problem))
			fail_msg("%s: '%s'", strict[i].packages, problems.p[0]);
		if (strict[i].warning &&
		    (warnings.count != 1 || !strstr(warnings.p[0], strict[i].warning)))
			fail_msg("%s: no warning", strict[i].packages);
	}
}

static void test_text(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(all_done) struct all a = { 0 };
	AUTO(buf_done) struct buf out = BUF_INIT(65536);
	make(MANIFEST(PACKAGE("twelve", "1.9", "1", "\"release\":\"12\"", "") "," KERNELS),
	     DOCUMENTED_ANY, NULL, &a);
	assert_ok(matrix_write_text(&a.matrix, &out, &err));
	assert_string_equal(
		buf_str(&out),
		"demo 1: 4 machines, 2 covered (1 below the documented floor), 2 gaps\n"
		"\n"
		"    New Old\n"
		"d12   v   #\n"
		"d11   -   -\n"
		"# covered, v covered below the documented floor, - gap, + both, blank: not "
		"documented\n"
		"\n"
		"below floor\n"
		"  d12: New\n"
		"    d 1.9 is below the documented floor of New, which is 2.0; debian 12, x86_64, "
		"kernel 6.1; InfiniBand function 15b3:101c at 0101:00:00.0\n"
		"\n"
		"gaps\n"
		"  d11: New Old\n"
		"    no package of this bundle is for debian 11, x86_64, kernel 6.1; the nearest "
		"is "
		"'twelve': release 11 is not 12\n"
		"\n"
		"note: 'k-${abi}' stands for one package per kernel, known once it is locked; it "
		"is "
		"left out here\n");
}

static void test_json(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(all_done) struct all a = { 0 };
	AUTO(buf_done) struct buf out = BUF_INIT(65536);
	make(MANIFEST(PACKAGE("old", "1", "1", "\"nic\":\"15b3:1018\"", "")), DOCUMENTED_ANY, NULL,
	     &a);
	assert_ok(matrix_write_json(&a.matrix, &out, &err));
	AUTO(json_auto_free) struct json *j = json_parse("out", buf_slice(&out), &err);
	assert_non_null(j);
	static const char *const order[][3] = {
		{ "A_old", "d11", "old" },
		{ "A_old", "d12", "old" },
		{ "Z_new", "d11", NULL },
		{ "Z_new", "d12", NULL },
	};
	size_t i = 0;
	const struct json_value *list = json_get(json_top(j), "machines");
	for (const struct json_value *v = json_first(list); v; v = json_next(v), i++) {
		assert_string_equal(json_string(json_get(v, "size")), order[i][0]);
		assert_string_equal(json_string(json_get(v, "image")), order[i][1]);
		assert_int_equal(json_count(v), 4);
		if (order[i][2])
			assert_string_equal(json_string(json_get(v, "package")), order[i][2]);
		else
			assert_int_equal(json_type(json_get(v, "package")), JSON_NULL);
	}
	assert_int_equal(i, 4);
	uint64_t covered = 0, gaps = 0;
	assert_true(json_u64(json_get(json_top(j), "covered"), &covered));
	assert_true(json_u64(json_get(json_top(j), "gaps"), &gaps));
	assert_int_equal(covered, 2);
	assert_int_equal(gaps, 2);
	assert_int_equal(json_count(json_top(j)), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states),  cmocka_unit_test(test_floor_of_others),
		cmocka_unit_test(test_options), cmocka_unit_test(test_strict),
		cmocka_unit_test(test_text),    cmocka_unit_test(test_json),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
