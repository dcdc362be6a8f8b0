/* SPDX-License-Identifier: MIT */
/* test_facts_gather.c - facts from recorded trees of sysfs and of systems. */
#include "facts_gather.h"
#include "platform.h"
#include "support.h"

static void put(const char *path, const char *text)
{
	char dir[512];
	struct err err = { 0 };
	snprintf(dir, sizeof(dir), "%s", path);
	*strrchr(dir, '/') = '\0';
	assert_ok(platform_make_dirs(dir, 0755, &err));
	write_file(path, text, strlen(text));
}

/* One PCI function as sysfs shows it; NULL leaves a file out. */
static void put_pci(const char *address, const char *vendor, const char *device, const char *class)
{
	char path[256];
	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/vendor", address);
	put(path, vendor);
	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/device", address);
	put(path, device);
	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/class", address);
	put(path, class);
}

static void put_in_pci(const char *address, const char *name, const char *text)
{
	char path[256];
	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/%s", address, name);
	put(path, text);
}

static void put_system(void)
{
	put("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n");
	put("var/lib/dpkg/status", "Package: a\nStatus: install ok installed\nArchitecture: all\n"
				   "Version: 1\n");
	put("usr/x", "");
}

static struct facts gather(const char *root, bool image)
{
	struct err err = { 0 };
	struct facts f = { 0 };
	struct facts_where where = { .system = root,
				     .hardware = root,
				     .staging = "/var/lib/ibbundle",
				     .image = image,
				     .kernel = image ? NULL : "6.1.0-40-amd64",
				     .machine = "x86_64" };
	assert_ok(facts_gather(&where, &f, &err));
	return f;
}

static void test_hb_machine(void **state)
{
	const char *root = *state;
	put_system();
	put_pci("0101:00:00.0", "0x15b3\n", "0x101c\n", "0x020700\n"); /* InfiniBand VF */
	put_pci("d2c5:00:02.0", "0x15b3\n", "0x1016\n", "0x020000\n"); /* accelerated networking */
	put_pci("0000:00:08.0", "0x1414\n", "0x5353\n", "0x030000\n"); /* the host's display */
	put_pci("0000:00:09.0", "0x15b3\n", "0x1976\n", "0x060400\n"); /* a bridge of that vendor */
	put_in_pci("0101:00:00.0", "infiniband/mlx5_0/ports/1/link_layer", "InfiniBand\n");
	put("sys/module/mlx5_core/version", "24.10-1.1.4\n");
	assert_int_equal(symlink("../../../../bus/pci/drivers/mlx5_core",
				 "sys/bus/pci/devices/0101:00:00.0/driver"),
			 0);
	put("sys/class/dmi/id/product_name", "Virtual Machine\n");
	put("sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
	    "\6..."); /* attributes; the value follows */
	AUTO(facts_done) struct facts f = gather(root, false);
	assert_int_equal(f.nic_count, 2);
	const struct facts_nic *ib = &f.nics[0], *an = &f.nics[1];
	assert_string_equal(ib->address, "0101:00:00.0");
	assert_int_equal(ib->device, 0x101c);
	assert_int_equal(ib->class_code, 0x020700);
	assert_int_equal(ib->link, LINK_INFINIBAND);
	assert_int_equal(ib->sriov, SRIOV_VF);
	assert_string_equal(ib->driver, "mlx5_core");
	assert_string_equal(ib->driver_version, "24.10-1.1.4");
	assert_int_equal(an->link, LINK_ETHERNET);
	assert_null(an->driver);
	assert_string_equal(f.product, "Virtual Machine");
	assert_int_equal(f.secure_boot, SECURE_BOOT_UNKNOWN); /* the variable is cut short */
	assert_string_equal(f.id, "debian");
	assert_string_equal(f.kernel, "6.1.0-40-amd64");
	assert_int_equal(f.package_count, 1);
	assert_string_equal(f.package_manager, "dpkg");
	assert_false(f.network_direct);
}

static const struct {
	const char *device, *class, *link_layer, *net_type;
	enum facts_link link;
	const char *why;
} links[] = {
	{ "0x1018\n", "0x020700\n", NULL, NULL, LINK_INFINIBAND, "by class without a driver" },
	{ "0x1018\n", "0x020000\n", NULL, NULL, LINK_ETHERNET, "the same id as Ethernet" },
	{ "0x1004\n", "0x028000\n", NULL, NULL, LINK_UNKNOWN,
	  "ConnectX-3: the class says nothing" },
	{ "0x1004\n", "0x028000\n", "InfiniBand\n", NULL, LINK_INFINIBAND, "its port does" },
	{ "0x1004\n", "0x028000\n", "Ethernet\n", NULL, LINK_ETHERNET, "either way" },
	{ "0x1004\n", "0x028000\n", NULL, "32\n", LINK_INFINIBAND, "or its network device" },
	{ "0x1004\n", "0x028000\n", NULL, "1\n", LINK_ETHERNET, "either way" },
	{ "0x101e\n", "0x020700\n", "Ethernet\n", NULL, LINK_ETHERNET, "the port knows best" },
};

static void test_links(void **state)
{
	const char *root = *state;
	put_system();
	for (size_t i = 0; i < COUNT_OF(links); i++) {
		struct err err = { 0 };
		assert_ok(platform_remove_tree("sys", &err));
		put_pci("0001:00:00.0", "0x15b3\n", links[i].device, links[i].class);
		if (links[i].link_layer)
			put_in_pci("0001:00:00.0", "infiniband/mlx4_0/ports/1/link_layer",
				   links[i].link_layer);
		if (links[i].net_type)
			put_in_pci("0001:00:00.0", "net/ib0/type", links[i].net_type);
		AUTO(facts_done) struct facts f = gather(root, false);
		if (f.nic_count != 1 || f.nics[0].link != links[i].link)
			fail_msg("%s: link %d", links[i].why, (int)f.nics[0].link);
	}
}

static const struct {
	const char *device, *file, *text;
	enum facts_sriov sriov;
	const char *why;
} modes[] = {
	{ "0x101e\n", NULL, NULL, SRIOV_VF, "in a VM only the id tells" },
	{ "0x1021\n", NULL, NULL, SRIOV_NONE, "a whole ConnectX-7 passed through" },
	{ "0x1021\n", "sriov_totalvfs", "16\n", SRIOV_PF, "can have functions" },
	{ "0x1021\n", "sriov_totalvfs", "0\n", SRIOV_NONE, "can't" },
	{ "0x1021\n", "physfn/vendor", "0x15b3\n", SRIOV_VF, "has a physical function" },
};

static void test_modes(void **state)
{
	const char *root = *state;
	put_system();
	for (size_t i = 0; i < COUNT_OF(modes); i++) {
		struct err err = { 0 };
		assert_ok(platform_remove_tree("sys", &err));
		put_pci("0001:00:00.0", "0x15b3\n", modes[i].device, "0x020700\n");
		if (modes[i].file)
			put_in_pci("0001:00:00.0", modes[i].file, modes[i].text);
		AUTO(facts_done) struct facts f = gather(root, false);
		if (f.nics[0].sriov != modes[i].sriov)
			fail_msg("%s: mode %d", modes[i].why, (int)f.nics[0].sriov);
	}
}

static void test_network_direct(void **state)
{
	const char *root = *state;
	static char pool[2560] = "NdDriverVersion";
	memcpy(pool + 512, "144.0", 5);
	put_system();
	put("sys/bus/vmbus/devices/vmbus_0_1/class_id", "{f8615163-df3e-46c5-913f-f2d2f965ed0e}\n");
	put("sys/bus/vmbus/devices/vmbus_0_9/class_id", "{8c2eaf3d-32a7-4b09-ab99-bd1f1c86b501}\n");
	put("var/lib/hyperv/x", "");
	write_file("var/lib/hyperv/.kvp_pool_0", pool, sizeof(pool));
	AUTO(facts_done) struct facts f = gather(root, false);
	assert_true(f.network_direct);
	assert_string_equal(f.nd_version, "144.0");
}

static void test_secure_boot(void **state)
{
	const char *root = *state;
	put_system();
	put("sys/firmware/acpi/x", "");
	AUTO(facts_done) struct facts bios = gather(root, false);
	assert_int_equal(bios.secure_boot, SECURE_BOOT_OFF);
	static const char path[] =
		"sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
	put(path, "");
	write_file(path, "\6\0\0\0\1", 5);
	AUTO(facts_done) struct facts on = gather(root, false);
	assert_int_equal(on.secure_boot, SECURE_BOOT_ON);
	write_file(path, "\6\0\0\0\0", 5);
	AUTO(facts_done) struct facts off = gather(root, false);
	assert_int_equal(off.secure_boot, SECURE_BOOT_OFF);
}

/* 20 bytes of an ELF header: 64 bits, little-endian, and the machine. */
static void put_elf(const char *path, char machine)
{
	char head[20] = "\177ELF\2\1\1";
	head[16] = 2;
	head[18] = machine;
	put(path, "");
	write_file(path, head, sizeof(head));
}

static void test_image(void **state)
{
	const char *root = *state;
	put_system();
	put("lib/modules/6.1.0-9-amd64/x", "");
	put("lib/modules/6.1.0-40-amd64/x", "");
	put_elf("usr/bin/dpkg", (char)183);
	AUTO(facts_done) struct facts f = gather(root, true);
	assert_true(f.chroot);
	assert_string_equal(f.kernel, "6.1.0-40-amd64"); /* 40 is more than 9 */
	assert_string_equal(f.arch, "aarch64");
	assert_true(f.space_staging > 0 && f.space_system > 0);
}

/* Of the machine that makes an image nothing gets into the facts; what is named does. */
static void test_image_of_another_machine(void **state)
{
	const char *root = *state;
	struct err err = { 0 };
	AUTO(facts_done) struct facts f = { 0 };
	struct facts_where where = { .system = root,
				     .staging = "/var/lib/ibbundle",
				     .image = true,
				     .kernel = "6.1.0-9-amd64",
				     .machine = "x86_64" };
	put_system();
	put("lib/modules/6.1.0-9-amd64/build/Makefile", "");
	put("lib/modules/6.1.0-40-amd64/x", "");
	assert_ok(facts_gather(&where, &f, &err));
	assert_string_equal(f.kernel, "6.1.0-9-amd64");
	assert_int_equal(f.kernel_headers, ANSWER_YES); /* of that one, not of the newest */
	assert_string_equal(f.arch, "unknown");         /* no program tells */
	assert_int_equal(f.nic_count, 0);
	assert_null(f.product);
	assert_int_equal(f.secure_boot, SECURE_BOOT_UNKNOWN);
}

static const struct {
	const char *name;
	uint32_t device, class_code; /* device 0: refused */
	enum facts_sriov sriov;
	enum facts_link link;
	const char *why;
} named[] = {
	{ "connectx-6", 0x101c, 0x020700, SRIOV_VF, LINK_INFINIBAND, "a VM has its function" },
	{ "connectx-6-vf", 0x101c, 0x020700, SRIOV_VF, LINK_INFINIBAND, "the same" },
	{ "connectx-6-pf", 0x101b, 0x020700, SRIOV_NONE, LINK_INFINIBAND, "a whole one" },
	{ "connectx-7", 0x101e, 0x020700, SRIOV_VF, LINK_INFINIBAND, "the id that many share" },
	{ "15b3:1018", 0x1018, 0x020700, SRIOV_VF, LINK_INFINIBAND, "by its number" },
	{ "15b3:1018/0200", 0x1018, 0x020000, SRIOV_VF, LINK_ETHERNET, "with a class" },
	{ "connectx-3", 0x1004, 0x028000, SRIOV_VF, LINK_UNKNOWN, "whose class tells nothing" },
	{ "connectx-3-pro-pf/0207", 0x1007, 0x020700, SRIOV_NONE, LINK_INFINIBAND, "if it does" },
	{ "15b3:*", 0, 0, 0, 0, "any" },
	{ "bluefield-3-pf", 0, 0, 0, 0, "two functions" },
	{ "connectx-99", 0, 0, 0, 0, "no such generation" },
	{ "1414:00ba", 0, 0, 0, 0, "another vendor's" },
	{ "connectx-6/0604", 0, 0, 0, 0, "a bridge" },
	{ "15b3:0000", 0, 0, 0, 0, "no device" },
	{ "", 0, 0, 0, 0, "nothing" },
};

static void test_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(named); i++) {
		struct err err = { 0 };
		const char *twice[] = { named[i].name, named[i].name };
		AUTO(facts_done)
		struct facts f = { .doc = json_parse("facts", slice_str("[]"), &err) };
		bool ok = facts_name_nics(&f, twice, 2, &err);
		if (ok != (named[i].device != 0) || (!ok && err.code != ERR_USAGE))
			fail_msg("'%s': %s: %s", named[i].name, named[i].why, err.msg);
		const struct facts_nic *n = &f.nics[1];
		if (ok && (f.nic_count != 2 || n->device != named[i].device ||
			   n->class_code != named[i].class_code || n->sriov != named[i].sriov ||
			   n->link != named[i].link || strcmp(n->address, "named-2") != 0))
			fail_msg("'%s': %s", named[i].name, named[i].why);
	}
}

static void test_image_links_stay_inside(void **state)
{
	const char *root = *state;
	put_system();
	put("usr/lib/os-release", "ID=inside\n");
	assert_int_equal(unlink("etc/os-release"), 0);
	/* in the root it means ROOT/usr/lib/os-release; of this machine it would be its own */
	assert_int_equal(symlink("/usr/lib/os-release", "etc/os-release"), 0);
	AUTO(facts_done) struct facts f = gather(root, true);
	assert_string_equal(f.id, "inside");
}

/* dpkg was killed: what it had done stands beside its status, in order. */
static void test_dpkg_updates(void **state)
{
	const char *root = *state;
	put_system();
	put("var/lib/dpkg/updates/0000",
	    "Package: b\nStatus: install ok unpacked\nArchitecture: all\nVersion: 2\n");
	put("var/lib/dpkg/updates/0001",
	    "Package: b\nStatus: install ok half-configured\nArchitecture: all\nVersion: 2\n");
	put("var/lib/dpkg/updates/0002",
	    "Package: a\nStatus: deinstall ok not-installed\nArchitecture: all\n");
	put("var/lib/dpkg/updates/tmp.i", "Package: c\nStatus: install ok installed\n"
					  "Architecture: all\nVersion: 2\n");
	AUTO(facts_done) struct facts f = gather(root, true);
	assert_int_equal(f.package_count, 1);
	assert_string_equal(f.packages[0].name, "b");
	assert_string_equal(f.packages[0].status, "half-configured");
}

static void test_take_machine(void **state)
{
	const char *root = *state;
	struct err err = { 0 };
	put_system();
	AUTO(facts_done) struct facts f = gather(root, true);
	{
		struct facts other = gather(root, false);
		other.nics[0] = (struct facts_nic) { .address = "0101:00:00.0",
						     .vendor = 0x15b3,
						     .device = 0x101c };
		other.nic_count = 1;
		other.vm_size = "Standard_HB120rs_v3";
		other.id = "ubuntu";
		assert_ok(facts_take_machine(&f, &other, &err));
		facts_done(&other);
	}
	assert_int_equal(f.nic_count, 1);
	assert_string_equal(f.nics[0].address, "0101:00:00.0");
	assert_string_equal(f.vm_size, "Standard_HB120rs_v3");
	assert_string_equal(f.id, "debian"); /* the system's own */
}

static void test_other_package_managers(void **state)
{
	const char *root = *state;
	put("etc/os-release", "ID=rhel\n");
	put("usr/bin/rpm", "");
	AUTO(facts_done) struct facts rpm = gather(root, true);
	assert_string_equal(rpm.package_manager, "rpm");
	struct err err = { 0 };
	assert_ok(platform_remove_file("usr/bin/rpm", &err));
	AUTO(facts_done) struct facts none = gather(root, true);
	assert_string_equal(none.package_manager, "none");
}

/* What a driver needs to be built and installed; an image's own, with a link that stays inside. */
static void test_stack(void **state)
{
	const char *root = *state;
	put_system();
	{
		AUTO(facts_done) struct facts f = gather(root, false);
		assert_int_equal(f.kernel_headers, ANSWER_NO);
		assert_true(f.tools.known && f.tools.count == 0);
		assert_false(f.builtin_modules.known);
		assert_null(f.vendor_stack);
		assert_null(f.package_manager_broken);
		assert_int_equal(f.staging_read_only, ANSWER_NO);
		assert_int_equal(f.space_shared, ANSWER_YES);
	}
	put("usr/src/linux-headers-6.1.0-40-amd64/Makefile", "");
	put("lib/modules/6.1.0-40-amd64/modules.builtin",
	    "kernel/drivers/infiniband/core/ib_core.ko\n");
	assert_int_equal(symlink("/usr/src/linux-headers-6.1.0-40-amd64",
				 "lib/modules/6.1.0-40-amd64/build"),
			 0);
	put("usr/bin/gcc", "");
	put("usr/bin/createrepo_c", "");
	put("usr/bin/ofed_info", "echo MLNX_OFED_LINUX-5.8-1.0.1.1:");
	put("var/lib/dpkg/updates/0000", "");
	AUTO(facts_done) struct facts f = gather(root, true);
	assert_int_equal(f.kernel_headers, ANSWER_YES);
	assert_true(facts_names_has(&f.tools, "gcc") && facts_names_has(&f.tools, "createrepo"));
	assert_int_equal(f.tools.count, 2);
	assert_true(facts_names_has(&f.builtin_modules, "ib_core"));
	assert_string_equal(f.vendor_stack, "MLNX_OFED_LINUX-5.8-1.0.1.1");
	assert_non_null(f.package_manager_broken);
}

/* Where there is no ofed_info: packages, and what dkms has. */
static void test_stack_by_package(void **state)
{
	const char *root = *state;
	put_system();
	put("var/lib/dpkg/status", "Package: doca-ofed\nStatus: install ok installed\n"
				   "Architecture: amd64\nVersion: 3.2.1\n");
	AUTO(facts_done) struct facts f = gather(root, true);
	assert_string_equal(f.vendor_stack, "doca-ofed 3.2.1");
	put("var/lib/dpkg/status", "");
	put("var/lib/dkms/mlnx-ofa_kernel/x", "");
	AUTO(facts_done) struct facts g = gather(root, true);
	assert_string_equal(g.vendor_stack, "mlnx-ofa_kernel");
}

#define IN_TEMP_DIR(test) cmocka_unit_test_setup_teardown(test, enter_temp_dir, leave_temp_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TEMP_DIR(test_hb_machine),
		IN_TEMP_DIR(test_links),
		IN_TEMP_DIR(test_modes),
		IN_TEMP_DIR(test_network_direct),
		IN_TEMP_DIR(test_secure_boot),
		IN_TEMP_DIR(test_image),
		IN_TEMP_DIR(test_image_of_another_machine),
		IN_TEMP_DIR(test_named),
		IN_TEMP_DIR(test_image_links_stay_inside),
		IN_TEMP_DIR(test_dpkg_updates),
		IN_TEMP_DIR(test_take_machine),
		IN_TEMP_DIR(test_other_package_managers),
		IN_TEMP_DIR(test_stack),
		IN_TEMP_DIR(test_stack_by_package),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
