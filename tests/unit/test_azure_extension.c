/* SPDX-License-Identifier: MIT */
/*
 * test_azure_extension.c - which package of manifests/azure-extension.json each machine gets.  The
 * rules and steps of its packages stand in a catalog; no vendor file is needed.
 */
#include "support.h"

#include "manifest.h"
#include "plan.h"

#define MANIFEST "manifests/azure-extension.json"
#define PACKAGES_MAX 64

/* --- the manifest as a catalog -------------------------------------------------------------------- */

static struct manifest manifest;
static struct package packages[PACKAGES_MAX];
static struct catalog catalog = { .packages = packages };

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct package *)a)->id, ((const struct package *)b)->id);
}

static int load(void **state)
{
	(void)state;
	struct err err = { 0 };
	if (!manifest_read(MANIFEST, &manifest, &err))
		fail_msg("%s", err.msg);
	assert_in_range(manifest.package_count, 1, PACKAGES_MAX);
	for (size_t i = 0; i < manifest.package_count; i++) {
		const struct manifest_package *from = &manifest.packages[i];
		struct package *p = &packages[catalog.package_count++];
		*p = (struct package) { .id = from->id,
					.title = from->title,
					.version = from->version,
					.license = from->license,
					.priority = from->priority,
					.match = from->match };
		assert_ok(steps_parse(manifest.doc, from->install, &p->install, &p->install_count,
				      &err));
		if (from->check)
			assert_ok(steps_parse(manifest.doc, from->check, &p->check, &p->check_count,
					      &err));
	}
	qsort(packages, catalog.package_count, sizeof(packages[0]), by_id);
	return 0;
}

static int unload(void **state)
{
	(void)state;
	for (size_t i = 0; i < catalog.package_count; i++) {
		free(packages[i].install);
		free(packages[i].check);
	}
	manifest_done(&manifest);
	return 0;
}

/* Id of the package that @f gets, or the reason word of why none; @message is for the latter. */
static const char *outcome(const struct facts *f, char message[1024])
{
	struct err err = { 0 };
	AUTO(plan_done) struct plan plan = { 0 };
	message[0] = '\0';
	if (plan_make(&catalog, f, NULL, &plan, &err))
		return plan.chosen->id;
	snprintf(message, 1024, "%s", err.msg);
	return err_reason(err.code);
}

/* --- systems times functions ---------------------------------------------------------------------- */

#define FUNCTION(dev, cls, l)                                                                      \
	{                                                                                          \
		.address = "0101:00:00.0", .vendor = 0x15b3, .device = (dev), .class_code = (cls), \
		.sriov = SRIOV_VF, .link = (l)                                                     \
	}
#define IB(dev) FUNCTION(dev, 0x020700, LINK_INFINIBAND)
#define AN(dev) FUNCTION(dev, 0x020000, LINK_ETHERNET)

enum { CX3, CX5, CX6, CX7, ND, ETHERNET, NONE, MACHINES };

static const struct {
	const char *name;
	struct facts_nic nics[3];
	size_t count;
	bool network_direct;
} machines[MACHINES] = {
	[CX3] = { "ConnectX-3 Pro VF", { FUNCTION(0x1004, 0x028000, LINK_UNKNOWN) }, 1, false },
	[CX5] = { "ConnectX-5 VF and accelerated networking",
		  { AN(0x1016), AN(0x1018), IB(0x1018) },
		  3,
		  false },
	[CX6] = { "ConnectX-6 VF", { IB(0x101c) }, 1, false },
	[CX7] = { "ConnectX-7 VF", { IB(0x101e), AN(0x1016) }, 2, false },
	[ND] = { "Network Direct alone", { { 0 } }, 0, true },
	[ETHERNET] = { "accelerated networking alone", { AN(0x1016), AN(0x1018) }, 2, false },
	[NONE] = { "no function", { { 0 } }, 0, false },
};

#define WINOF2 "winof2-2.22.50000"
#define NEWER "winof2-25.4.50020"
#define CONNECTX7 "winof2-25.4.50020-connectx-7"
#define WINOF(os) "winof-5.65.51000-" os
#define DIRECT "network-direct-windows"
#define NO_MACHINE "machine-unsupported"
#define NO_DEVICE "no-infiniband"

static const struct {
	const char *id, *release, *kernel;
	const char *want[MACHINES];
} systems[] = {
	{ "windows",
	  "10",
	  "10.0.19045.4291",
	  { WINOF("win2019"), WINOF2, WINOF2, CONNECTX7, DIRECT, NO_DEVICE, NO_DEVICE } },
	{ "windows-server",
	  "2019",
	  "10.0.17763.5830",
	  { WINOF("win2019"), WINOF2, WINOF2, CONNECTX7, DIRECT, NO_DEVICE, NO_DEVICE } },
	{ "windows-server",
	  "2016",
	  "10.0.14393.6897",
	  { WINOF("win2016"), WINOF2, WINOF2, CONNECTX7, DIRECT, NO_DEVICE, NO_DEVICE } },
	{ "windows-server",
	  "2012r2",
	  "6.3.9600.21871",
	  { WINOF("win2012r2"), WINOF2, WINOF2, NO_MACHINE, DIRECT, NO_DEVICE, NO_DEVICE } },
	{ "windows-server",
	  "2012",
	  "6.2.9200.24768",
	  { WINOF("win2012r2"), WINOF2, WINOF2, NO_MACHINE, DIRECT, NO_DEVICE, NO_DEVICE } },
	{ "windows",
	  "11",
	  "10.0.22621.3447",
	  { NO_MACHINE, NEWER, NEWER, NEWER, DIRECT, NO_DEVICE, NO_DEVICE } },
	{ "windows-server",
	  "2022",
	  "10.0.20348.2402",
	  { NO_MACHINE, NEWER, NEWER, NEWER, DIRECT, NO_DEVICE, NO_DEVICE } },
	{ "windows-server",
	  "2025",
	  "10.0.26100.1742",
	  { NO_MACHINE, NEWER, NEWER, NEWER, DIRECT, NO_DEVICE, NO_DEVICE } },
};

static const char *const installations[] = { "client", "server", "server-core" };

static struct facts machine(size_t system, size_t m)
{
	struct facts f = { .os = "windows",
			   .id = systems[system].id,
			   .version_id = systems[system].release,
			   .pretty_name = "",
			   .kernel = systems[system].kernel,
			   .arch = "x86_64",
			   .installation =
				   strcmp(systems[system].id, "windows") == 0 ? "client" : "server",
			   .network_direct = machines[m].network_direct,
			   .package_manager = "msi",
			   .nic_count = machines[m].count };
	memcpy(f.nics, machines[m].nics, sizeof(machines[m].nics));
	return f;
}

static void test_table(void **state)
{
	(void)state;
	for (size_t s = 0; s < COUNT_OF(systems); s++)
		for (size_t m = 0; m < MACHINES; m++) {
			char message[1024];
			struct facts f = machine(s, m);
			const char *got = outcome(&f, message);
			if (strcmp(got, systems[s].want[m]) != 0)
				fail_msg("%s %s with %s: %s, not %s (%s)", f.id, f.version_id,
					 machines[m].name, got, systems[s].want[m], message);
		}
}

/* Core and desktop, client and server get the same: the extension does not tell them apart. */
static void test_installation(void **state)
{
	(void)state;
	for (size_t s = 0; s < COUNT_OF(systems); s++)
		for (size_t i = 0; i < COUNT_OF(installations); i++) {
			char message[1024];
			struct facts f = machine(s, CX6);
			f.installation = installations[i];
			assert_string_equal(outcome(&f, message), systems[s].want[CX6]);
		}
}

/* No machine has two packages that are equally good, whatever it has. */
static void test_no_ties(void **state)
{
	(void)state;
	struct err err = { 0 };
	assert_ok(plan_check_ties(&catalog, &err));
}

/* --- what it says ------------------------------------------------------------------------------- */

static void test_gaps(void **state)
{
	(void)state;
	static const struct {
		size_t system, machine;
		const char *message;
	} rows[] = {
		{ 6, CX3,
		  "no package of this bundle fits this machine; the nearest is '" NEWER
		  "': nic 15b3:1004/0280 is not connectx-4-lx, " },
		{ 3, CX7,
		  "no package of this bundle fits this machine; the nearest is "
		  "'winof-5.65.51000-win2012r2': nic 15b3:101e/0207 is not connectx-3" },
		{ 1, ETHERNET,
		  "no InfiniBand function of vendor 15b3 on this machine: 15b3:1016 at "
		  "0101:00:00.0 is Ethernet" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char message[1024];
		struct facts f = machine(rows[i].system, rows[i].machine);
		outcome(&f, message);
		if (!strstr(message, rows[i].message))
			fail_msg("row %zu: '%s'", i, message);
	}
}

static void test_other_machines(void **state)
{
	(void)state;
	char message[1024];
	struct facts f = machine(1, CX6);
	f.version_id = "2008r2";
	assert_string_equal(outcome(&f, message), "os-unsupported");
	assert_non_null(strstr(message, "no package of this bundle is for windows-server 2008r2"));
	assert_non_null(strstr(message, "release 2008r2 is not "));
	f = machine(6, CX6);
	f.arch = "aarch64";
	assert_string_equal(outcome(&f, message), "os-unsupported");
	assert_non_null(strstr(message, "arch aarch64 is not x86_64"));
	f = machine(1, CX6);
	f.nics[0].ghost = true;
	assert_string_equal(outcome(&f, message), NO_DEVICE);
	assert_non_null(strstr(message, "15b3:101c at 0101:00:00.0 is not present"));
}

/* A person sees what will be run. */
static void test_text(void **state)
{
	(void)state;
	struct err err = { 0 };
	AUTO(plan_done) struct plan plan = { 0 };
	AUTO(buf_done) struct buf text = BUF_INIT(1u << 16);
	struct facts f = machine(1, CX5);
	f.nics[0].ghost = true;
	f.nics[2].problem = 28;
	assert_ok(plan_make(&catalog, &f, NULL, &plan, &err));
	assert_ok(plan_write_text(&plan, &f, false, &text, &err));
	static const char *const lines[] = {
		"15b3:1016 at 0101:00:00.0, link ethernet, driver none, not present\n",
		"15b3:1018 at 0101:00:00.0, link infiniband, driver none, problem 28\n",
		"because  windows-server 2019, x86_64, kernel 10.0.17763.5830; InfiniBand function "
		"15b3:1018 at 0101:00:00.0\n",
		"steps    run ./MLNX_WinOF2-2_22_50000_All_x64.exe /S /v\"/qn /norestart /l*vx "
		"msi.log MT_SKIPFWUPGRD=1\"\n",
	};
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		if (!strstr(buf_str(&text), lines[i]))
			fail_msg("no '%s' in:\n%s", lines[i], buf_str(&text));
	assert_null(strstr(buf_str(&text), "Debian"));
}

/* --- Linux ---------------------------------------------------------------------------------------- */

#define LTS "mlnx-ofed-4.9-4.1.7.0-"  /* for ConnectX-3 Pro */
#define OFED "mlnx-ofed-5.5-1.0.3.2-" /* for ConnectX-5 and -6 */

/* A row of the extension's list, and the machines that it is for. */
static const struct {
	const char *id, *release, *kernel;
	const char *suffix; /* of the packages' ids */
	const char *file;   /* what the vendor calls the system */
} linuxes[] = {
	{ "ubuntu", "16.04", "4.15.0-1113-azure", "ubuntu16.04", "ubuntu16.04" },
	{ "ubuntu", "18.04", "5.4.0-1109-azure", "ubuntu18.04", "ubuntu18.04" },
	{ "ubuntu", "20.04", "5.4.0-1109-azure", "ubuntu20.04", "ubuntu20.04" },
	{ "rhel", "7.4", "3.10.0-693.el7.x86_64", "rhel7.4", "rhel7.4" },
	{ "rhel", "7.5", "3.10.0-862.el7.x86_64", "rhel7.5", "rhel7.5" },
	{ "rhel", "7.6", "3.10.0-957.el7.x86_64", "rhel7.6", "rhel7.6" },
	{ "rhel", "7.7", "3.10.0-1062.el7.x86_64", "rhel7.7", "rhel7.7" },
	{ "rhel", "7.8", "3.10.0-1127.el7.x86_64", "rhel7.8", "rhel7.8" },
	{ "rhel", "7.9", "3.10.0-1160.119.1.el7.x86_64", "rhel7.9", "rhel7.9" },
	{ "rhel", "8.1", "4.18.0-147.8.1.el8_1.x86_64", "rhel8.1", "rhel8.1" },
	{ "rhel", "8.2", "4.18.0-193.28.1.el8_2.x86_64", "rhel8.2", "rhel8.2" },
	{ "centos", "7", "3.10.0-693.el7.x86_64", "rhel7.4-centos", "rhel7.4" },
	{ "centos", "7", "3.10.0-862.14.4.el7.x86_64", "rhel7.5-centos", "rhel7.5" },
	{ "centos", "7", "3.10.0-957.1.3.el7.x86_64", "rhel7.6-centos", "rhel7.6" },
	{ "centos", "7", "3.10.0-1062.el7.x86_64", "rhel7.7-centos", "rhel7.7" },
	{ "centos", "7", "3.10.0-1127.el7.x86_64", "rhel7.8-centos", "rhel7.8" },
	{ "centos", "7", "3.10.0-1160.119.1.el7.x86_64", "rhel7.9-centos", "rhel7.9" },
	{ "centos", "8", "4.18.0-147.el8.x86_64", "rhel8.1-centos", "rhel8.1" },
	{ "centos", "8", "4.18.0-193.el8.x86_64", "rhel8.2-centos", "rhel8.2" },
	/* the kernels that the extension brings a kernel-devel for */
	{ "rhel", "7.4", "3.10.0-693.21.1.el7.x86_64", "rhel7.4-kernel-devel", "rhel7.4" },
	{ "centos", "7", "3.10.0-693.21.1.el7.x86_64", "rhel7.4-kernel-devel", "rhel7.4" },
	{ "rhel", "7.5", "3.10.0-862.11.6.el7.x86_64", "rhel7.5-kernel-devel", "rhel7.5" },
	{ "centos", "7", "3.10.0-862.11.6.el7.x86_64", "rhel7.5-kernel-devel", "rhel7.5" },
	{ "rhel", "7.6", "3.10.0-957.27.2.el7.x86_64", "rhel7.6-kernel-devel", "rhel7.6" },
	{ "centos", "7", "3.10.0-957.27.2.el7.x86_64", "rhel7.6-kernel-devel", "rhel7.6" },
};

static struct facts linux_machine(const char *id, const char *release, const char *kernel, size_t m)
{
	struct facts f = { .os = "linux",
			   .id = id,
			   .version_id = release,
			   .pretty_name = "",
			   .kernel = kernel,
			   .arch = "x86_64",
			   .network_direct = machines[m].network_direct,
			   .package_manager = strcmp(id, "ubuntu") == 0 ? "dpkg" : "rpm",
			   .nic_count = machines[m].count };
	memcpy(f.nics, machines[m].nics, sizeof(machines[m].nics));
	return f;
}

/* The address that the list gives for a system, which is the second mirror here. */
static void check_url(const char *id, const char *version, const char *file)
{
	char url[256];
	snprintf(url, sizeof(url),
		 "http://content.mellanox.com/ofed/MLNX_OFED-%s/MLNX_OFED_LINUX-%s-%s-x86_64.tgz",
		 version, version, file);
	for (size_t i = 0; i < manifest.package_count; i++) {
		const struct manifest_package *p = &manifest.packages[i];
		if (strcmp(p->id, id) != 0)
			continue;
		assert_int_equal(p->files[0].urls.count, 2);
		assert_string_equal(p->files[0].urls.p[1], url);
		assert_memory_equal(p->files[0].urls.p[0], "https", 5);
		assert_string_equal(p->files[0].urls.p[0] + 5, url + 4);
		assert_int_equal(p->file_count, strstr(id, "kernel-devel") ? 2 : 1);
		return;
	}
	fail_msg("no package '%s'", id);
}

static void test_linux(void **state)
{
	(void)state;
	for (size_t s = 0; s < COUNT_OF(linuxes); s++)
		for (size_t m = 0; m < MACHINES; m++) {
			char message[1024], want[128];
			struct facts f = linux_machine(linuxes[s].id, linuxes[s].release,
						       linuxes[s].kernel, m);
			const char *got = outcome(&f, message);
			bool lts = m == CX3, served = lts || m == CX5 || m == CX6;
			snprintf(want, sizeof(want), "%s%s",
				 lts                   ? LTS
				 : served              ? OFED
				 : m == CX7 || m == ND ? NO_MACHINE
						       : NO_DEVICE,
				 served ? linuxes[s].suffix : "");
			if (strcmp(got, want) != 0)
				fail_msg("%s %s %s with %s: %s, not %s (%s)", f.id, f.version_id,
					 f.kernel, machines[m].name, got, want, message);
			if (served)
				check_url(got, lts ? "4.9-4.1.7.0" : "5.5-1.0.3.2",
					  linuxes[s].file);
		}
}

/* What the list does not have: "not supported", and why. */
static void test_linux_others(void **state)
{
	(void)state;
	static const struct {
		const char *id, *release, *kernel;
		size_t machine;
		const char *want, *message;
	} rows[] = {
		{ "ubuntu", "20.04", "5.15.0-1089-azure", CX3, NO_MACHINE, "15b3:1004/0280" },
		{ "ubuntu", "20.04", "5.15.0-1089-azure", CX6, OFED "ubuntu20.04", "" },
		{ "ubuntu", "22.04", "6.8.0-1041-azure", CX6, "os-unsupported", "release 22.04" },
		{ "rhel", "8.3", "4.18.0-240.el8.x86_64", CX6, "os-unsupported", "release 8.3" },
		{ "centos", "8", "4.18.0-240.el8.x86_64", CX6, "os-unsupported",
		  "is for centos 8, x86_64, kernel 4.18.0-240" },
		{ "almalinux", "8.2", "4.18.0-193.el8.x86_64", CX6, "os-unsupported",
		  "distro almalinux" },
		{ "sles", "15.4", "5.14.21-azure", CX5, "os-unsupported", "distro sles" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char message[1024];
		struct facts f =
			linux_machine(rows[i].id, rows[i].release, rows[i].kernel, rows[i].machine);
		const char *got = outcome(&f, message);
		if (strcmp(got, rows[i].want) != 0 || !strstr(message, rows[i].message))
			fail_msg("row %zu: %s (%s)", i, got, message);
	}
}

/* --- every row ------------------------------------------------------------------------------------ */

static bool has_code(const uint32_t *codes, size_t n, uint32_t code)
{
	for (size_t i = 0; i < n; i++)
		if (codes[i] == code)
			return true;
	return false;
}

/* The switches that the extension's installers must never go without. */
static void test_silent(void **state)
{
	(void)state;
	static const char *const parts[] = { "/S /v\"", "/qn", "/norestart", "MT_SKIPFWUPGRD=1" };
	size_t programs = 0;
	for (size_t i = 0; i < catalog.package_count; i++)
		for (size_t k = 0; k < packages[i].install_count; k++) {
			const struct step *s = &packages[i].install[k];
			if (s->kind != STEP_RUN || !match_os_is(packages[i].match, "windows"))
				continue;
			programs++;
			assert_non_null(s->cmdline);
			for (size_t n = 0; n < COUNT_OF(parts); n++)
				if (!strstr(s->cmdline, parts[n]))
					fail_msg("'%s': no %s", packages[i].id, parts[n]);
			assert_non_null(s->log);
			assert_non_null(strstr(s->cmdline, s->log));
			assert_true(has_code(s->ok, s->ok_count, 0));
			assert_true(has_code(s->reboot, s->reboot_count, 3010));
			assert_true(has_code(s->reboot, s->reboot_count, 1641));
		}
	assert_int_equal(programs, 6);
}

/* Each program that is run is a file of its package. */
static void test_programs(void **state)
{
	(void)state;
	for (size_t i = 0; i < manifest.package_count; i++) {
		const struct manifest_package *p = &manifest.packages[i];
		if (!match_os_is(p->match, "windows"))
			continue;
		const struct json_value *step = json_first(p->install);
		const char *program = json_string(json_first(json_get(step, "run")));
		const char *msi = json_string(json_get(step, "msi"));
		assert_int_equal(p->file_count, 1);
		assert_string_equal(program ? program + strlen("./") : msi, p->files[0].path);
		if (!p->files[0].supply)
			assert_memory_equal(p->files[0].urls.p[0], "https://", strlen("https://"));
	}
}

/* --- recorded machines ---------------------------------------------------------------------------- */

static void test_recorded(void **state)
{
	(void)state;
	static const struct {
		const char *file, *want;
	} rows[] = {
		{ "windows2019_hc44rs", WINOF2 },
		{ "windows2016_hb120rs_v2", WINOF2 },
		{ "windows2012r2_nc24rs_v3", WINOF("win2012r2") },
		{ "windows10_hb120rs_v2", WINOF2 },
		{ "windows2022core_hb176rs_v4", NEWER },
		{ "windows2019_h16r", DIRECT },
		{ "windows2012_h16r", DIRECT },
		{ "windows2025_d4s_v5", NO_DEVICE },
		{ "windows2016_resized", NO_DEVICE },
		{ "windows11_nc24rs_v3", NO_MACHINE },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char path[256], message[1024];
		struct err err = { 0 };
		AUTO(facts_done) struct facts f = { 0 };
		snprintf(path, sizeof(path), "manifests/facts/%s.json", rows[i].file);
		assert_ok(facts_parse(path, slice_str(read_text(path)), &f, &err));
		if (strcmp(outcome(&f, message), rows[i].want) != 0)
			fail_msg("%s: not %s (%s)", rows[i].file, rows[i].want, message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),        cmocka_unit_test(test_installation),
		cmocka_unit_test(test_no_ties),      cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_text),         cmocka_unit_test(test_other_machines),
		cmocka_unit_test(test_silent),       cmocka_unit_test(test_programs),
		cmocka_unit_test(test_recorded),     cmocka_unit_test(test_linux),
		cmocka_unit_test(test_linux_others),
	};
	return cmocka_run_group_tests_name("azure_extension", tests, load, unload);
}
