/* SPDX-License-Identifier: MIT */
/* test_plan.c - which package, why, and whether the system holds together afterwards. */
#include "support.h"

#include "plan.h"

#define SHA "\"00000000000000000000000000000000000000000000000000000000000000ff\""

/* --- making catalogs and machines ---------------------------------------------------------------- */

/* One deb: these words, of which the last ones may be left out. */
enum { NAME, VERSION, ARCH, DEPENDS, CONFLICTS, PROVIDES, WORDS };

static void add_deb(struct buf *out, const char *const d[WORDS])
{
	buf_printf(out,
		   "%s{\"name\":\"%s\",\"version\":\"%s\",\"arch\":\"%s\",\"path\":\"debs/x\","
		   "\"depends\":\"%s\",\"conflicts\":\"%s\",\"provides\":\"%s\","
		   "\"essential\":false,\"size\":1000,\"installed_size\":5000,\"sha256\":" SHA "}",
		   out->p[out->len - 1] == '[' ? "" : ",", d[NAME], d[VERSION], d[ARCH],
		   d[DEPENDS] ? d[DEPENDS] : "", d[CONFLICTS] ? d[CONFLICTS] : "",
		   d[PROVIDES] ? d[PROVIDES] : "");
}

static void add_package(struct buf *out, const char *id, const char *version, unsigned priority,
			const char *match, size_t debs)
{
	buf_printf(out,
		   "%s{\"id\":\"%s\",\"title\":\"Title\",\"version\":\"%s\",\"license\":\"MIT\","
		   "\"priority\":%u,\"match\":{%s%s%s,\"install\":[{\"deb\":{}}],"
		   "\"groups\":[],"
		   "\"tree\":{\"block\":0,\"size\":0,\"sha256\":" SHA "},"
		   "\"payload\":{\"bytes\":0,\"files\":0},\"vendor_bytes\":0,\"debs\":[",
		   out->p[out->len - 1] == '[' ? "" : ",", id, version, priority,
		   strstr(match, "\"os\"") ? "" : "\"os\":\"linux\"",
		   strstr(match, "\"os\"") || match[1] == '}' ? "" : ",", match + 1);
	for (size_t i = 0; i < debs; i++)
		buf_printf(out, "%s{\"deb\":%zu,\"batch\":0}", i ? "," : "", i);
	buf_add_str(out, "]}");
}

static void finish(struct buf *text, struct catalog *c)
{
	struct err err = { 0 };
	buf_add_str(text, "]}");
	assert_ok(catalog_parse(buf_slice(text), c, &err));
}

/* As manifests/debian-rdma.json has it, without debs. */
static void make_releases(struct catalog *c)
{
	static const struct {
		const char *id, *release, *arch;
	} all[] = {
		{ "debian-11-amd64", "11", "x86_64" }, { "debian-11-arm64", "11", "aarch64" },
		{ "debian-12-amd64", "12", "x86_64" }, { "debian-12-arm64", "12", "aarch64" },
		{ "debian-13-amd64", "13", "x86_64" }, { "debian-13-arm64", "13", "aarch64" },
	};
	AUTO(buf_done) struct buf text = BUF_INIT(100000);
	buf_add_str(&text, "{\"debs\":[],\"packages\":[");
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		char match[256];
		snprintf(match, sizeof(match),
			 "{\"os\":\"linux\",\"distro\":\"debian\",\"release\":\"%s\",\"arch\":\"%"
			 "s\","
			 "\"nic\":\"15b3:*\",\"link\":[\"infiniband\",\"unknown\"]}",
			 all[i].release, all[i].arch);
		add_package(&text, all[i].id, "44", 100, match, 0);
	}
	finish(&text, c);
}

/* Debian 12 with one InfiniBand function and these packages. */
static void make_machine(const char *packages, struct facts *f)
{
	struct err err = { 0 };
	AUTO(buf_done) struct buf text = BUF_INIT(100000);
	buf_printf(
		&text,
		"{\"schema\":1,\"os\":\"linux\",\"id\":\"debian\",\"version_id\":\"12\","
		"\"pretty_name\":\"Debian GNU/Linux 12\",\"id_like\":[],"
		"\"kernel\":\"6.1.0-40-amd64\",\"arch\":\"x86_64\","
		"\"nics\":[{\"address\":\"0101:00:00.0\",\"vendor\":\"15b3\",\"device\":\"101c\","
		"\"class\":\"020700\",\"sriov\":\"vf\",\"link\":\"infiniband\"}],"
		"\"network_direct\":false,\"secure_boot\":\"off\",\"chroot\":false,"
		"\"space_staging\":1073741824,\"space_system\":1073741824,"
		"\"package_manager\":\"dpkg\",\"package_manager_locked\":false,"
		"\"packages\":[%s]}",
		packages);
	assert_ok(facts_parse("f.json", buf_slice(&text), f, &err));
}

/* --- choosing ------------------------------------------------------------------------------------ */

static const struct {
	const char *file, *chosen;
	enum err_code code;
	const char *message;
} machines[] = {
	{ "hb60rs", "debian-11-amd64", ERR_NONE, "" },
	{ "hc44rs", "debian-11-amd64", ERR_NONE, "" },
	{ "hb120rs_v2", "debian-12-amd64", ERR_NONE, "" },
	{ "hb120rs_v3", "debian-12-amd64", ERR_NONE, "" },
	{ "hb176rs_v4", "debian-13-amd64", ERR_NONE, "" },
	{ "hb368rs_v5", "debian-13-amd64", ERR_NONE, "" },
	{ "nd96asr_a100_v4", "debian-12-amd64", ERR_NONE, "" },
	{ "nd96isr_h100_v5", "debian-13-amd64", ERR_NONE, "" },
	{ "nd128isr_gb200_v6", "debian-13-arm64", ERR_NONE, "" },
	{ "nc24rs_v3", "debian-11-amd64", ERR_NONE, "" },
	{ "h16r", NULL, ERR_MACHINE_UNSUPPORTED,
	  "the nearest is 'debian-11-amd64': nic 15b3:* not found" },
	{ "d4s_v5", NULL, ERR_NO_DEVICE, "15b3:1016 at 9f3c:00:02.0 is Ethernet" },
	{ "b2s", NULL, ERR_NO_DEVICE, "no InfiniBand function of vendor 15b3 on this machine" },
	{ "ubuntu2204_hb120rs_v3", NULL, ERR_OS_UNSUPPORTED,
	  "is for ubuntu 22.04, x86_64, kernel 6.5.0-1025-azure; the nearest is 'debian-11-amd64': "
	  "distro ubuntu is not debian" },
	{ "rhel810_hb176rs_v4", NULL, ERR_OS_UNSUPPORTED, "distro rhel is not debian" },
};

static void test_machines(void **state)
{
	(void)state;
	AUTO(catalog_done) struct catalog c = { 0 };
	make_releases(&c);
	for (size_t i = 0; i < COUNT_OF(machines); i++) {
		struct err err = { 0 };
		char path[256];
		snprintf(path, sizeof(path), "manifests/facts/%s.json", machines[i].file);
		AUTO(facts_done) struct facts f = { 0 };
		AUTO(plan_done) struct plan p = { 0 };
		assert_ok(facts_parse(path, slice_str(read_text(path)), &f, &err));
		bool ok = plan_make(&c, &f, NULL, &p, &err);
		if (err.code != machines[i].code || !strstr(err.msg, machines[i].message))
			fail_msg("%s: '%s'", machines[i].file, err.msg);
		assert_int_equal(ok, machines[i].chosen != NULL);
		if (ok)
			assert_string_equal(p.chosen->id, machines[i].chosen);
		assert_int_equal(p.candidate_count, 6);
		for (size_t k = 0; k < p.candidate_count; k++)
			assert_true(p.candidates[k].package == p.chosen || *p.candidates[k].reason);
	}
}

static void make_three(const char *second_version, unsigned second_priority, struct catalog *c)
{
	AUTO(buf_done) struct buf text = BUF_INIT(100000);
	buf_add_str(&text, "{\"debs\":[],\"packages\":[");
	add_package(&text, "one", "1.9", 100, "{\"arch\":\"x86_64\"}", 0);
	add_package(&text, "other", "9", 900, "{\"kernel\":\">= 6.2\"}", 0);
	add_package(&text, "two", second_version, second_priority, "{\"os\":\"linux\"}", 0);
	finish(&text, c);
}

static const struct {
	const char *version;
	unsigned priority;
	const char *chosen, *why_not_other; /* NULL: a tie */
} ranks[] = {
	{ "1.9", 101, "two", "fits too, but 'two' has priority 101 and this one 100" },
	{ "9.9", 99, "one", "fits too, but 'one' has priority 100 and this one 99" },
	{ "1.10", 100, "two", "fits too, but 'two' is newer: 1.10, and this one 1.9" },
	{ "1.8", 100, "one", "fits too, but 'one' is newer: 1.9, and this one 1.8" },
	{ "1.9", 100, NULL, NULL },
	{ "1.09", 100, NULL, NULL },
};

static void test_ranks(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(ranks); i++) {
		struct err err = { 0 };
		AUTO(catalog_done) struct catalog c = { 0 };
		AUTO(facts_done) struct facts f = { 0 };
		AUTO(plan_done) struct plan p = { 0 };
		make_three(ranks[i].version, ranks[i].priority, &c);
		make_machine("", &f);
		if (!ranks[i].chosen) {
			assert_fails(plan_make(&c, &f, NULL, &p, &err), ERR_FORMAT,
				     "'one' and 'two' fit equally well");
			AUTO(buf_done) struct buf out = BUF_INIT(10000);
			assert_ok(plan_write_text(&p, &f, false, &out, &err));
			assert_non_null(strstr(buf_str(&out), "package  none chosen\n"));
			assert_fails(plan_check_ties(&c, &err), ERR_FORMAT,
				     "'one' and 'two' could fit the same machine");
			continue;
		}
		AUTO(plan_done) struct plan only = { 0 };
		assert_ok(plan_choose(&c, &f, &only, &err));
		assert_string_equal(only.chosen->id, ranks[i].chosen);
		assert_int_equal(only.deb_count, 0);
		assert_ok(plan_make(&c, &f, NULL, &p, &err));
		assert_ok(plan_check_ties(&c, &err));
		assert_string_equal(p.chosen->id, ranks[i].chosen);
		size_t other = strcmp(ranks[i].chosen, "one") == 0 ? 2 : 0;
		assert_string_equal(p.candidates[other].reason, ranks[i].why_not_other);
		assert_string_equal(p.candidates[1].reason, "kernel 6.1.0-40-amd64 is not >= 6.2");
		assert_string_equal(p.candidates[1].key, "kernel");
	}
}

/* Of the same priority: who names the machine's own ID goes before who names its family, or nothing. */
static const struct {
	const char *one, *two; /* rules; "two" has the newer version where it has */
	const char *version;
	const char *chosen, *reason; /* NULL: a tie on this machine, whose ID is debian */
	bool tie;                    /* some machine could get either */
} exact[] = {
	{ "\"distro\":\"debian\"", "\"distro\":\"debian-like\"", "9", "one",
	  "fits too, but 'one' names debian itself, and this one does not", false },
	{ "\"distro\":\"debian-like\"", "\"distro\":[\"ubuntu\",\"debian\"]", "1", "two",
	  "fits too, but 'two' names debian itself, and this one does not", false },
	{ "\"distro\":\"debian\"", "\"os\":\"linux\"", "9", "one",
	  "fits too, but 'one' names debian itself, and this one does not", false },
	{ "\"distro\":[\"debian\",\"debian-like\"]", "\"distro\":\"debian-like\"", "9", "one",
	  "fits too, but 'one' names debian itself, and this one does not", false },
	{ "\"distro\":[\"debian\",\"debian-like\"]", "\"distro\":\"debian-like\"", "1", "one",
	  "fits too, but 'one' names debian itself, and this one does not", true },
	{ "\"distro\":[\"ubuntu\",\"debian-like\"]", "\"distro\":[\"debian\",\"ubuntu\"]", "1",
	  "two", "fits too, but 'two' names debian itself, and this one does not", true },
	{ "\"distro\":\"debian-like\"", "\"os\":\"linux\"", "9", "two",
	  "fits too, but 'two' is newer: 9, and this one 1", false },
	{ "\"distro\":\"debian-like\"", "\"os\":\"linux\"", "1", NULL, NULL, true },
	{ "\"distro\":\"debian\"", "\"distro\":[\"ubuntu\",\"debian\"]", "1", NULL, NULL, true },
};

static void test_exact(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(exact); i++) {
		struct err err = { 0 };
		char one[128], two[128];
		AUTO(catalog_done) struct catalog c = { 0 };
		AUTO(facts_done) struct facts f = { 0 };
		AUTO(plan_done) struct plan p = { 0 };
		AUTO(buf_done) struct buf text = BUF_INIT(100000);
		snprintf(one, sizeof(one), "{%s}", exact[i].one);
		snprintf(two, sizeof(two), "{%s}", exact[i].two);
		buf_add_str(&text, "{\"debs\":[],\"packages\":[");
		add_package(&text, "one", "1", 100, one, 0);
		add_package(&text, "two", exact[i].version, 100, two, 0);
		finish(&text, &c);
		make_machine("", &f);
		bool ok = plan_choose(&c, &f, &p, &err);
		if (ok != (exact[i].chosen != NULL))
			fail_msg("row %zu: '%s'", i, err.msg);
		if (ok) {
			assert_string_equal(p.chosen->id, exact[i].chosen);
			size_t other = strcmp(exact[i].chosen, "one") == 0 ? 1 : 0;
			assert_string_equal(p.candidates[other].reason, exact[i].reason);
		}
		if (plan_check_ties(&c, &err) == exact[i].tie)
			fail_msg("row %zu: %s", i, exact[i].tie ? "no tie" : err.msg);
	}
}

static void test_options(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(catalog_done) struct catalog c = { 0 };
	AUTO(facts_done) struct facts f = { 0 };
	make_three("1.8", 1, &c);
	make_machine("", &f);
	struct plan p;

	assert_ok(plan_make(&c, &f, &(struct plan_options) { .package = "two" }, &p, &err));
	assert_string_equal(p.chosen->id, "two");
	assert_string_equal(p.candidates[0].reason, "fits too, but 'two' was asked for");
	plan_done(&p);
	assert_fails(plan_make(&c, &f, &(struct plan_options) { .package = "three" }, &p, &err),
		     ERR_USAGE, "no package 'three' in this bundle");
	plan_done(&p);
	assert_fails(plan_make(&c, &f, &(struct plan_options) { .package = "other" }, &p, &err),
		     ERR_OS_UNSUPPORTED,
		     "package 'other' does not fit: kernel 6.1.0-40-amd64 is not >= 6.2");
	plan_done(&p);
	assert_ok(plan_make(&c, &f, &(struct plan_options) { .kernel = "6.12.1" }, &p, &err));
	assert_string_equal(p.chosen->id, "other");
	assert_string_equal(p.reason,
			    "debian 12, x86_64, kernel 6.12.1; InfiniBand function 15b3:101c at "
			    "0101:00:00.0");
	plan_done(&p);
	f.chroot = true;
	f.nic_count = 0;
	f.arch = "aarch64";
	AUTO(catalog_done) struct catalog releases = { 0 };
	make_releases(&releases);
	assert_fails(plan_make(&releases, &f, NULL, &p, &err), ERR_NO_DEVICE, "with --facts");
	plan_done(&p);
	const struct plan_options named = { .package = "debian-12-arm64" };
	assert_fails(plan_make(&releases, &f, &named, &p, &err), ERR_NO_DEVICE, "nic 15b3:*");
	plan_done(&p);
}

/* --- what is installed --------------------------------------------------------------------------- */

#define PACKAGE(name, version, more)                                                               \
	"{\"name\":\"" name "\",\"version\":\"" version "\",\"arch\":\"amd64\"" more "}"

static const struct {
	const char *installed;
	const char *debs[2][WORDS];
	const char *actions; /* one letter a deb: install, upgrade, keep, repair */
	const char *message; /* of ERR_CONFLICT, or NULL */
	const char *why;
} states[] = {
	{ "", { { "a", "1", "amd64" } }, "i", NULL, "new" },
	{ PACKAGE("a", "1", ""), { { "a", "2", "amd64" } }, "u", NULL, "older" },
	{ PACKAGE("a", "2", ""), { { "a", "2", "amd64" } }, "k", NULL, "same" },
	{ PACKAGE("a", "1:1", ""), { { "a", "2", "amd64" } }, "k", NULL, "newer" },
	{ PACKAGE("a", "2", ",\"status\":\"half-configured\""),
	  { { "a", "2", "amd64" } },
	  "r",
	  NULL,
	  "same, not configured" },
	{ PACKAGE("a", "2", ",\"status\":\"triggers-pending\""),
	  { { "a", "2", "amd64" } },
	  "k",
	  NULL,
	  "triggers wait: as good as installed" },
	{ PACKAGE("a", "2", ",\"status\":\"config-files\""),
	  { { "a", "1", "amd64" } },
	  "i",
	  NULL,
	  "removed, its settings left" },
	{ PACKAGE("a", "3", ",\"status\":\"unpacked\""),
	  { { "a", "2", "amd64" } },
	  "",
	  "installed 'a' 3 is unpacked, and the bundle has only 2",
	  "newer, not configured" },

	{ PACKAGE("c", "1", ""), { { "a", "1", "amd64", "c (>= 1)" } }, "i", NULL, "base has it" },
	{ "",
	  { { "a", "1", "amd64", "c (>= 1)" } },
	  "i",
	  "'a' 1 needs 'c (>= 1)', which neither the system nor the bundle has",
	  "nobody has it" },
	{ PACKAGE("c", "1", ""),
	  { { "a", "1", "amd64", "c (>= 2)" } },
	  "i",
	  "'a' 1 needs 'c (>= 2)', but 'c' 1 is installed and is never downgraded",
	  "too old" },
	{ PACKAGE("b", "3", ""),
	  { { "a", "2", "amd64", "b (= 2)" }, { "b", "2", "amd64" } },
	  "ik",
	  "'a' 2 needs 'b (= 2)', but 'b' 3 is installed and is never downgraded",
	  "a newer partner" },
	{ PACKAGE("c", "1", ",\"status\":\"unpacked\""),
	  { { "a", "1", "amd64", "c" } },
	  "i",
	  "'c' 1 is not fully installed: run 'dpkg --configure -a'",
	  "partner not configured" },
	{ "",
	  { { "a", "1", "amd64", "x | b" }, { "b", "1", "amd64" } },
	  "ii",
	  NULL,
	  "alternative" },
	{ "",
	  { { "a", "1", "amd64", "v" }, { "b", "1", "amd64", NULL, NULL, "v" } },
	  "ii",
	  NULL,
	  "provided" },
	{ "",
	  { { "a", "1", "amd64", "v (>= 1)" }, { "b", "1", "amd64", NULL, NULL, "v" } },
	  "ii",
	  "'a' 1 needs 'v (>= 1)'",
	  "provided without version" },
	{ "",
	  { { "a", "1", "amd64", "v (>= 1)" }, { "b", "1", "amd64", NULL, NULL, "v (= 2)" } },
	  "ii",
	  NULL,
	  "provided with version" },
	{ "",
	  { { "a", "1", "amd64", "v (>= 3)" }, { "b", "1", "amd64", NULL, NULL, "v (= 2)" } },
	  "ii",
	  "'a' 1 needs 'v (>= 3)'",
	  "provided in an older version" },
	{ PACKAGE("c", "1", ",\"provides\":\"v (= 1)\""),
	  { { "a", "1", "amd64", "v (= 1)" } },
	  "i",
	  NULL,
	  "provided by an installed one" },
	{ "{\"name\":\"c\",\"version\":\"1\",\"arch\":\"i386\"}",
	  { { "a", "1", "amd64", "c" } },
	  "i",
	  "'a' 1 needs 'c'",
	  "another architecture" },
	{ "{\"name\":\"c\",\"version\":\"1\",\"arch\":\"i386\"}",
	  { { "a", "1", "amd64", "c:any" } },
	  "i",
	  NULL,
	  "any architecture will do" },
	{ "{\"name\":\"c\",\"version\":\"1\",\"arch\":\"i386\"}",
	  { { "a", "1", "amd64", "c:i386" } },
	  "i",
	  NULL,
	  "that architecture" },
	{ "{\"name\":\"c\",\"version\":\"1\",\"arch\":\"i386\"}",
	  { { "a", "1", "amd64", "c:native" } },
	  "i",
	  "'a' 1 needs 'c:native'",
	  "not the native one" },
	{ "{\"name\":\"c\",\"version\":\"1\",\"arch\":\"all\"}",
	  { { "a", "1", "amd64", "c" } },
	  "i",
	  NULL,
	  "all counts as native" },
	{ PACKAGE("c", "1", ""), { { "a", "1", "all", "c" } }, "i", NULL, "for all counts too" },

	{ PACKAGE("c", "1", ""),
	  { { "a", "1", "amd64", NULL, "c (<< 2)" } },
	  "i",
	  "'a' 1 conflicts with 'c (<< 2)', and installed 'c' 1 is there",
	  "breaks what is there" },
	{ PACKAGE("c", "2", ""),
	  { { "a", "1", "amd64", NULL, "c (<< 2)" } },
	  "i",
	  NULL,
	  "breaks only older ones" },
	{ PACKAGE("c", "1", ",\"conflicts\":\"a (>= 2)\""),
	  { { "a", "2", "amd64" } },
	  "i",
	  "installed 'c' 1 conflicts with 'a (>= 2)', and 'a' 2 is there",
	  "the other way round" },
	{ "", { { "a", "1", "amd64", NULL, "v", "v" } }, "i", NULL, "not with itself" },
	{ PACKAGE("c", "1", ",\"provides\":\"v\""),
	  { { "a", "1", "amd64", NULL, "v", "v" } },
	  "i",
	  "'a' 1 conflicts with 'v', and installed 'c' 1 is there",
	  "only one may provide it" },
	{ PACKAGE("a", "1", ",\"conflicts\":\"b\""),
	  { { "a", "2", "amd64" }, { "b", "1", "amd64" } },
	  "ui",
	  NULL,
	  "the newer one conflicts no more" },

	{ PACKAGE("a", "1", "") "," PACKAGE("c", "1", ",\"depends\":\"a (= 1)\""),
	  { { "a", "2", "amd64" } },
	  "k",
	  NULL,
	  "held back for an installed partner" },
	{ PACKAGE("a", "1", "") "," PACKAGE("c", "1", ",\"depends\":\"a (= 1)\""),
	  { { "a", "2", "amd64" }, { "b", "1", "amd64", "a (>= 1)" } },
	  "ki",
	  NULL,
	  "held back, and the new one can do with it" },
	{ PACKAGE("a", "1", "") "," PACKAGE("c", "1", ",\"depends\":\"a (= 1)\""),
	  { { "a", "2", "amd64" }, { "b", "1", "amd64", "a (>= 2)" } },
	  "ui",
	  "installed 'c' 1 needs 'a (= 1)', but 'a' 2 would be installed from the bundle",
	  "the new one needs the newer one" },
	{ PACKAGE("a", "1", "") "," PACKAGE("b", "1", ",\"depends\":\"a (= 1)\"") "," PACKAGE(
		  "c", "1", ",\"depends\":\"a (= 1)\""),
	  { { "a", "2", "amd64" }, { "b", "2", "amd64", "a (= 2)" } },
	  "kk",
	  NULL,
	  "two that go together are held back together" },
	{ PACKAGE("a", "1", "") "," PACKAGE("b", "3", ""),
	  { { "a", "2", "amd64", "b (= 2)" }, { "b", "2", "amd64" } },
	  "kk",
	  NULL,
	  "stays with a newer partner" },
	{ PACKAGE("a", "1", "") "," PACKAGE("c", "1", ",\"conflicts\":\"a (>= 2)\""),
	  { { "a", "2", "amd64" } },
	  "k",
	  NULL,
	  "held back for an installed opponent" },
	{ PACKAGE("a", "1", "") "," PACKAGE("c", "1", ""),
	  { { "a", "2", "amd64", NULL, "c" } },
	  "k",
	  NULL,
	  "held back for one that it would break" },
	{ PACKAGE("a", "1", "") "," PACKAGE("c", "1", ",\"depends\":\"a (= 3)\""),
	  { { "a", "2", "amd64" } },
	  "u",
	  NULL,
	  "was broken before" },
	{ PACKAGE("a", "1", "") "," PACKAGE("c", "1", ",\"depends\":\"a (>= 1)\""),
	  { { "a", "2", "amd64" } },
	  "u",
	  NULL,
	  "a newer one does too" },
	{ PACKAGE("a", "1", ",\"provides\":\"v\"") "," PACKAGE("c", "1", ",\"depends\":\"v\""),
	  { { "a", "2", "amd64" } },
	  "k",
	  NULL,
	  "held back: the newer one provides it no more" },
	{ PACKAGE("c", "1", ",\"depends\":\"a >> nonsense\""),
	  { { "a", "2", "amd64" } },
	  "i",
	  NULL,
	  "what can't be read is not judged" },

	{ "{\"name\":\"a\",\"version\":\"1\",\"arch\":\"i386\"}," PACKAGE("a", "1", ""),
	  { { "a", "2", "amd64" } },
	  "k",
	  NULL,
	  "held back for the other architecture" },
	{ "{\"name\":\"a\",\"version\":\"1\",\"arch\":\"i386\"}",
	  { { "a", "2", "amd64" } },
	  "i",
	  "'a:amd64' 2 can't stand beside installed 'a:i386' 1",
	  "two architectures" },
};

static void test_states(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(states); i++) {
		struct err err = { 0 };
		size_t debs = states[i].debs[1][NAME] ? 2 : 1;
		AUTO(catalog_done) struct catalog c = { 0 };
		AUTO(facts_done) struct facts f = { 0 };
		AUTO(plan_done) struct plan p = { 0 };
		AUTO(buf_done) struct buf text = BUF_INIT(100000);
		buf_add_str(&text, "{\"debs\":[");
		for (size_t k = 0; k < debs; k++)
			add_deb(&text, states[i].debs[k]);
		buf_add_str(&text, "],\"packages\":[");
		add_package(&text, "p", "1", 1, "{}", debs);
		finish(&text, &c);
		make_machine(states[i].installed, &f);

		bool ok = plan_make(&c, &f, NULL, &p, &err);
		if (ok != !states[i].message ||
		    (!ok && (err.code != ERR_CONFLICT || !strstr(err.msg, states[i].message))))
			fail_msg("%s: '%s'", states[i].why, err.msg);
		assert_non_null(p.chosen);
		for (size_t k = 0; k < strlen(states[i].actions); k++)
			if ("iukr"[p.debs[k].action] != states[i].actions[k])
				fail_msg("%s: %s is %c", states[i].why, p.debs[k].deb->name,
					 "iukr"[p.debs[k].action]);
	}
}

static void make_two_debs(struct catalog *c)
{
	static const char *const a[WORDS] = { "a", "2", "amd64", "b" };
	static const char *const b[WORDS] = { "b", "2", "all" };
	AUTO(buf_done) struct buf text = BUF_INIT(100000);
	buf_add_str(&text, "{\"debs\":[");
	add_deb(&text, a);
	add_deb(&text, b);
	buf_add_str(&text, "],\"packages\":[");
	add_package(&text, "old", "43", 1, "{\"release\":\"11\"}", 0);
	add_package(&text, "p", "44", 1, "{\"release\":\"12\"}", 2);
	finish(&text, c);
}

static void test_space(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(catalog_done) struct catalog c = { 0 };
	make_two_debs(&c);
	struct facts f;
	struct plan p;
	make_machine(PACKAGE("b", "1", ""), &f);
	assert_ok(plan_make(&c, &f, NULL, &p, &err));
	assert_int_equal(p.changes, 2);
	assert_int_equal(p.space_staging, 2000 + PLAN_STAGING_EXTRA);
	assert_int_equal(p.space_system, 10000 + PLAN_SYSTEM_EXTRA);
	plan_done(&p);
	facts_done(&f);

	make_machine(PACKAGE("a", "2", "") "," PACKAGE("b", "2", ""), &f);
	assert_ok(plan_make(&c, &f, NULL, &p, &err));
	assert_int_equal(p.changes, 0); /* and so nothing is staged */
	assert_int_equal(p.space_staging, 0);
	assert_int_equal(p.space_system, 0);
	plan_done(&p);
	f.package_manager = "none";
	assert_fails(plan_make(&c, &f, NULL, &p, &err), ERR_OS_UNSUPPORTED,
		     "package 'p' needs dpkg, and this system has no package manager");
	plan_done(&p);
	facts_done(&f);
}

/* --- writing ------------------------------------------------------------------------------------- */

static void test_text(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(catalog_done) struct catalog c = { 0 };
	AUTO(facts_done) struct facts f = { 0 };
	AUTO(plan_done) struct plan p = { 0 };
	AUTO(buf_done) struct buf out = BUF_INIT(10000);
	make_two_debs(&c);
	make_machine(PACKAGE("b", "1", ""), &f);
	f.vm_size = "Standard_\x1b[2J";
	f.space_system = 1u << 20;
	assert_ok(plan_make(&c, &f, NULL, &p, &err));
	assert_ok(plan_write_text(&p, &f, true, &out, &err));
	assert_string_equal(
		buf_str(&out),
		"machine  Debian GNU/Linux 12, x86_64, kernel 6.1.0-40-amd64, Standard_?[2J\n"
		"         15b3:101c at 0101:00:00.0, link infiniband, driver none\n"
		"package  p, version 44: Title\n"
		"because  debian 12, x86_64, kernel 6.1.0-40-amd64; InfiniBand function 15b3:101c "
		"at "
		"0101:00:00.0\n"
		"others   old: release 12 is not 11\n"
		"changes  1 to install, 1 to upgrade\n"
		"         install  a:amd64 2\n"
		"         upgrade  b:all 1 -> 2\n"
		"space    staging 4.2 MB of 1.1 GB free\n"
		"         system  33.6 MB of 1.0 MB free: NOT ENOUGH\n"
		"refuses  this package needs 33.6 MB, and 1.0 MB are free: make room\n");
}

/* What is compressed again is said where something is laid out. */
static void test_remake(void **state)
{
	(void)state;
	static const char words[] =
		"remakes  4200 compressed files: about 131 CPU seconds, memory 60.0 MB or more\n";
	struct err err = { 0 };
	AUTO(catalog_done) struct catalog c = { 0 };
	make_two_debs(&c);
	for (size_t i = 0; i < c.package_count; i++)
		c.packages[i].remake = (struct package_remake) { 4200, 430000000, 60000000, 131 };
	for (unsigned there = 0; there < 2; there++) {
		AUTO(facts_done) struct facts f = { 0 };
		AUTO(plan_done) struct plan p = { 0 };
		AUTO(buf_done) struct buf out = BUF_INIT(10000);
		AUTO(buf_done) struct buf document = BUF_INIT(10000);
		if (there)
			make_machine(PACKAGE("a", "2", "") "," PACKAGE("b", "2", ""), &f);
		else
			make_machine(PACKAGE("b", "1", ""), &f);
		assert_ok(plan_make(&c, &f, NULL, &p, &err));
		assert_ok(plan_write_text(&p, &f, false, &out, &err));
		assert_ok(plan_write_json(&p, &f, NULL, &document, &err));
		assert_int_equal(!there, strstr(buf_str(&out), words) != NULL);
		assert_int_equal(!there,
				 strstr(buf_str(&document), "\"cpu_seconds\": 131") != NULL);
	}
}

/* An upgrade that is held back is said aloud. */
static void test_held(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(catalog_done) struct catalog c = { 0 };
	AUTO(facts_done) struct facts f = { 0 };
	AUTO(plan_done) struct plan p = { 0 };
	AUTO(buf_done) struct buf out = BUF_INIT(10000);
	AUTO(buf_done) struct buf document = BUF_INIT(10000);
	make_two_debs(&c);
	make_machine(PACKAGE("b", "1", "") "," PACKAGE("b-dev", "1", ",\"depends\":\"b (= 1)\""),
		     &f);
	assert_ok(plan_make(&c, &f, NULL, &p, &err));
	assert_int_equal(p.changes, 1);
	assert_true(p.debs[1].held);
	assert_ok(plan_write_text(&p, &f, false, &out, &err));
	assert_non_null(strstr(buf_str(&out),
			       "changes  1 to install, 1 kept as they are\n"
			       "         b stays at 1: 'b-dev' does not go with 2\n"));
	assert_ok(plan_write_json(&p, &f, NULL, &document, &err));
	assert_non_null(strstr(buf_str(&document), "\"held_for\": \"b-dev\""));
}

static void test_text_none(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(catalog_done) struct catalog c = { 0 };
	AUTO(facts_done) struct facts f = { 0 };
	AUTO(plan_done) struct plan p = { 0 };
	AUTO(buf_done) struct buf out = BUF_INIT(10000);
	make_two_debs(&c);
	make_machine("", &f);
	f.version_id = "13";
	f.kernel = "";
	assert_fails(plan_make(&c, &f, NULL, &p, &err), ERR_OS_UNSUPPORTED,
		     "no package of this bundle is for debian 13, x86_64; the nearest is 'old': "
		     "release 13 is not 11");
	assert_ok(plan_write_text(&p, &f, false, &out, &err));
	assert_string_equal(buf_str(&out),
			    "machine  Debian GNU/Linux 12, x86_64\n"
			    "         15b3:101c at 0101:00:00.0, link infiniband, driver none\n"
			    "package  none fits\n"
			    "others   old: release 13 is not 11\n"
			    "         p: release 13 is not 12\n");
}

static void test_json(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(catalog_done) struct catalog c = { 0 };
	AUTO(facts_done) struct facts f = { 0 };
	AUTO(plan_done) struct plan p = { 0 };
	AUTO(buf_done) struct buf out = BUF_INIT(10000);
	make_two_debs(&c);
	make_machine(PACKAGE("b", "1", ""), &f);
	assert_ok(plan_make(&c, &f, NULL, &p, &err));
	assert_ok(plan_write_json(&p, &f, NULL, &out, &err));
	AUTO(json_auto_free) struct json *j = json_parse("plan", buf_slice(&out), &err);
	assert_non_null(j);
	const struct json_value *top = json_top(j);
	assert_string_equal(json_string(json_get(top, "reason")), "ok");
	assert_string_equal(json_string(json_get(top, "package")), "p");
	const struct json_value *first = json_first(json_get(top, "candidates"));
	assert_string_equal(json_string(json_get(first, "rule")), "release");
	assert_string_equal(json_string(json_get(first, "why")), "release 12 is not 11");
	const struct json_value *deb = json_next(json_first(json_get(top, "debs")));
	assert_string_equal(json_string(json_get(deb, "action")), "upgrade");
	assert_string_equal(json_string(json_get(deb, "from")), "1");
}

static void test_json_none(void **state)
{
	(void)state;
	struct err err = { 0 }, why = { 0 };
	AUTO(catalog_done) struct catalog c = { 0 };
	AUTO(facts_done) struct facts f = { 0 };
	AUTO(plan_done) struct plan p = { 0 };
	AUTO(buf_done) struct buf out = BUF_INIT(10000);
	make_releases(&c);
	make_machine("", &f);
	f.nic_count = 0;
	assert_false(plan_make(&c, &f, NULL, &p, &why));
	assert_ok(plan_write_json(&p, &f, &why, &out, &err));
	AUTO(json_auto_free) struct json *j = json_parse("plan", buf_slice(&out), &err);
	assert_non_null(j);
	assert_string_equal(json_string(json_get(json_top(j), "reason")), "no-infiniband");
	assert_string_equal(json_string(json_get(json_top(j), "message")), why.msg);
	assert_int_equal(json_type(json_get(json_top(j), "package")), JSON_NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_machines), cmocka_unit_test(test_ranks),
		cmocka_unit_test(test_exact),    cmocka_unit_test(test_options),
		cmocka_unit_test(test_states),   cmocka_unit_test(test_space),
		cmocka_unit_test(test_text),     cmocka_unit_test(test_remake),
		cmocka_unit_test(test_held),     cmocka_unit_test(test_text_none),
		cmocka_unit_test(test_json),     cmocka_unit_test(test_json_none),
	};
	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
