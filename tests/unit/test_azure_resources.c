/* SPDX-License-Identifier: MIT */
/* test_azure_resources.c - the extensions' list: its shape, and that every row gets its own file. */
#include "support.h"

#include "azure_resources.h"
#include "candidates.h"
#include "plan.h"

#define OFED(v, d) "http://h/ofed/MLNX_OFED-" v "/MLNX_OFED_LINUX-" v "-" d "-x86_64.tgz"
#define ROW(num, url) "{\"Num\":\"" num "\",\"FwLink\":\"" url "\"}"
#define DEVEL(num, url, kernel)                                                                    \
	"{\"Num\":\"" num "\",\"FwLink\":\"" url "\",\"KernelDevelVer\":\"" kernel                 \
	"\",\"KernelDevelRPM\":\"https://h/kernel-devel-" kernel ".rpm\"}"
#define DISTRO(name, rows) "{\"Name\":\"" name "\",\"Version\":[" rows "]}"
#define OS(name, distros) "{\"Name\":\"" name "\",\"Comment\":\"c\",\"Distro\":[" distros "]}"
#define TYPE(name, systems) "{\"Type\":\"" name "\",\"OS\":[" systems "]}"
#define LIST(types) "{\"Driver\":[{\"Name\":\"OFED\",\"Version\":[" types "]}]}"

/* The whole list, in the shape and with the systems of the one that is published. */
#define LINUX(v)                                                                                                                                                                                                                                                                          \
	OS("Linux",                                                                                                                                                                                                                                                                       \
	   DISTRO("Ubuntu",                                                                                                                                                                                                                                                               \
		  ROW("20.04", OFED(v, "ubuntu20.04")) "," ROW(                                                                                                                                                                                                                           \
			  "18.04",                                                                                                                                                                                                                                                        \
			  OFED(v,                                                                                                                                                                                                                                                         \
			       "u"                                                                                                                                                                                                                                                        \
			       "b"                                                                                                                                                                                                                                                        \
			       "u"                                                                                                                                                                                                                                                        \
			       "n"                                                                                                                                                                                                                                                        \
			       "t"                                                                                                                                                                                                                                                        \
			       "u"                                                                                                                                                                                                                                                        \
			       "1"                                                                                                                                                                                                                                                        \
			       "8"                                                                                                                                                                                                                                                        \
			       "."                                                                                                                                                                                                                                                        \
			       "0"                                                                                                                                                                                                                                                        \
			       "4")) "," ROW("16.04",                                                                                                                                                                                                                                     \
					     OFED(v, "ubuntu16.04"))) "," DISTRO("RHEL/CentOS",                                                                                                                                                                                           \
										 ROW("8.2", OFED(v, "rhel8.2")) "," ROW("8.1",                                                                                                                                                            \
															OFED(v, "rhel8.1")) "," ROW("7.9", OFED(v, "rhel7.9")) "," ROW("7.8", OFED(v, "rhel7.8")) "," ROW("7.7", OFED(v, "rhel7.7")) "," DEVEL("7.6",                     \
																															       OFED(v,                    \
																																    "rhel7.6"),           \
																															       "3.10.0-957.27.2.el7.x86_" \
																															       "64") "," DEVEL("7.5",     \
																																	       OFED(v,    \
																																		    "rhe" \
																																		    "l7." \
																																		    "5"), \
																																	       "3.10.0-"  \
																																	       "862.11."  \
																																	       "6.el7."   \
																																	       "x86_64") "," DEVEL("7.4", OFED(v, "rhel7.4"), "3.10.0-693.21.1.el7.x86_64")))
#define WINDOWS(a, b, c)                                                                           \
	OS("Windows", DISTRO("2016", ROW("All", a)) "," DISTRO(                                    \
			      "2012R2", ROW("All", b)) "," DISTRO("2019/10", ROW("All", c)))
#define WINOF2 "http://h/MLNX_WinOF2-2_22_50000_All_x64.exe"
#define WINOF(d) "https://h/" d "/MLNX_VPI_WinOF-5_65_51000_All_" d "_x64.exe"

static const char *const types[] = {
	TYPE("CX6", WINDOWS(WINOF2, WINOF2, WINOF2) "," LINUX("5.5-1.0.3.2")),
	TYPE("CX5", WINDOWS(WINOF2, WINOF2, WINOF2) "," LINUX("5.5-1.0.3.2")),
	TYPE("CX3-Pro", WINDOWS(WINOF("win2016"), WINOF("win2012R2"),
				WINOF("win2019")) "," LINUX("4.9-4.1.7.0")),
};

/* One string of it all would be longer than a compiler need take. */
static const char *whole(void)
{
	static char text[16384];
	snprintf(text, sizeof(text), LIST("%s,%s,%s"), types[0], types[1], types[2]);
	return text;
}

#define ONE LIST(TYPE("CX6", OS("Linux", DISTRO("Ubuntu", ROW("20.04", OFED("5.5-1.0.3.2", "u"))))))

static const struct {
	const char *from, *to, *error; /* error NULL: it is fine */
} shapes[] = {
	{ "CX6", "CX5", NULL },
	{ ",\"Comment\":\"c\"", "", NULL },
	{ "CX6", "CX7", "'CX7' is not known" },
	{ "\"OFED\"", "\"GPU\"", "'GPU' is not known" },
	{ "\"Linux\"", "\"BSD\"", "'BSD' is not known" },
	{ "\"Driver\"", "\"driver\"", "driver: unknown key" },
	{ "{\"Driver\"", "{\"More\":1,\"Driver\"", "More: unknown key" },
	{ "\"Num\":\"20.04\"", "\"Num\":\"20.04\",\"Hash\":\"x\"", "Hash: unknown key" },
	{ "\"Num\":\"20.04\",", "", "'Num' is missing" },
	{ "\"Num\":\"20.04\"", "\"Num\":20", "Num: must be a string" },
	{ "http://h/ofed", "/ofed", "must be a web address" },
	{ "\"Num\":\"20.04\"", "\"Num\":\"20.04\",\"KernelDevelRPM\":\"http://h/x\"",
	  "no KernelDevelVer" },
	{ "\"Num\":\"20.04\"", "\"Num\":\"20.04\",\"KernelDevelVer\":\"\"", "must not be empty" },
	{ "[{\"Num\"", "[1,{\"Num\"", "must be an object" },
	{ "\"Version\":[{\"Type\"", "\"Versions\":[{\"Type\"", "Versions: unknown key" },
	/* what the rows mean */
	{ "\"Ubuntu\"", "\"Arch\"", "what systems are 'Arch'" },
	{ "-x86_64.tgz", "-arm64.tgz", "not named like a file that we know" },
	{ "MLNX_OFED_LINUX-5.5-1.0.3.2-u", "MLNX_OFED_LINUX-5.5", "not named like" },
};

/* Both steps: the list, then the manifest. */
static bool import(const char *text, struct azure_resources *r, struct buf *out, struct err *err)
{
	return azure_resources_parse("list", slice_str(text), r, err) &&
	       azure_resources_manifest(r, "demo", "1", out, err);
}

static void test_shapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(shapes); i++) {
		struct err err = { 0 };
		AUTO(azure_resources_done) struct azure_resources r = { 0 };
		AUTO(buf_done) struct buf out = BUF_INIT(MANIFEST_SIZE_MAX);
		AUTO(auto_free) char *text = replace_once(ONE, shapes[i].from, shapes[i].to);
		bool ok = import(text, &r, &out, &err);
		if (ok != (shapes[i].error == NULL))
			fail_msg("%s\n%s", text, ok ? "was taken" : err.msg);
		if (!ok && (err.code != ERR_FORMAT || !strstr(err.msg, shapes[i].error)))
			fail_msg("%s\n'%s', not '%s'", text, err.msg, shapes[i].error);
	}
}

static const struct {
	const char *text, *error;
} lists[] = {
	{ "", "a value should stand" },
	{ "[]", "must be an object" },
	{ "{}", "'Driver' is missing" },
	{ "{\"Driver\":[]}", "names no file at all" },
	{ LIST(TYPE("CX5", OS("Windows", DISTRO("95", ROW("All", WINOF2))))), NULL },
	{ LIST(TYPE("CX5", OS("Windows", DISTRO("Vista", ROW("All", WINOF2))))),
	  "what systems are" },
	{ LIST(TYPE("CX5", OS("Windows", DISTRO("2016", ROW("1", WINOF2))))), "what systems are" },
	{ LIST(TYPE("CX5", OS("Windows", DISTRO("2016", DEVEL("All", WINOF2, "1"))))),
	  "has no kernel-devel" },
	{ LIST(TYPE("CX5", OS("Windows", DISTRO("2016", ROW("All", OFED("5.5-1", "x")))))),
	  "not named like" },
	{ LIST(TYPE("CX5", OS("Linux", DISTRO("CentOS", ROW("7.99", OFED("5.5-1", "x")))))),
	  "which kernels CentOS 7.99 has" },
	{ LIST(TYPE("CX5", OS("Linux", DISTRO("Ubuntu", ROW("All", OFED("5.5-1", "x")))))), NULL },
};

static void test_lists(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		struct err err = { 0 };
		AUTO(azure_resources_done) struct azure_resources r = { 0 };
		AUTO(buf_done) struct buf out = BUF_INIT(MANIFEST_SIZE_MAX);
		bool ok = import(lists[i].text, &r, &out, &err);
		if (ok != (lists[i].error == NULL))
			fail_msg("%s\n%s", lists[i].text, ok ? "was taken" : err.msg);
		if (!ok && !strstr(err.msg, lists[i].error))
			fail_msg("%s\n'%s', not '%s'", lists[i].text, err.msg, lists[i].error);
	}
}

/* A system that a part of a row's distro ("RHEL" of "RHEL/CentOS") stands for, as it tells of itself. */
static struct facts machine(const struct azure_row *row, const char *part, size_t n)
{
	/* Kernels that were really delivered with a release, not the first ones. */
	static const char *const kernels[][2] = {
		{ "7.4", "3.10.0-693.21.1.el7.x86_64" },  { "7.5", "3.10.0-862.14.4.el7.x86_64" },
		{ "7.6", "3.10.0-957.27.2.el7.x86_64" },  { "7.7", "3.10.0-1062.9.1.el7.x86_64" },
		{ "7.8", "3.10.0-1127.19.1.el7.x86_64" }, { "7.9", "3.10.0-1160.119.1.el7.x86_64" },
		{ "8.1", "4.18.0-147.8.1.el8_1.x86_64" }, { "8.2", "4.18.0-193.28.1.el8_2.x86_64" },
	};
	static char version[16];
	struct facts f = { .os = row->windows ? "windows" : "linux",
			   .version_id = row->release,
			   .pretty_name = "",
			   .kernel = "5.4.0-1109-azure",
			   .arch = "x86_64",
			   .nic_count = 1 };
	f.nics[0] =
		(struct facts_nic) { .address = "0101:00:00.0",
				     .vendor = 0x15b3,
				     .device = row->nic == AZURE_CX6   ? 0x101c
					       : row->nic == AZURE_CX5 ? 0x1018
								       : 0x1004,
				     .class_code = row->nic == AZURE_CX3_PRO ? 0x028000 : 0x020700,
				     .link = row->nic == AZURE_CX3_PRO ? LINK_UNKNOWN
								       : LINK_INFINIBAND };
	for (size_t i = 0; i < COUNT_OF(kernels); i++)
		if (strcmp(kernels[i][0], row->release) == 0)
			f.kernel = kernels[i][1];
	snprintf(version, sizeof(version), "%.*s", (int)n, part);
	if (row->windows) {
		f.id = n == 2 ? "windows" : "windows-server";
		if (n > 4)
			version[4] = 'r';
		f.version_id = version;
	} else if (strcmp(version, "CentOS") == 0) {
		f.id = "centos";
		snprintf(version, sizeof(version), "%.1s", row->release);
		f.version_id = version;
	} else {
		f.id = strcmp(version, "RHEL") == 0 ? "rhel" : "ubuntu";
	}
	return f;
}

static void check_row(const struct candidates *c, const struct azure_row *row, const char *part,
		      size_t n)
{
	struct err err = { 0 };
	AUTO(plan_done) struct plan plan = { 0 };
	struct facts f = machine(row, part, n);
	bool exact = row->kernel_devel && strcmp(f.kernel, row->kernel_devel) == 0;
	if (!plan_choose(&c->catalog, &f, &plan, &err))
		fail_msg("%s %s %s: %s", row->distro, row->release, f.id, err.msg);
	const struct manifest_package *p = candidates_package(c, plan.chosen);
	if (strcmp(p->files[0].urls.p[0], row->url) != 0)
		fail_msg("%s %s %s gets %s", row->distro, row->release, f.id, p->id);
	if (p->file_count != (exact ? 2u : 1u))
		fail_msg("%s has %zu files", p->id, p->file_count);
	if (exact)
		assert_string_equal(p->files[1].urls.p[0], row->kernel_devel_url);
	assert_true(p->driver && p->version);
}

/* Every row of the list, asked as the machines it is for, gives the row's file. */
static void test_round_trip(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(azure_resources_done) struct azure_resources r = { 0 };
	AUTO(manifest_done) struct manifest m = { 0 };
	AUTO(candidates_done) struct candidates c = { 0 };
	AUTO(buf_done) struct buf out = BUF_INIT(MANIFEST_SIZE_MAX);
	assert_ok(import(whole(), &r, &out, &err));
	assert_int_equal(r.count, 42);
	assert_ok(manifest_parse("out", buf_slice(&out), &m, &err));
	assert_ok(candidates_make(&m, &c, &err));
	assert_ok(plan_check_ties(&c.catalog, &err));
	for (size_t i = 0; i < r.count; i++)
		for (const char *part = r.rows[i].distro; *part;) {
			size_t n = strcspn(part, "/");
			check_row(&c, &r.rows[i], part, n);
			part += n + (part[n] == '/');
		}
	/* What the list does not name gets nothing. */
	struct azure_row other = r.rows[0];
	other.distro = "2022";
	struct facts f = machine(&other, "2022", 4);
	AUTO(plan_done) struct plan plan = { 0 };
	assert_fails(plan_choose(&c.catalog, &f, &plan, &err), ERR_OS_UNSUPPORTED, "2022 is not");
}

static const char *step_of(const struct manifest *m, const char *id)
{
	static char text[4096];
	for (size_t i = 0; i < m->package_count; i++) {
		struct err err = { 0 };
		AUTO(json_auto_free) struct json *j = json_new("step", &err);
		AUTO(buf_done) struct buf out = BUF_INIT(sizeof(text));
		if (strcmp(m->packages[i].id, id) != 0)
			continue;
		json_add_copy(j, json_top(j), "install", m->packages[i].install);
		assert_ok(json_print(j, false, &out, &err));
		snprintf(text, sizeof(text), "%s", buf_str(&out));
		return text;
	}
	fail_msg("no package '%s'", id);
	return NULL;
}

/* The options that the vendor's installers know in that version, and no other. */
static void test_steps(void **state)
{
	(void)state;
	static const struct {
		const char *id, *has, *not ;
	} rows[] = {
		{ "mlnx-ofed-5.5-1.0.3.2-rhel7.9", "\"kernel\":\"> 3.10.0-1160\"", "--kernel" },
		{ "mlnx-ofed-5.5-1.0.3.2-ubuntu20.04", "\"--without-fw-update\"",
		  "--skip-unsupported-devices-check" },
		{ "mlnx-ofed-4.9-4.1.7.0-rhel7.9", "\"--skip-repo\"",
		  "--skip-unsupported-devices-check" },
		{ "mlnx-ofed-5.5-1.0.3.2-rhel7.6-kernel-devel",
		  "\"--add-kernel-support\",\"--kernel\",\"3.10.0-957.27.2.el7.x86_64\"", "dkms" },
		{ "mlnx-ofed-5.5-1.0.3.2-rhel7.6-centos", "rhel7.6-x86_64/mlnxofedinstall",
		  "--add-kernel-support" },
		{ "winof-2-2.22.50000", "/S /v\\\"/qn /norestart", "mlnxofedinstall" },
		{ "winof-5.65.51000-win2012r2", "MT_SKIPFWUPGRD=1", "WinOF2" },
	};
	struct err err = { 0 };
	AUTO(azure_resources_done) struct azure_resources r = { 0 };
	AUTO(manifest_done) struct manifest m = { 0 };
	AUTO(buf_done) struct buf out = BUF_INIT(MANIFEST_SIZE_MAX);
	assert_ok(import(whole(), &r, &out, &err));
	assert_ok(manifest_parse("out", buf_slice(&out), &m, &err));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *text = step_of(&m, rows[i].id);
		if (!strstr(text, rows[i].has) || strstr(text, rows[i].not ))
			fail_msg("%s: %s", rows[i].id, text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_steps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
