/* SPDX-License-Identifier: MIT */
/*
 * test_azure_current.c - which package of manifests/azure-current.json a machine gets where its rules
 * exclude, prefer or fall back.  What all documented machines get is tests/cli/catalogues.sh.
 */
#include "support.h"

#include "candidates.h"
#include "plan.h"

#define MANIFEST "manifests/azure-current.json"

static struct manifest manifest;
static struct candidates candidates;

static int load(void **state)
{
	(void)state;
	struct err err = { 0 };
	if (!manifest_read(MANIFEST, &manifest, &err) ||
	    !candidates_make(&manifest, &candidates, &err))
		fail_msg("%s", err.msg);
	return 0;
}

static int unload(void **state)
{
	(void)state;
	candidates_done(&candidates);
	manifest_done(&manifest);
	return 0;
}

#define CX3 0x1004
#define CX4 0x1014
#define CX5 0x1018
#define CX6 0x101c
#define CX7 0x101e
#define X86 "x86_64"
#define ARM "aarch64"
#define NO_MACHINE "machine-unsupported"

static const struct {
	const char *id, *like, *release, *kernel, *arch;
	uint32_t device;
	const char *want, *why;
} rows[] = {
	/* what excludes */
	{ "ubuntu", "debian", "18.04", "5.4.0-1109-azure", X86, CX3,
	  "mlnx-ofed-4.9-6.0.6.0-ubuntu18.04", "from 5.1 on there is no ConnectX-3" },
	{ "ubuntu", "debian", "18.04", "5.4.0-1109-azure", X86, CX5,
	  "mlnx-ofed-23.04-1.1.3.0-ubuntu18.04", "all others get the newer one" },
	{ "ubuntu", "debian", "20.04", "5.4.0-1109-azure", X86, CX3,
	  "mlnx-ofed-4.9-6.0.6.0-ubuntu20.04", "a kernel before 5.6" },
	{ "ubuntu", "debian", "20.04", "5.6.0-1000-azure", X86, CX3, "inbox-connectx-3",
	  "4.9 can't be built from 5.6 on" },
	{ "ubuntu", "debian", "22.04", "6.8.0-1041-azure", X86, CX3, "inbox-connectx-3",
	  "DOCA has no ConnectX-3" },
	{ "ubuntu", "debian", "22.04", "6.8.0-1041-azure", X86, CX4, "doca-ofed-2.9.3-ubuntu22.04",
	  "DOCA after 2.9 has no ConnectX-4" },
	{ "ubuntu", "debian", "20.04", "5.15.0-1089-azure", X86, CX4, "doca-ofed-2.9.0-ubuntu20.04",
	  "2.10 is after 2.9" },
	{ "ubuntu", "debian", "24.04", "6.14.0-1017-azure", X86, 0x1016,
	  "doca-ofed-3.2.3-ubuntu24.04", "ConnectX-4 Lx stays" },
	{ "rhel", "fedora", "9.6", "5.14.0-570.12.1.el9_6.x86_64", X86, CX4, "inbox-connectx-3",
	  "no public 2.9 for RHEL 9, no 24.10 but for 9.4" },
	{ "rhel", "fedora", "9.4", "5.14.0-427.13.1.el9_4.x86_64", X86, CX4,
	  "mlnx-ofed-24.10-3.2.5.0-rhel9.4", "MLNX_OFED still has ConnectX-4; 24.10 before 23.10" },
	{ "almalinux", "rhel", "9.7", "5.14.0-611.5.1.el9_7.x86_64", X86, CX7,
	  "doca-ofed-3.2.2-rhel9", "the last kernel that it can be built for" },
	{ "almalinux", "rhel", "9.8", "5.14.0-687.5.3.el9_8.x86_64", X86, CX7, "inbox-connectx-6",
	  "DOCA 3.2 can't be built for kernels of 9.8" },

	/* families */
	{ "rocky", "rhel", "8.10", "4.18.0-553.el8_10.x86_64", X86, CX6, "doca-ofed-3.2.2-rhel8",
	  "kin of RHEL" },
	{ "ol", "fedora", "8.10", "4.18.0-553.el8_10.x86_64", X86, CX6, "doca-ofed-3.2.2-rhel8",
	  "Oracle with RHEL's kernel, though its ID_LIKE does not name RHEL" },
	{ "ol", "fedora", "8.10", "5.15.0-206.153.7.el8uek.x86_64", X86, CX6, "inbox-connectx-6",
	  "Oracle's own kernel" },
	{ "almalinux", "rhel", "8.7", "4.18.0-425.3.1.el8_7.x86_64", X86, CX7,
	  "mlnx-ofed-24.01-0.3.3.1-rhel8.7", "before 8.8 each has a file of its own" },
	{ "centos", "rhel", "9", "5.14.0-419.el9.x86_64", X86, CX7, "doca-ofed-3.2.2-rhel9",
	  "CentOS Stream" },
	{ "linuxmint", "ubuntu", "22", "6.8.0-41-generic", X86, CX6, "inbox-connectx-6",
	  "numbers releases in its own way" },

	/* processors */
	{ "ubuntu", "debian", "24.04", "6.14.0-1017-azure", ARM, CX7,
	  "doca-ofed-3.2.2-ubuntu24.04-arm64", "has a file" },
	{ "ubuntu", "debian", "22.04", "6.8.0-1041-azure", ARM, CX7, "inbox-connectx-6",
	  "has none that is public" },
	{ "azurelinux", "", "3.0", "6.6.96.2-1.azl3", X86, CX7, "doca-ofed-3.2.2-azurelinux3", "" },
	{ "azurelinux", "", "3.0", "6.6.96.2-1.azl3", ARM, CX7, "inbox-connectx-6", "" },

	/* the system's own is the last choice, and Debian's before none */
	{ "debian", "", "12", "6.1.0-50-cloud-amd64", X86, CX6, "doca-ofed-2.9.3-debian12", "" },
	{ "debian", "", "13", "6.12.117+deb13-cloud-amd64", X86, CX6, "inbox-debian-13-amd64", "" },
	{ "debian", "", "12", "6.1.0-50-cloud-arm64", ARM, CX3, "inbox-debian-12-arm64", "" },
	{ "sles", "suse", "15.7", "6.4.0-150700.20.18-azure", X86, CX7, "inbox-connectx-6", "" },
	{ "sles", "suse", "12.4", "4.12.14-6.43-azure", X86, CX6, NO_MACHINE,
	  "a kernel before ConnectX-6" },

	/* Windows */
	{ "windows-server", "", "2022", "10.0.20348.2402", X86, CX7, "winof-2-26.4.50010", "" },
	{ "windows", "", "11", "10.0.26100.1742", X86, CX7, "winof-2-25.4.50020",
	  "26.4 is for servers" },
	{ "windows-server", "", "2019", "10.0.17763.5830", X86, CX3, "winof-5.65.51000-win2019",
	  "WinOF-2 has no ConnectX-3; 5.65 before 5.50" },
	{ "windows-server", "", "2022", "10.0.20348.2402", X86, CX3, NO_MACHINE,
	  "no WinOF after Server 2019" },
};

static struct facts machine(size_t i)
{
	bool cx3 = rows[i].device == CX3;
	struct facts f = { .os = strncmp(rows[i].id, "windows", 7) == 0 ? "windows" : "linux",
			   .id = rows[i].id,
			   .version_id = rows[i].release,
			   .pretty_name = "",
			   .kernel = rows[i].kernel,
			   .arch = rows[i].arch,
			   .nic_count = 1 };
	f.nics[0] = (struct facts_nic) { .address = "0101:00:00.0",
					 .vendor = 0x15b3,
					 .device = rows[i].device,
					 .class_code = cx3 ? 0x028000 : 0x020700,
					 .sriov = SRIOV_VF,
					 .link = cx3 ? LINK_UNKNOWN : LINK_INFINIBAND };
	if (*rows[i].like)
		f.id_like[f.id_like_count++] = rows[i].like;
	return f;
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err err = { 0 };
		AUTO(plan_done) struct plan plan = { 0 };
		struct facts f = machine(i);
		const char *got = plan_choose(&candidates.catalog, &f, &plan, &err)
					  ? plan.chosen->id
					  : err_reason(err.code);
		if (strcmp(got, rows[i].want) != 0)
			fail_msg("%s %s with %04x: %s, not %s: %s (%s)", rows[i].id,
				 rows[i].release, (unsigned)rows[i].device, got, rows[i].want,
				 rows[i].why, err.msg);
	}
}

/* Accelerated networking has the same ids, and is Ethernet: nothing is for it alone. */
static void test_ethernet(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err err = { 0 };
		AUTO(plan_done) struct plan plan = { 0 };
		struct facts f = machine(i);
		f.nics[0].class_code = 0x020000;
		f.nics[0].link = LINK_ETHERNET;
		assert_fails(plan_choose(&candidates.catalog, &f, &plan, &err), ERR_NO_DEVICE,
			     "is Ethernet");
	}
}

static void test_no_ties(void **state)
{
	(void)state;
	struct err err = { 0 };
	assert_ok(plan_check_ties(&candidates.catalog, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_ethernet),
		cmocka_unit_test(test_no_ties),
	};
	return cmocka_run_group_tests_name("azure_current", tests, load, unload);
}
