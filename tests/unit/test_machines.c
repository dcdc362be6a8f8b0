/* SPDX-License-Identifier: MIT */
/* test_machines.c - the data of machines: every key, every way to get one wrong, and what follows. */
#include "support.h"

#include "machines.h"

/* Parts of the two documents; a case replaces one of them. */
#define NIC                                                                                        \
	"{\"device\":\"15b3:101c\",\"class\":\"020700\",\"sriov\":\"vf\",\"link\":\"infiniband\"," \
	"\"count\":2}"
#define FAMILY                                                                                     \
	"{\"family\":\"F\",\"sizes\":[\"Size_1\",\"Size_2\"],\"arch\":\"x86_64\",\"mode\":"        \
	"\"sr-iov\",\"nics\":[" NIC                                                                \
	"],\"retires\":\"2027-05-31\",\"images\":[{\"distro\":\"debian\","                         \
	"\"release\":\">= 12\"}],\"extension\":[\"linux\"],\"floors\":[{\"driver\":\"d\","         \
	"\"version\":\"1.2\"}],\"source\":\"s\"}"
#define SIZES "{\"schema\":1,\"families\":[" FAMILY "]}"
#define IMAGE                                                                                      \
	"{\"image\":\"debian-12\",\"title\":\"Debian 12\",\"os\":\"linux\",\"id\":\"debian\","     \
	"\"id_like\":[\"x\"],\"version_id\":\"12\",\"kernel\":{\"x86_64\":\"6.1\"},"               \
	"\"package_manager\":\"dpkg\",\"extension\":true,\"source\":\"s\"}"
#define IMAGES "{\"schema\":1,\"images\":[" IMAGE "]}"

static const struct {
	bool images; /* else sizes */
	const char *from, *to;
	const char *error; /* NULL: it is fine */
} cases[] = {
	{ false, "\"schema\":1", "\"schema\":1", NULL },
	{ false, ",\"retires\":\"2027-05-31\"", "", NULL },
	{ false, "2027-05-31", "2021-03", NULL },
	{ false, "\"floors\":[{\"driver\":\"d\",\"version\":\"1.2\"}],", "", NULL },
	{ true, "\"extension\":true,", "\"endorsed\":true,", NULL },
	{ true, "{\"x86_64\":\"6.1\"}", "{\"aarch64\":\"6.1\"}", NULL },

	/* the documents */
	{ false, "\"schema\":1", "\"schema\":2", "sizes:1: schema: must be 1" },
	{ false, "\"schema\":1,", "", "'schema' is missing" },
	{ false, "\"families\":[" FAMILY "]", "\"families\":[]", "families: must have 1 to" },
	{ false, "\"schema\":1", "\"schema\":1,\"more\":1", "more: unknown key" },
	{ true, "\"schema\":1", "\"schema\":0", "images:1: schema: must be 1" },
	{ true, "\"images\":[" IMAGE "]", "\"images\":[]", "must have 1 to" },

	/* families */
	{ false, "\"source\":\"s\"", "\"source\":\"s\",\"x\":1", "x: unknown key" },
	{ false, ",\"source\":\"s\"", "", "'source' is missing" },
	{ false, "\"source\":\"s\"", "\"source\":\"\"", "source: must not be empty" },
	{ false, "\"family\":\"F\"", "\"family\":\"\"", "family: must not be empty" },
	{ false, "[\"Size_1\",\"Size_2\"]", "[]", "sizes: must have 1 to" },
	{ false, "[\"Size_1\",\"Size_2\"]", "[\"Size_1\",\"Size_1\"]", "'Size_1' stands twice" },
	{ false, "[\"Size_1\",\"Size_2\"]", "[\"a/b\"]", "must be the name of a size" },
	{ false, "[\"Size_1\",\"Size_2\"]", "[1]", "must be the name of a size" },
	{ false, "\"x86_64\"", "\"i386\"", "'i386' is not a known word" },
	{ false, "\"sr-iov\"", "\"sriov\"", "'sriov' is not a known word" },
	{ false, "\"sr-iov\"", "\"network-direct\"", "network-direct without" },
	{ false, "\"nics\":[" NIC "]", "\"nics\":[]", "by PCI functions" },
	{ false, "\"nics\":[" NIC "]", "\"nics\":{}", "must be an array" },
	{ false, "15b3:101c", "15b3:101C", "must be like \"15b3:101c\"" },
	{ false, "15b3:101c", "15b3:*", "must be like \"15b3:101c\"" },
	{ false, "020700", "0207", "6 hex digits" },
	{ false, "\"vf\"", "\"unknown\"", "is not a known word" },
	{ false, "\"link\":\"infiniband\"", "\"link\":\"ib\"", "'ib' is not a known word" },
	{ false, "\"count\":2", "\"count\":0", "1 to 8 functions" },
	{ false, "\"count\":2", "\"count\":9", "count" },
	{ false, "[" NIC "]", "[" NIC "," NIC "," NIC "," NIC "," NIC "]", "1 to 8 functions" },
	{ false, "2027-05-31", "2027", "must be a day or month" },
	{ false, "2027-05-31", "2027/05/31", "must be a day or month" },
	{ false, "\"distro\":\"debian\"", "\"distri\":\"debian\"", "distri: unknown key" },
	{ false, "\">= 12\"", "\">=12\"", "release" },
	{ false, "[{\"distro\":\"debian\",\"release\":\">= 12\"}]", "[\"debian\"]",
	  "must be an object of match rules" },
	{ false, "[\"linux\"]", "[\"linux\",\"linux\"]", "each once" },
	{ false, "[\"linux\"]", "[\"bsd\"]", "must be \"linux\" or \"windows\"" },
	{ false, "[\"linux\"]", "[1]", "must be \"linux\" or \"windows\"" },
	{ false, "{\"driver\":\"d\",\"version\":\"1.2\"}", "{\"driver\":\"d\"}",
	  "'version' is missing" },
	{ false, "{\"driver\":\"d\",\"version\":\"1.2\"}", "", "floors: must have 1 to" },

	/* images */
	{ true, "\"image\":\"debian-12\"", "\"image\":\"Debian 12\"", "image: has lower-case" },
	{ true, IMAGE, IMAGE "," IMAGE, "image 'debian-12' stands twice" },
	{ true, "\"os\":\"linux\"", "\"os\":\"bsd\"", "'bsd' is not a known word" },
	{ true, "[\"x\"]", "[1]", "id_like[0]: must be a string" },
	{ true, "[\"x\"]", "[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]", "0 to 8" },
	{ true, "{\"x86_64\":\"6.1\"}", "{}", "names no processor" },
	{ true, "{\"x86_64\":\"6.1\"}", "{\"i386\":\"6.1\"}", "i386: unknown key" },
	{ true, "{\"x86_64\":\"6.1\"}", "{\"x86_64\":6}", "must be a string" },
	{ true, "\"dpkg\"", "\"apt\"", "'apt' is not a known word" },
	{ true, "\"extension\":true", "\"extension\":1", "extension: must be" },
	{ true, "\"dpkg\"", "\"msi\",\"installation\":\"server\"", NULL },
	{ true, "\"dpkg\"", "\"msi\",\"installation\":\"core\"", "'core' is not a known word" },
	{ true, ",\"source\":\"s\"", "", "'source' is missing" },
};

static bool parse(const char *sizes, const char *images, struct machines *m, struct err *err)
{
	return machines_parse("sizes", slice_str(sizes), "images", slice_str(images), m, err);
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = { 0 };
		AUTO(machines_done) struct machines m = { 0 };
		AUTO(auto_free)
		char *text =
			replace_once(cases[i].images ? IMAGES : SIZES, cases[i].from, cases[i].to);
		bool ok = parse(cases[i].images ? SIZES : text, cases[i].images ? text : IMAGES, &m,
				&err);
		if (ok != (cases[i].error == NULL))
			fail_msg("%s\n%s", text, ok ? "was taken" : err.msg);
		if (!ok && (err.code != ERR_FORMAT || !strstr(err.msg, cases[i].error)))
			fail_msg("%s\n'%s', not '%s'", text, err.msg, cases[i].error);
	}
}

static void test_facts(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct facts f;
	AUTO(machines_done) struct machines m = { 0 };
	assert_ok(parse(SIZES, IMAGES, &m, &err));
	assert_int_equal(m.size_count, 2);
	assert_true(machine_facts(&m.sizes[1], &m.images[0], &f));
	assert_string_equal(f.vm_size, "Size_2");
	assert_string_equal(f.id_like[0], "x");
	assert_string_equal(f.kernel, "6.1");
	assert_int_equal(f.nic_count, 2);
	assert_string_equal(f.nics[1].address, "0102:00:00.0");
	assert_int_equal(f.nics[1].device, 0x101c);
	assert_int_equal(f.nics[1].link, LINK_INFINIBAND);
	assert_int_equal(f.secure_boot, SECURE_BOOT_OFF);
	/* What can be written can be read: the facts are whole. */
	AUTO(buf_done) struct buf text = BUF_INIT(65536);
	AUTO(facts_done) struct facts again = { 0 };
	assert_ok(facts_write(&f, &text, &err));
	assert_ok(facts_parse("again", buf_slice(&text), &again, &err));

	AUTO(machines_done) struct machines arm = { 0 };
	AUTO(auto_free) char *images = replace_once(IMAGES, "{\"x86_64\"", "{\"aarch64\"");
	assert_ok(parse(SIZES, images, &arm, &err));
	assert_false(machine_facts(&arm.sizes[0], &arm.images[0], &f));
	assert_int_equal(machine_documented(&arm.sizes[0], &arm.images[0]), 0);
}

static void test_documented(void **state)
{
	(void)state;
	static const struct {
		const char *sizes_from, *sizes_to, *images_from, *images_to;
		unsigned want;
		const char *why;
	} rows[] = {
		{ "F", "F", "6.1", "6.1", DOCUMENTED_SIZE | DOCUMENTED_EXTENSION, "both pages" },
		{ ">= 12", ">= 13", "6.1", "6.1", DOCUMENTED_EXTENSION,
		  "older than the size's page" },
		{ "[\"linux\"]", "[\"windows\"]", "6.1", "6.1", DOCUMENTED_SIZE, "another system" },
		{ ">= 12", ">= 13", "\"extension\":true", "\"endorsed\":true", DOCUMENTED_ENDORSED,
		  "no page, endorsed" },
		{ ">= 12", ">= 13", "\"extension\":true,", "", 0, "nobody" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err err = { 0 };
		AUTO(machines_done) struct machines m = { 0 };
		AUTO(auto_free)
		char *sizes = replace_once(SIZES, rows[i].sizes_from, rows[i].sizes_to);
		AUTO(auto_free)
		char *images = replace_once(IMAGES, rows[i].images_from, rows[i].images_to);
		assert_ok(parse(sizes, images, &m, &err));
		if (machine_documented(&m.sizes[0], &m.images[0]) != rows[i].want)
			fail_msg("%s", rows[i].why);
	}
}

static void test_retired(void **state)
{
	(void)state;
	static const struct {
		const char *retires, *on;
		bool want;
	} rows[] = {
		{ "2027-05-31", "2027-05-30", false }, { "2027-05-31", "2027-05-31", false },
		{ "2027-05-31", "2027-06-01", true },  { "2021-03", "2021-03-31", false },
		{ "2021-03", "2021-04-01", true },     { NULL, "2100-01-01", false },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct machine_family family = { .retires = rows[i].retires };
		struct machine_size size = { "s", &family };
		if (machine_retired(&size, rows[i].on) != rows[i].want)
			fail_msg("%s on %s", rows[i].retires, rows[i].on);
	}
}

/* The data that comes with the source: whole, and every image is documented for some size. */
static void test_ours(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(machines_done) struct machines m = { 0 };
	assert_ok(machines_read("manifests/facts/machines", &m, &err));
	assert_true(m.size_count >= 40 && m.image_count >= 35);
	for (size_t i = 0; i < m.image_count; i++) {
		bool some = false;
		for (size_t s = 0; s < m.size_count; s++)
			some = some || machine_documented(&m.sizes[s], &m.images[i]);
		if (!some)
			fail_msg("no size takes '%s'", m.images[i].name);
	}
}

static void test_read_fails(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct machines m = { 0 };
	assert_fails(machines_read("manifests/none", &m, &err), ERR_SYSTEM, "none/sizes.json");
	AUTO(auto_free) char *large = malloc(MACHINES_FILE_MAX + 1);
	assert_non_null(large);
	memset(large, ' ', MACHINES_FILE_MAX + 1);
	struct slice text = { (const uint8_t *)large, MACHINES_FILE_MAX + 1 };
	assert_fails(machines_parse("a", text, "b", slice_str(IMAGES), &m, &err), ERR_FORMAT,
		     "a: is larger");
	assert_fails(machines_parse("a", slice_str(SIZES), "b", text, &m, &err), ERR_FORMAT,
		     "b: is larger");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),      cmocka_unit_test(test_facts),
		cmocka_unit_test(test_documented), cmocka_unit_test(test_retired),
		cmocka_unit_test(test_ours),       cmocka_unit_test(test_read_fails),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
