/* SPDX-License-Identifier: MIT */
/*
 * test_allocation.c - memory runs out at every single allocation of our own code.
 *
 * Linked with --wrap for malloc, calloc and realloc (Makefile), so that the functions below stand
 * in for them; libraries keep theirs.  Every job must fail with ERR_NO_MEMORY (or, in a writer,
 * at its end), leave its output alone and leak nothing (AddressSanitizer looks), until it has all
 * the memory it wants.
 */
#include "support.h"
#include "support_bundle.h"

#include "azure_resources.h"
#include "checksums.h"
#include "layout.h"
#include "matrix.h"
#include "plan.h"

static size_t countdown; /* 0: never fail */

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static bool must_fail(void)
{
	return countdown > 0 && --countdown == 0;
}

void *__wrap_malloc(size_t n)
{
	return must_fail() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return must_fail() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return must_fail() ? NULL : __real_realloc(p, n);
}

/* --- the jobs --- */

static struct test_bundle file;
static struct test_parts parts;
static struct test_key key;
static const char *machine; /* a recorded one */

static struct slice section(struct extent e)
{
	return (struct slice) { file.file.p + e.offset, (size_t)e.size };
}

static bool job_table(struct err *err)
{
	AUTO(block_table_done) struct block_table t = { 0 };
	return block_table_parse(section(file.locator.table), &t, err);
}

static bool job_places(struct err *err)
{
	AUTO(auto_free) uint64_t *places = NULL;
	return block_places_parse(section(file.locator.places), &parts.table,
				  file.locator.stub_size, file.locator.blocks_end, &places, err);
}

static bool job_tree(struct err *err)
{
	size_t n = parts.trees[0].len;
	uint8_t *copy = __real_malloc(n);
	assert_non_null(copy);
	memcpy(copy, parts.trees[0].p, n);
	AUTO(tree_done) struct tree t = { 0 };
	return tree_parse(copy, n, &parts.table, &t, err);
}

static bool job_root(struct err *err)
{
	AUTO(root_done) struct root r = { 0 };
	return root_parse(section(file.locator.root), &r, err);
}

static bool job_root_write(struct err *err)
{
	AUTO(buf_done) struct buf b = BUF_INIT(ROOT_SIZE_MAX);
	return root_write(&parts.root, &b, err);
}

static bool job_catalog(struct err *err)
{
	AUTO(catalog_done) struct catalog c = { 0 };
	return catalog_parse(section(file.locator.catalog), &c, err);
}

static bool job_locator_write(struct err *err)
{
	AUTO(buf_done) struct buf b = BUF_INIT(LOCATOR_SIZE);
	return locator_write(&file.locator, &b, err);
}

static bool job_signatures_write(struct err *err)
{
	AUTO(buf_done) struct buf b = BUF_INIT(SIGNATURES_SIZE);
	return signatures_write(NULL, 0, &b, err);
}

static bool job_open_and_verify(struct err *err)
{
	static const struct bundle_options opt = { .now = TEST_NOW };
	AUTO(bundle_close) struct bundle b = { 0 };
	struct layout_verified v;
	return bundle_open(&file.source, &opt, &b, err) &&
	       layout_verify(&b, true, NULL, NULL, &v, err);
}

/* From two documents to a plan and its texts; the machine has packages, the catalog a deb. */
static bool job_plan(struct err *err)
{
	static const char catalog_text[] =
		"{\"debs\":[{\"name\":\"a\",\"version\":\"2\",\"arch\":\"amd64\",\"path\":\"a\","
		"\"depends\":\"libc6\",\"conflicts\":\"\",\"provides\":\"v\",\"essential\":false,"
		"\"size\":1,\"installed_size\":1,\"sha256\":"
		"\"00000000000000000000000000000000000000000000000000000000000000ff\"}],"
		"\"packages\":[{\"id\":\"p\",\"title\":\"\",\"version\":\"1\",\"license\":\"\","
		"\"priority\":1,\"match\":{\"os\":\"linux\",\"release\":\"12\"},\"needs\":{"
		"\"headers\":true},\"install\":[{"
		"\"deb\":{}}],"
		"\"debs\":[{\"deb\":0,\"batch\":0}],\"groups\":[],\"tree\":{\"block\":0,\"size\":0,"
		"\"sha256\":\"00000000000000000000000000000000000000000000000000000000000000ff\"},"
		"\"payload\":{\"bytes\":0,\"files\":0},\"vendor_bytes\":0}]}";
	AUTO(catalog_done) struct catalog c = { 0 };
	AUTO(facts_done) struct facts f = { 0 };
	AUTO(plan_done) struct plan p = { 0 };
	AUTO(buf_done) struct buf out = BUF_INIT(1u << 20);
	return catalog_parse(slice_str(catalog_text), &c, err) &&
	       facts_parse("facts", slice_str(machine), &f, err) && facts_write(&f, &out, err) &&
	       plan_make(&c, &f, NULL, &p, err) && plan_check_ties(&c, err) &&
	       plan_write_text(&p, &f, true, &out, err) && plan_write_json(&p, &f, NULL, &out, err);
}

/* Steps whose texts are made up, written again; and what only Windows has in facts. */
static bool job_windows(struct err *err)
{
	static const char facts_text[] =
		"{\"schema\":1,\"os\":\"windows\",\"id\":\"windows\",\"version_id\":\"10\","
		"\"pretty_name\":\"\",\"id_like\":[],\"kernel\":\"10.0.19045.1\",\"arch\":\"x86_"
		"64\","
		"\"nics\":[],\"network_direct\":false,\"secure_boot\":\"on\",\"chroot\":false,"
		"\"space_staging\":1,\"space_system\":1,\"package_manager\":\"msi\","
		"\"package_manager_locked\":false,\"packages\":[],"
		"\"tools\":[\"gcc\"],\"vendor_stack\":\"x\",\"kernel_headers\":true,"
		"\"software\":[{\"name\":\"a\",\"version\":\"1\"}],"
		"\"drivers\":[{\"inf\":\"a\",\"provider\":\"b\",\"class\":\"c\",\"version\":\"1\"}]"
		"}";
	static const char steps_text[] = "[{\"msi\":\"a.msi\",\"properties\":{\"B\":\"1\",\"A\":"
					 "\"2\"}},{\"remove\":\"MLNX\"}]";
	AUTO(facts_done) struct facts f = { 0 };
	AUTO(buf_done) struct buf out = BUF_INIT(1u << 20);
	AUTO(auto_free) struct step *steps = NULL;
	size_t count = 0;
	if (!facts_parse("facts", slice_str(facts_text), &f, err) || !facts_write(&f, &out, err))
		return false;
	AUTO(json_auto_free) struct json *j = json_parse("steps", slice_str(steps_text), err);
	AUTO(json_auto_free) struct json *again = j ? json_new("again", err) : NULL;
	if (!again || !steps_parse(j, json_top(j), &steps, &count, err))
		return false;
	struct json_value *list = json_add_array(again, json_top(again), "steps");
	for (size_t i = 0; i < count; i++)
		steps_write(again, list, &steps[i]);
	return json_print(again, false, &out, err);
}

static const char manifest_text[] =
	"{\"schema\":1,\"name\":\"demo\",\"version\":\"1\",\"packages\":[{\"id\":\"p\",\"title\":"
	"\"T\","
	"\"license\":\"MIT\",\"version\":\"1\",\"priority\":1,\"files\":[{\"url\":[\"http://h/"
	"f\"]}],"
	"\"match\":{\"release\":\"12\"},\"install\":[{\"run\":[\"x\"]}]}]}";

/* A size on two images: one is covered, the other a gap. */
static bool job_matrix(struct err *err)
{
	static const char sizes[] =
		"{\"schema\":1,\"families\":[{\"family\":\"F\",\"sizes\":[\"S\"],\"arch\":\"x86_"
		"64\","
		"\"mode\":\"sr-iov\",\"nics\":[{\"device\":\"15b3:101c\",\"class\":\"020700\","
		"\"sriov\":"
		"\"vf\",\"link\":\"infiniband\",\"count\":1}],\"images\":[{}],\"extension\":[],"
		"\"source\":\"s\"}]}";
	static const char images[] =
		"{\"schema\":1,\"images\":[{\"image\":\"a\",\"title\":\"A\",\"os\":\"linux\","
		"\"id\":"
		"\"debian\",\"id_like\":[],\"version_id\":\"12\",\"kernel\":{\"x86_64\":\"6.1\"},"
		"\"package_manager\":\"dpkg\",\"source\":\"s\"},{\"image\":\"b\",\"title\":\"B\","
		"\"os\":"
		"\"linux\",\"id\":\"debian\",\"id_like\":[],\"version_id\":\"13\",\"kernel\":{"
		"\"x86_64\":"
		"\"6.12\"},\"package_manager\":\"dpkg\",\"source\":\"s\"}]}";
	static const struct matrix_options how = { .documented = DOCUMENTED_ANY };
	AUTO(manifest_done) struct manifest manifest = { 0 };
	AUTO(machines_done) struct machines machines = { 0 };
	AUTO(matrix_done) struct matrix m = { 0 };
	AUTO(texts_done) struct texts problems = { 0 }, warnings = { 0 };
	AUTO(buf_done) struct buf out = BUF_INIT(1u << 20);
	return manifest_parse("m", slice_str(manifest_text), &manifest, err) &&
	       machines_parse("s", slice_str(sizes), "i", slice_str(images), &machines, err) &&
	       matrix_make(&manifest, &machines, &how, &m, err) &&
	       matrix_check(&m, &problems, &warnings, err) && matrix_write_text(&m, &out, err) &&
	       matrix_write_json(&m, &out, err) && matrix_write_html(&m, &out, err);
}

static bool job_import(struct err *err)
{
	static const char list[] =
		"{\"Driver\":[{\"Name\":\"OFED\",\"Version\":[{\"Type\":\"CX5\",\"OS\":[{\"Name\":"
		"\"Linux\","
		"\"Distro\":[{\"Name\":\"RHEL/CentOS\",\"Version\":[{\"Num\":\"7.6\",\"FwLink\":"
		"\"http://h/"
		"MLNX_OFED_LINUX-5.5-1.0.3.2-rhel7.6-x86_64.tgz\",\"KernelDevelVer\":\"1\","
		"\"KernelDevelRPM\":\"http://h/kernel-devel-1.rpm\"}]}]}]}]}]}";
	AUTO(azure_resources_done) struct azure_resources r = { 0 };
	AUTO(buf_done) struct buf out = BUF_INIT(1u << 20);
	return azure_resources_parse("list", slice_str(list), &r, err) &&
	       azure_resources_manifest(&r, "demo", "1", &out, err);
}

static bool job_checksums(struct err *err)
{
	static const char sums[] =
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa  f\n";
	AUTO(manifest_done) struct manifest m = { 0 };
	AUTO(checksums_done) struct checksums c = { 0 };
	AUTO(buf_done) struct buf out = BUF_INIT(1u << 20), words = BUF_INIT(1u << 20);
	struct checksums_report report;
	return manifest_parse("m", slice_str(manifest_text), &m, err) &&
	       checksums_parse("sums", slice_str(sums), &c, err) &&
	       checksums_pin(&c, &m, "source", &out, &words, &report, err);
}

static const struct {
	bool (*run)(struct err *err);
	const char *name;
} jobs[] = {
	{ job_table, "block table" },
	{ job_places, "places" },
	{ job_tree, "tree" },
	{ job_root, "root" },
	{ job_root_write, "root_write" },
	{ job_catalog, "catalog" },
	{ job_locator_write, "locator_write" },
	{ job_signatures_write, "signatures_write" },
	{ job_open_and_verify, "bundle" },
	{ job_windows, "steps and facts of Windows" },
	{ job_plan, "plan" },
	{ job_matrix, "matrix" },
	{ job_import, "import" },
	{ job_checksums, "checksums" },
};

static void test_every_allocation(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		struct err err = { 0 };
		bool ok = false;
		size_t n;
		for (n = 1; !ok && n < 10000; n++) {
			err = (struct err) { 0 };
			countdown = n;
			ok = jobs[i].run(&err);
			if (ok && countdown == 0)
				fail_msg("%s succeeds without allocation %zu", jobs[i].name, n);
			countdown = 0;
			if (!ok && err.code != ERR_NO_MEMORY)
				fail_msg("%s, allocation %zu: '%s'", jobs[i].name, n, err.msg);
		}
		assert_true(ok);
		print_message("%s: %zu allocations\n", jobs[i].name, n - 2);
	}
}

static int make(void **state)
{
	(void)state;
	machine = read_text("manifests/facts/hb120rs_v3.json");
	key = test_key_make("alice", 1000);
	parts_make(&parts, true, -1);
	parts_join(&parts, &key, 1, &file);
	return 0;
}

static int done(void **state)
{
	(void)state;
	test_key_done(&key);
	parts_done(&parts);
	test_bundle_done(&file);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_allocation),
	};
	return cmocka_run_group_tests(tests, make, done);
}
