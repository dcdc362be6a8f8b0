/* SPDX-License-Identifier: MIT */
/* test_catalog.c - a catalog is refused for each thing that could be wrong in it. */
#include "support.h"

#include "catalog.h"

#define SHA "\"00000000000000000000000000000000000000000000000000000000000000ff\""

static const char base[] =
	"{\"debs\":[{\"name\":\"liba\",\"version\":\"1:1.0-1\",\"arch\":\"amd64\","
	"\"path\":\"debs/liba.deb\",\"depends\":\"libc6 (>= 2)\",\"conflicts\":\"\","
	"\"provides\":\"va (= 1)\",\"essential\":false,\"size\":10,\"installed_size\":20,"
	"\"sha256\":" SHA "},"
	"{\"name\":\"libb\",\"version\":\"2.0\",\"arch\":\"all\",\"path\":\"debs/libb.deb\","
	"\"depends\":\"\",\"conflicts\":\"old\",\"provides\":\"\",\"essential\":true,"
	"\"size\":1,\"installed_size\":2,\"sha256\":" SHA "}],"
	"\"packages\":[{\"id\":\"first\",\"title\":\"T1\",\"version\":\"44\",\"license\":\"GPL\","
	"\"priority\":100,\"match\":{\"os\":\"linux\"},"
	"\"install\":[{\"run\":[\"./setup\",\"\"],\"timeout\":7,\"ok\":[0,3],\"reboot\":[3010]},"
	"{\"deb\":{}}],"
	"\"check\":[{\"libraries\":[\"liba.so.1\"]}],\"uninstall\":[{\"run\":[\"x\"]}],"
	"\"debs\":[{\"deb\":1,\"batch\":0},{\"deb\":0,\"batch\":2}],\"groups\":[0,1],"
	"\"tree\":{\"block\":5,\"size\":6,\"sha256\":" SHA "},"
	"\"payload\":{\"bytes\":11,\"files\":2},\"remake\":{\"bytes\":7,\"cpu_seconds\":6,"
	"\"files\":1,"
	"\"memory\":9},\"vendor_bytes\":12},"
	"{\"id\":\"second\",\"title\":\"T2\",\"version\":\"45\",\"license\":\"MIT\",\"priority\":1,"
	"\"match\":{},\"kernel\":\"6.1.0-40-amd64\",\"install\":[{\"device\":{}}],\"debs\":[],"
	"\"groups\":[],\"tree\":{\"block\":0,\"size\":0,\"sha256\":" SHA "},"
	"\"payload\":{\"bytes\":0,\"files\":0},\"vendor_bytes\":0}]}";

static void test_taken(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(catalog_done) struct catalog c = { 0 };
	assert_ok(catalog_parse(slice_str(base), &c, &err));
	assert_int_equal(c.deb_count, 2);
	assert_string_equal(c.debs[0].provides, "va (= 1)");
	assert_true(c.debs[1].essential);
	assert_int_equal(c.debs[0].sha256[31], 0xff);

	assert_int_equal(c.package_count, 2);
	const struct package *p = catalog_find(&c, "first");
	assert_ptr_equal(p, &c.packages[0]);
	assert_null(p->kernel);
	assert_int_equal(p->install_count, 2);
	const struct step *run = &p->install[0];
	assert_int_equal(run->kind, STEP_RUN);
	assert_int_equal(run->arg_count, 2);
	assert_string_equal(run->args[0], "./setup");
	assert_null(run->args[2]);
	assert_int_equal(run->timeout, 7);
	assert_int_equal(run->ok_count, 2);
	assert_int_equal(run->ok[1], 3);
	assert_int_equal(run->reboot[0], 3010);
	assert_int_equal(p->install[1].kind, STEP_DEB);
	assert_int_equal(p->install[1].timeout, 1800);
	assert_int_equal(p->install[1].ok_count, 1);
	assert_int_equal(p->install[1].ok[0], 0);
	assert_string_equal(p->check[0].args[0], "liba.so.1");
	assert_int_equal(p->uninstall_count, 1);
	assert_int_equal(p->debs[1].deb, 0);
	assert_int_equal(p->debs[1].batch, 2);
	assert_int_equal(p->tree_block, 5);
	assert_int_equal(p->payload_bytes, 11);
	assert_int_equal(p->remake.bytes, 7);
	assert_int_equal(p->remake.cpu_seconds, 6);
	assert_int_equal(p->remake.files, 1);
	assert_int_equal(p->remake.memory, 9);

	assert_string_equal(catalog_find(&c, "second")->kernel, "6.1.0-40-amd64");
	assert_int_equal(catalog_find(&c, "second")->check_count, 0);
	assert_null(catalog_find(&c, "third"));
}

static const struct {
	const char *from, *to, *message, *why;
} refused[] = {
	{ "{\"debs\":[{\"name\":\"liba\"", "{\"more\":1,\"debs\":[{\"name\":\"liba\"",
	  "more: unknown key", "unknown key at the top" },
	{ "\"name\":\"liba\",", "", "debs[0]: key 'name' is missing", "no name" },
	{ "\"name\":\"liba\"", "\"name\":\"-rf\"", "debs[0].name: must be 1 to 256", "an option" },
	{ "\"name\":\"liba\"", "\"name\":\"a b\"", "debs[0].name: must be 1 to 256", "space" },
	{ "\"1:1.0-1\"", "\"\"", "debs[0].version: must be 1 to 256", "empty version" },
	{ "\"debs/liba.deb\"", "\"../liba.deb\"", "path: is not a safe relative path", "climbs" },
	{ "\"debs/liba.deb\"", "\"/liba.deb\"", "path: is not a safe relative path", "absolute" },
	{ "libc6 (>= 2)", "libc6 >= 2", "depends: is not a list of package relations", "relation" },
	{ "va (= 1)", "va (= ", "provides: is not a list of package relations", "relation" },
	{ "\"old\"", "\"old |\"", "conflicts: is not a list", "relation" },
	{ "\"essential\":false", "\"essential\":0", "must be true or false", "type" },
	{ "\"size\":10", "\"size\":1099511627777", "size: must be a whole number", "over 1 TiB" },
	{ "\"installed_size\":20", "\"installed_size\":1,\"x\":1", "debs[0].x: unknown key",
	  "key" },
	{ "\"name\":\"libb\"", "\"name\":\"a\"", "debs[1]: must come after", "order of debs" },
	{ "\"id\":\"first\"", "\"id\":\"../first\"", "id: is not a valid package id", "unsafe id" },
	{ "\"id\":\"first\"", "\"id\":\"zebra\"", "must come after the one before", "order" },
	{ "\"id\":\"first\"", "\"id\":\"second\"", "must come after the one before", "twice" },
	{ "\"title\":\"T1\",", "", "packages[0]: key 'title' is missing", "no title" },
	{ "\"title\":\"T1\"", "\"title\":\"T1\",\"x\":1", "packages[0].x: unknown key", "key" },
	{ "\"priority\":100", "\"priority\":4294967296", "priority: must be a whole", "priority" },
	{ "{\"os\":\"linux\"}", "{\"os\":\"beos\"}", "match.os: 'beos' must be", "match" },
	{ "{\"os\":\"linux\"}", "{\"os\":\"windows\"}",
	  "packages[0].install[1]: 'deb' is for linux, and the package for windows", "system" },
	{ "[{\"device\":{}}]", "[{\"msi\":\"a.msi\"}]",
	  "packages[1].install[0]: 'msi' is for windows, and the package for any system",
	  "system" },
	{ "[{\"run\":[\"x\"]}]", "[{\"remove\":\"MLNX_WinOF2\"}]",
	  "packages[0].uninstall[0]: 'remove' is for windows, and the package for linux",
	  "system" },
	{ "\"6.1.0-40-amd64\"", "\"6.1/0\"", "kernel: must be 1 to 256", "slash in kernel" },
	{ "{\"deb\":1,\"batch\":0}", "{\"deb\":2,\"batch\":0}", "debs[0]: 'deb' must be an index",
	  "index" },
	{ "{\"deb\":1,\"batch\":0}", "{\"deb\":0,\"batch\":0}", "debs: names 'liba:amd64' twice",
	  "twice" },
	{ "{\"deb\":1,\"batch\":0}", "{\"deb\":1,\"batch\":3}", "'batch' must not go down",
	  "batch" },
	{ "{\"name\":\"libb\",\"version\":\"2.0\",\"arch\":\"all\"",
	  "{\"name\":\"liba\",\"version\":\"2.0\",\"arch\":\"amd64\"",
	  "packages[0].debs: names 'liba:amd64' twice", "two versions in one package" },
	{ "{\"deb\":1,\"batch\":0}", "{\"deb\":1}", "key 'batch' is missing", "no batch" },
	{ "{\"deb\":1,\"batch\":0}", "1,2", "has more entries than the catalog", "too many" },
	{ "[0,1]", "[0,-1]", "groups[1]: must be the number of a group", "group" },
	{ "\"block\":5", "\"block\":4294967296", "tree.block: must be a whole", "block" },
	{ "\"size\":6", "\"size\":6,\"x\":1", "tree.x: unknown key", "key" },
	{ "{\"bytes\":11,", "{", "payload: key 'bytes' is missing", "no bytes" },
	{ "\"memory\":9}", "\"memory\":9,\"more\":1}", "remake.more: unknown key", "more to make" },
	{ "\"memory\":9}", "\"memory\":1073741825}", "remake.memory: must be a whole",
	  "over 1 GiB" },
	{ "\"files\":1,\"memory\"", "\"memory\"", "remake: key 'files' is missing", "no files" },
	{ "\"vendor_bytes\":12", "\"vendor_bytes\":\"12\"", "vendor_bytes: must be a whole",
	  "type" },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct err err = { 0 };
		struct catalog c = { .deb_count = 77 };
		AUTO(auto_free) char *text = replace_once(base, refused[i].from, refused[i].to);
		if (catalog_parse(slice_str(text), &c, &err))
			fail_msg("taken: %s", refused[i].why);
		if (err.code != ERR_FORMAT || !strstr(err.msg, refused[i].message))
			fail_msg("%s: '%s'", refused[i].why, err.msg);
		assert_int_equal(c.deb_count, 77); /* untouched */
	}
}

static void test_too_long(void **state)
{
	(void)state;
	struct err err;
	struct catalog c;
	assert_fails(catalog_parse((struct slice) { NULL, CATALOG_SIZE_MAX + 1 }, &c, &err),
		     ERR_FORMAT, "the catalog is larger than 16777216 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_long),
	};
	return cmocka_run_group_tests_name("catalog", tests, NULL, NULL);
}
