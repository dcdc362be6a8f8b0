/* SPDX-License-Identifier: MIT */
/* test_fleet.c - a folder of facts: who gets what, what is missing, and the smallest manifest. */
#include "support.h"

#include "fleet.h"

#define FACTS(version, nics)                                                                       \
	"{\"schema\":1,\"os\":\"linux\",\"id\":\"debian\",\"version_id\":\"" version               \
	"\",\"pretty_name\":\"\",\"id_like\":[],\"kernel\":\"6.1\",\"arch\":\"x86_64\",\"nics\":"  \
	"[" nics "],\"network_direct\":false,\"secure_boot\":\"off\",\"chroot\":false,"            \
	"\"space_staging\":1,\"space_system\":1,\"package_manager\":\"dpkg\","                     \
	"\"package_manager_locked\":false,\"packages\":[]}"
#define NIC                                                                                        \
	"{\"address\":\"0101:00:00.0\",\"vendor\":\"15b3\",\"device\":\"101c\",\"class\":"         \
	"\"020700\",\"sriov\":\"vf\",\"link\":\"infiniband\"}"

#define REPO(name)                                                                                 \
	"\"" name "\":{\"type\":\"apt\",\"suites\":[{\"suite\":\"s\",\"uris\":[\"u\"]}],"          \
	"\"components\":[\"main\"],\"keyring\":\"@apt\"}"
#define PACKAGE(release)                                                                           \
	"{\"id\":\"p" release                                                                      \
	"\",\"title\":\"T\",\"license\":\"MIT\",\"priority\":1,\"closure\":{"                      \
	"\"repository\":\"r" release "\",\"arch\":\"amd64\",\"base\":\"minbase\",\"packages\":["   \
	"\"x\"]},\"match\":{\"os\":\"linux\",\"nic\":\"15b3:*\",\"release\":\"" release            \
	"\"},\"install\":[{\"deb\":{}}]}"
static const char text[] =
	"{\"schema\":1,\"name\":\"demo\",\"version\":\"1\",\"repositories\":{" REPO("r11") "," REPO(
		"r12") "},\"packages\":[" PACKAGE("12") "," PACKAGE("11") "]}";

static void write_node(const char *name, const char *facts)
{
	char path[128];
	snprintf(path, sizeof(path), "fleet/%s", name);
	assert_true(mkdir("fleet", 0755) == 0 || access("fleet", F_OK) == 0);
	write_file(path, facts, strlen(facts));
}

static void test_nodes(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(manifest_done) struct manifest m = { 0 };
	AUTO(fleet_done) struct fleet f = { 0 };
	AUTO(buf_done) struct buf out = BUF_INIT(65536), json = BUF_INIT(65536);
	write_node("n2.json", FACTS("12", NIC));
	write_node("n1.json", FACTS("13", NIC));
	write_node("plain.json", FACTS("12", ""));
	write_node("notes.txt", "no facts");
	assert_ok(manifest_parse("m", slice_str(text), &m, &err));
	assert_ok(fleet_make(&m, "fleet", &f, &err));
	assert_int_equal(f.count, 3);
	assert_int_equal(f.covered, 1);
	assert_int_equal(f.missing, 1);
	assert_ok(fleet_write_text(&f, &out, &err));
	assert_string_equal(
		buf_str(&out),
		"demo 1: 3 nodes, 1 covered, 1 missing, 1 without InfiniBand\n"
		"  MISSING  n1: no package of this bundle is for debian 13, x86_64, kernel "
		"6.1; the nearest is 'p11': release 13 is not 11\n"
		"  covered  n2: p12\n"
		"  -        plain: no InfiniBand function of vendor 15b3 on this machine\n");
	assert_ok(fleet_write_json(&f, &json, &err));
	assert_non_null(strstr(buf_str(&json), "\"covered\": 1"));
	assert_non_null(strstr(buf_str(&json), "\"gaps\": 1"));
	assert_non_null(strstr(buf_str(&json), "\"package\": \"p12\""));
}

/* Only what is chosen, with its repository; it can be read, and chooses the same. */
static void test_minimal(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(manifest_done) struct manifest m = { 0 }, small = { 0 };
	AUTO(fleet_done) struct fleet f = { 0 }, again = { 0 };
	AUTO(buf_done) struct buf out = BUF_INIT(65536), same = BUF_INIT(65536);
	write_node("a.json", FACTS("12", NIC));
	write_node("b.json", FACTS("12", NIC));
	assert_ok(manifest_parse("m", slice_str(text), &m, &err));
	assert_ok(fleet_make(&m, "fleet", &f, &err));
	assert_ok(fleet_write_minimal(&f, &out, &err));
	assert_ok(manifest_parse("small", buf_slice(&out), &small, &err));
	assert_int_equal(small.package_count, 1);
	assert_string_equal(small.packages[0].id, "p12");
	assert_int_equal(small.repository_count, 1);
	assert_string_equal(small.repositories[0].name, "r12");
	assert_ok(fleet_make(&small, "fleet", &again, &err));
	assert_int_equal(again.covered, 2);
	assert_ok(fleet_write_minimal(&again, &same, &err));
	assert_string_equal(buf_str(&same), buf_str(&out));
}

static void test_refused(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(manifest_done) struct manifest m = { 0 };
	struct fleet f = { 0 };
	assert_ok(manifest_parse("m", slice_str(text), &m, &err));
	assert_fails(fleet_make(&m, "none", &f, &err), ERR_SYSTEM, "'none'");
	assert_int_equal(mkdir("fleet", 0755), 0);
	assert_fails(fleet_make(&m, "fleet", &f, &err), ERR_FORMAT, "no facts");
	write_node("bad.json", "{}");
	assert_fails(fleet_make(&m, "fleet", &f, &err), ERR_FORMAT, "fleet/bad.json:1: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nodes, enter_temp_dir, leave_temp_dir),
		cmocka_unit_test_setup_teardown(test_minimal, enter_temp_dir, leave_temp_dir),
		cmocka_unit_test_setup_teardown(test_refused, enter_temp_dir, leave_temp_dir),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
