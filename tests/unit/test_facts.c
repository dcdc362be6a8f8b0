/* SPDX-License-Identifier: MIT */
/* test_facts.c - the facts document, and the machines recorded under manifests/facts/. */
#include "support.h"

#include "facts.h"

static const char base[] =
	"{\"schema\":1,\"os\":\"linux\",\"id\":\"debian\",\"version_id\":\"12\","
	"\"pretty_name\":\"Debian\",\"id_like\":[\"x\"],\"kernel\":\"6.1.0-40-amd64\","
	"\"arch\":\"x86_64\",\"nics\":[{\"address\":\"0101:00:00.0\",\"vendor\":\"15b3\","
	"\"device\":\"101c\",\"class\":\"020700\",\"sriov\":\"vf\",\"link\":\"infiniband\"}],"
	"\"network_direct\":false,\"secure_boot\":\"off\",\"chroot\":false,"
	"\"space_staging\":1,\"space_system\":2,\"package_manager\":\"dpkg\","
	"\"package_manager_locked\":false,\"packages\":["
	"{\"name\":\"libc6\",\"version\":\"2.36-9\",\"arch\":\"i386\"},"
	"{\"name\":\"libc6\",\"version\":\"2.36-9\",\"arch\":\"amd64\"},"
	"{\"name\":\"adduser\",\"version\":\"3.134\",\"arch\":\"all\"}]}";

/* What only Windows has, put into base[]. */
#define GUID "{0123abcd-0000-1111-2222-89ABCDEF0123}"
static const char windows[] =
	"\"edition\":\"ServerDatacenter\",\"installation\":\"server-core\","
	"\"product_type\":\"server\",\"elevated\":true,\"pending_reboot\":false,"
	"\"software\":[{\"name\":\"MLNX_WinOF2\",\"version\":\"2.22.50000\",\"code\":\"" GUID "\"},"
	"{\"name\":\"Tool\",\"version\":\"\"}],"
	"\"drivers\":[{\"inf\":\"oem12.inf\",\"original\":\"mlx5.inf\",\"provider\":\"Mellanox\","
	"\"class\":\"System\",\"version\":\"2.22.50000.0\"},{\"inf\":\"oem13.inf\","
	"\"provider\":\"P\",\"class\":\"Net\",\"version\":\"1\"}],"
	"\"os\":\"windows\"";

static const struct {
	const char *from, *to, *message, *why;
} refused_windows[] = {
	{ "\"server-core\"", "\"core\"", "installation: 'core' is not a known word", "word" },
	{ "\"product_type\":\"server\"", "\"product_type\":\"nas\"", "product_type: 'nas'",
	  "word" },
	{ "\"elevated\":true", "\"elevated\":\"yes\"", "elevated: must be true or false", "type" },
	{ "\"pending_reboot\":false", "\"pending_reboot\":0", "pending_reboot: must be", "type" },
	{ "\"version\":\"2.22.50000\",", "", "software[0]: key 'version' is missing",
	  "no version" },
	{ "{0123abcd", "{0123abc", "software[0].code: must be a product code", "short code" },
	{ "{0123abcd", "{0123abcx", "software[0].code: must be a product code", "not hex" },
	{ "{0123abcd-", "{0123abcd0", "software[0].code: must be a product code", "no hyphen" },
	{ "\"name\":\"Tool\"", "\"name\":\"Tool\",\"size\":1", "software[1].size: unknown", "key" },
	{ "\"inf\":\"oem13.inf\",", "", "drivers[1]: key 'inf' is missing", "no inf" },
	{ "\"class\":\"Net\"", "\"class\":5", "drivers[1].class: must be a string", "type" },
	{ "\"class\":\"Net\"", "\"class\":\"Net\",\"date\":\"\"", "drivers[1].date: unknown",
	  "key" },
};

static const struct {
	const char *from, *to, *message, *why;
} refused[] = {
	{ "\"schema\":1,", "", "key 'schema' is missing", "no schema" },
	{ "\"schema\":1", "\"schema\":2", "schema: must be 1", "a schema of the future" },
	{ "\"os\":\"linux\"", "\"os\":\"beos\"", "os: 'beos' is not a known word",
	  "unknown system" },
	{ "\"os\":", "\"system\":", "system: unknown key", "unknown key" },
	{ "\"id\":\"debian\",", "", "key 'id' is missing", "no id" },
	{ "\"kernel\":\"6.1.0-40-amd64\"", "\"kernel\":6", "kernel: must be a string", "type" },
	{ "[\"x\"]", "[1]", "id_like[0]: must be a string", "type in a list" },
	{ "[\"x\"]", "[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]",
	  "id_like: has more than 8", "too many families" },
	{ "\"vendor\":\"15b3\"", "\"vendor\":\"15B3\"", "vendor: must be 4 hex", "upper case" },
	{ "\"device\":\"101c\"", "\"device\":\"1c\"", "device: must be 4 hex", "too short" },
	{ "\"020700\"", "\"0x0207\"", "class: must be 6 hex", "not hex" },
	{ "\"sriov\":\"vf\"", "\"sriov\":\"yes\"", "sriov: 'yes' is not", "unknown word" },
	{ "\"link\":\"infiniband\"", "\"link\":\"ib\"", "nics[0].link: 'ib' is not",
	  "unknown word" },
	{ ",\"link\":\"infiniband\"", "", "nics[0]: key 'link' is missing", "no link" },
	{ "\"link\":", "\"speed\":1,\"link\":", "nics[0].speed: unknown key", "unknown key" },
	{ "\"link\":", "\"present\":1,\"link\":", "present: must be true or false", "type" },
	{ "\"link\":", "\"problem\":4294967296,\"link\":", "problem: must be a whole", "range" },
	{ "\"network_direct\":false", "\"network_direct\":0", "must be true or false", "type" },
	{ "\"secure_boot\":\"off\"", "\"secure_boot\":\"no\"", "secure_boot: 'no'", "word" },
	{ "\"space_staging\":1", "\"space_staging\":-1", "space_staging: must be a whole",
	  "minus" },
	{ "\"dpkg\"", "\"apk\"", "package_manager: 'apk'", "unknown package manager" },
	{ "\"3.134\"", "null", "packages[2].version: must be a string", "type in a package" },
	{ "\"3.134\"", "\"1\",\"state\":\"x\"", "packages[2].state: unknown key", "unknown key" },
	{ "\"i386\"", "\"amd64\"", "'libc6:amd64' stands twice", "twice installed" },
	{ "\"packages\"", "\"kernel_headers\":1,\"packages\"", "kernel_headers: must be true",
	  "type" },
	{ "\"packages\"", "\"tools\":\"gcc\",\"packages\"", "tools: must be an array", "type" },
	{ "\"packages\"", "\"builtin_modules\":[1],\"packages\"", "builtin_modules[0]: must be",
	  "type in a list" },
	{ "\"packages\"", "\"vendor_stack\":true,\"packages\"", "vendor_stack: must be a string",
	  "type" },
	{ "\"packages\"", "\"staging_noexec\":\"no\",\"packages\"", "staging_noexec: must be true",
	  "type" },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct err err = { 0 };
		struct facts f = { .os = "untouched" };
		AUTO(auto_free) char *text = replace_once(base, refused[i].from, refused[i].to);
		if (facts_parse("f.json", slice_str(text), &f, &err))
			fail_msg("taken: %s", refused[i].why);
		if (err.code != ERR_FORMAT || !strstr(err.msg, refused[i].message))
			fail_msg("%s: '%s'", refused[i].why, err.msg);
		assert_string_equal(f.os, "untouched");
	}
}

static void test_refused_windows(void **state)
{
	(void)state;
	AUTO(auto_free) char *whole = replace_once(base, "\"os\":\"linux\"", windows);
	for (size_t i = 0; i < COUNT_OF(refused_windows); i++) {
		struct err err = { 0 };
		struct facts f;
		AUTO(auto_free)
		char *text = replace_once(whole, refused_windows[i].from, refused_windows[i].to);
		if (facts_parse("f.json", slice_str(text), &f, &err))
			fail_msg("taken: %s", refused_windows[i].why);
		if (err.code != ERR_FORMAT || !strstr(err.msg, refused_windows[i].message))
			fail_msg("%s: '%s'", refused_windows[i].why, err.msg);
	}
}

static void test_windows(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(facts_done) struct facts f = { 0 };
	AUTO(facts_done) struct facts again = { 0 };
	AUTO(buf_done) struct buf first = BUF_INIT(1u << 20);
	AUTO(buf_done) struct buf second = BUF_INIT(1u << 20);
	AUTO(auto_free) char *system = replace_once(base, "\"os\":\"linux\"", windows);
	AUTO(auto_free) char *manager = replace_once(system, "\"dpkg\"", "\"msi\"");
	AUTO(auto_free) char *text =
		replace_once(manager, "\"link\":", "\"present\":false,\"problem\":45,\"link\":");
	assert_ok(facts_parse("f.json", slice_str(text), &f, &err));
	assert_string_equal(f.package_manager, "msi");
	assert_string_equal(f.edition, "ServerDatacenter");
	assert_string_equal(f.installation, "server-core");
	assert_string_equal(f.product_type, "server");
	assert_int_equal(f.elevated, ANSWER_YES);
	assert_int_equal(f.pending_reboot, ANSWER_NO);
	assert_true(f.nics[0].ghost);
	assert_int_equal(f.nics[0].problem, 45);
	assert_int_equal(f.software_count, 2);
	assert_string_equal(f.software[0].code, GUID);
	assert_null(f.software[1].code);
	assert_int_equal(f.driver_count, 2);
	assert_string_equal(f.drivers[0].original, "mlx5.inf");
	assert_string_equal(f.drivers[0].class_name, "System");
	assert_null(f.drivers[1].original);

	/* Written and read again it is the same. */
	assert_ok(facts_write(&f, &first, &err));
	assert_ok(facts_parse("again", buf_slice(&first), &again, &err));
	assert_ok(facts_write(&again, &second, &err));
	assert_string_equal(buf_str(&first), buf_str(&second));
	assert_true(again.nics[0].ghost);
	assert_int_equal(again.software_count, 2);
	assert_int_equal(again.driver_count, 2);
}

/* What is not known is not written, and what is not written is not known. */
static void test_not_windows(void **state)
{
	(void)state;
	static const char *const keys[] = { "edition",        "installation", "product_type",
					    "elevated",       "software",     "drivers",
					    "pending_reboot", "present",      "problem" };
	struct err err = { 0 };
	AUTO(facts_done) struct facts f = { 0 };
	AUTO(buf_done) struct buf text = BUF_INIT(1u << 20);
	assert_ok(facts_parse("f.json", slice_str(base), &f, &err));
	assert_null(f.installation);
	assert_int_equal(f.elevated, ANSWER_UNKNOWN);
	assert_int_equal(f.pending_reboot, ANSWER_UNKNOWN);
	assert_false(f.nics[0].ghost);
	assert_ok(facts_write(&f, &text, &err));
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		assert_null(strstr(buf_str(&text), keys[i]));
}

static void test_windows_limits(void **state)
{
	(void)state;
	static const struct {
		const char *key, *message;
		int max;
	} lists[] = { { "software", "software: has more than 1024 products", FACTS_SOFTWARE_MAX },
		      { "drivers", "drivers: has more than 4096 drivers", FACTS_DRIVERS_MAX } };
	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		struct err err;
		struct facts f;
		AUTO(buf_done) struct buf list = BUF_INIT(100000);
		buf_printf(&list, "\"os\":\"windows\",\"%s\":[{}", lists[i].key);
		for (int n = 0; n < lists[i].max; n++)
			buf_add_str(&list, ",{}");
		buf_add_str(&list, "]");
		AUTO(auto_free)
		char *text = replace_once(base, "\"os\":\"linux\"", buf_str(&list));
		assert_fails(facts_parse("f.json", slice_str(text), &f, &err), ERR_FORMAT,
			     lists[i].message);
	}
}

static void test_not_an_object(void **state)
{
	(void)state;
	struct err err;
	struct facts f;
	assert_fails(facts_parse("f.json", slice_str("[]"), &f, &err), ERR_FORMAT,
		     "f.json:1: must be an object");
	assert_fails(facts_parse("f.json", (struct slice) { NULL, FACTS_SIZE_MAX + 1 }, &f, &err),
		     ERR_FORMAT, "f.json: facts are at most 16777216 bytes");
}

static void test_too_many_nics(void **state)
{
	(void)state;
	struct err err;
	struct facts f;
	AUTO(buf_done) struct buf nics = BUF_INIT(100000);
	buf_add_str(&nics, "\"nics\":[");
	for (int i = 0; i < FACTS_NICS_MAX; i++)
		buf_add_str(&nics, "{},");
	AUTO(auto_free) char *text = replace_once(base, "\"nics\":[", buf_str(&nics));
	assert_fails(facts_parse("f.json", slice_str(text), &f, &err), ERR_FORMAT,
		     "nics: has more than 64 functions");
}

static void test_find_package(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(facts_done) struct facts f = { 0 };
	assert_ok(facts_parse("f.json", slice_str(base), &f, &err));
	assert_string_equal(f.packages[0].name, "adduser"); /* sorted */
	assert_string_equal(f.packages[1].arch, "amd64");
	assert_string_equal(f.packages[0].status, "installed");
	assert_string_equal(facts_find_package(&f, "libc6", "i386")->arch, "i386");
	assert_string_equal(facts_find_package(&f, "libc6", "all")->arch, "amd64");
	assert_string_equal(facts_find_package(&f, "adduser", "arm64")->arch, "all");
	assert_null(facts_find_package(&f, "libc6", "arm64"));
	assert_null(facts_find_package(&f, "libc", "amd64"));
	assert_null(facts_find_package(&f, "zzz", "amd64"));
}

static void test_deb_arch(void **state)
{
	(void)state;
	assert_string_equal(facts_deb_arch("x86_64"), "amd64");
	assert_string_equal(facts_deb_arch("aarch64"), "arm64");
	assert_string_equal(facts_deb_arch("riscv64"), "riscv64");
}

/* --- recorded machines --------------------------------------------------------------------------- */

static const struct {
	const char *file, *id, *release, *arch;
	size_t nics, infiniband; /* functions, and those of them with that link */
	uint32_t device;         /* of the first */
	bool network_direct;
} machines[] = {
	{ "hb60rs", "debian", "11", "x86_64", 1, 1, 0x1018, false },
	{ "hc44rs", "debian", "11", "x86_64", 1, 1, 0x1018, false },
	{ "hb120rs_v2", "debian", "12", "x86_64", 1, 1, 0x101c, false },
	{ "hb120rs_v3", "debian", "12", "x86_64", 2, 1, 0x101c, false },
	{ "hb176rs_v4", "debian", "13", "x86_64", 1, 1, 0x101e, false },
	{ "hb368rs_v5", "debian", "13", "x86_64", 4, 4, 0x101e, false },
	{ "nd96asr_a100_v4", "debian", "12", "x86_64", 9, 8, 0x101c, false },
	{ "nd96isr_h100_v5", "debian", "13", "x86_64", 9, 8, 0x101e, false },
	{ "nd128isr_gb200_v6", "debian", "13", "aarch64", 4, 4, 0x101e, false },
	{ "nc24rs_v3", "debian", "11", "x86_64", 1, 0, 0x1004, false },
	{ "h16r", "debian", "11", "x86_64", 0, 0, 0, true },
	{ "d4s_v5", "debian", "12", "x86_64", 1, 0, 0x1016, false },
	{ "b2s", "debian", "12", "x86_64", 0, 0, 0, false },
	{ "ubuntu2204_hb120rs_v3", "ubuntu", "22.04", "x86_64", 2, 1, 0x101c, false },
	{ "rhel810_hb176rs_v4", "rhel", "8.10", "x86_64", 1, 1, 0x101e, false },
	{ "windows2019_hc44rs", "windows-server", "2019", "x86_64", 1, 1, 0x1018, false },
	{ "windows2016_hb120rs_v2", "windows-server", "2016", "x86_64", 2, 1, 0x101c, false },
	{ "windows2012r2_nc24rs_v3", "windows-server", "2012r2", "x86_64", 1, 0, 0x1004, false },
	{ "windows10_hb120rs_v2", "windows", "10", "x86_64", 1, 1, 0x101c, false },
	{ "windows2022core_hb176rs_v4", "windows-server", "2022", "x86_64", 2, 1, 0x101e, false },
	{ "windows2019_h16r", "windows-server", "2019", "x86_64", 0, 0, 0, true },
	{ "windows2012_h16r", "windows-server", "2012", "x86_64", 0, 0, 0, true },
	{ "windows2025_d4s_v5", "windows-server", "2025", "x86_64", 1, 0, 0x1016, false },
	{ "windows2016_resized", "windows-server", "2016", "x86_64", 2, 1, 0x1016, false },
	{ "windows11_nc24rs_v3", "windows", "11", "x86_64", 1, 0, 0x1004, false },
};

static void read_machine(const char *file, struct buf *out)
{
	char path[256], chunk[4096];
	snprintf(path, sizeof(path), "manifests/facts/%s.json", file);
	AUTO(auto_fclose) FILE *f = fopen(path, "rb");
	if (!f)
		fail_msg("no %s: run from the project's root", path);
	for (size_t n; (n = fread(chunk, 1, sizeof(chunk), f)) > 0;)
		buf_add(out, chunk, n);
}

static void test_machines(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(machines); i++) {
		struct err err = { 0 };
		AUTO(buf_done) struct buf text = BUF_INIT(1u << 20);
		AUTO(buf_done) struct buf again = BUF_INIT(1u << 20);
		AUTO(facts_done) struct facts f = { 0 };
		read_machine(machines[i].file, &text);
		assert_ok(facts_parse(machines[i].file, buf_slice(&text), &f, &err));
		assert_ok(facts_write(&f, &again, &err));
		if (strcmp(buf_str(&text), buf_str(&again)) != 0)
			fail_msg("%s is not as facts_write() writes it", machines[i].file);
		size_t infiniband = 0;
		for (size_t n = 0; n < f.nic_count; n++)
			infiniband += f.nics[n].link == LINK_INFINIBAND;
		if (f.nic_count != machines[i].nics || infiniband != machines[i].infiniband ||
		    (f.nic_count && f.nics[0].device != machines[i].device) ||
		    f.network_direct != machines[i].network_direct)
			fail_msg("%s: other functions than expected", machines[i].file);
		assert_string_equal(f.id, machines[i].id);
		assert_string_equal(f.version_id, machines[i].release);
		assert_string_equal(f.arch, machines[i].arch);
		if (!f.comment || !strstr(f.comment, "not dumped from a machine"))
			fail_msg("%s does not say where it comes from", machines[i].file);
	}
}

/* What is known about building and installing is written as it was read, an empty list too. */
static void test_stack(void **state)
{
	(void)state;
	struct err err = { 0 };
	static const char more[] =
		"\"kernel_headers\":false,\"tools\":[\"gcc\",\"make\"],\"builtin_modules\":[],"
		"\"vendor_stack\":\"MLNX_OFED_LINUX-5.8\",\"package_manager_broken\":\"cut\","
		"\"staging_noexec\":true,\"staging_read_only\":false,\"system_read_only\":true,"
		"\"space_shared\":false,\"packages\"";
	AUTO(auto_free) char *text = replace_once(base, "\"packages\"", more);
	AUTO(facts_done) struct facts f = { 0 };
	AUTO(facts_done) struct facts back = { 0 };
	AUTO(buf_done) struct buf once = BUF_INIT(1u << 16);
	AUTO(buf_done) struct buf twice = BUF_INIT(1u << 16);
	assert_ok(facts_parse("f", slice_str(text), &f, &err));
	assert_ok(facts_write(&f, &once, &err));
	assert_ok(facts_parse("again", buf_slice(&once), &back, &err));
	assert_ok(facts_write(&back, &twice, &err));
	assert_string_equal(buf_str(&once), buf_str(&twice));
	assert_int_equal(back.kernel_headers, ANSWER_NO);
	assert_int_equal(back.tools.count, 2);
	assert_true(back.builtin_modules.known && back.builtin_modules.count == 0);
	assert_string_equal(back.vendor_stack, "MLNX_OFED_LINUX-5.8");
	assert_string_equal(back.package_manager_broken, "cut");
	assert_int_equal(back.staging_noexec, ANSWER_YES);
	assert_int_equal(back.staging_read_only, ANSWER_NO);
	assert_int_equal(back.system_read_only, ANSWER_YES);
	assert_int_equal(back.space_shared, ANSWER_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),        cmocka_unit_test(test_not_an_object),
		cmocka_unit_test(test_too_many_nics),  cmocka_unit_test(test_find_package),
		cmocka_unit_test(test_deb_arch),       cmocka_unit_test(test_machines),
		cmocka_unit_test(test_windows),        cmocka_unit_test(test_refused_windows),
		cmocka_unit_test(test_not_windows),    cmocka_unit_test(test_stack),
		cmocka_unit_test(test_windows_limits),
	};
	return cmocka_run_group_tests_name("facts", tests, NULL, NULL);
}
