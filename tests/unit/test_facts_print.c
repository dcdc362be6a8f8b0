/* SPDX-License-Identifier: MIT */
/* test_facts_print.c - what `facts` says to people, of machines of either system. */
#include "facts_print.h"
#include "support.h"

static const char linux_machine[] =
	"{\"schema\":1,\"os\":\"linux\",\"id\":\"debian\",\"version_id\":\"12\","
	"\"pretty_name\":\"Debian GNU/Linux 12\",\"id_like\":[],\"kernel\":\"6.1.0-40-amd64\","
	"\"arch\":\"x86_64\",\"product\":\"Virtual "
	"Machine\",\"nics\":[{\"address\":\"0101:00:00.0\","
	"\"vendor\":\"15b3\",\"device\":\"101c\",\"class\":\"020700\",\"sriov\":\"vf\","
	"\"link\":\"infiniband\",\"driver\":\"mlx5_core\"}],\"network_direct\":false,"
	"\"secure_boot\":\"off\",\"chroot\":true,\"space_staging\":1500000000,"
	"\"space_system\":2000000000,\"package_manager\":\"dpkg\",\"package_manager_locked\":true,"
	"\"packages\":[]}";

static const char linux_text[] =
	"system   Debian GNU/Linux 12 (debian 12), x86_64\n"
	"kernel   6.1.0-40-amd64 (newest in the root)\n"
	"machine  Virtual Machine\n"
	"nic      15b3:101c at 0101:00:00.0, infiniband, virtual, driver mlx5_core\n"
	"boot     secure boot off\n"
	"packages 0 by dpkg (locked now)\n"
	"space    1.5 GB for staging, 2.0 GB for packages; in an image, a chroot or a container\n";

static const char windows_machine[] =
	"{\"schema\":1,\"os\":\"windows\",\"id\":\"windows-server\",\"version_id\":\"2019\","
	"\"pretty_name\":\"Windows Server 2019 Datacenter\",\"id_like\":[],"
	"\"kernel\":\"10.0.17763.5830\",\"arch\":\"x86_64\",\"nics\":["
	"{\"address\":\"0000:02:00.0\",\"vendor\":\"15b3\",\"device\":\"1018\",\"class\":"
	"\"020700\","
	"\"sriov\":\"vf\",\"link\":\"infiniband\",\"driver\":\"mlx5\",\"driver_version\":\"2.22\"},"
	"{\"address\":\"a\",\"vendor\":\"15b3\",\"device\":\"1004\",\"class\":\"028000\","
	"\"sriov\":\"none\",\"link\":\"unknown\",\"problem\":28},"
	"{\"address\":\"b\",\"vendor\":\"15b3\",\"device\":\"1016\",\"class\":\"020000\","
	"\"sriov\":\"vf\",\"link\":\"ethernet\",\"present\":false}],\"network_direct\":true,"
	"\"secure_boot\":\"on\",\"chroot\":false,\"space_staging\":1,\"space_system\":2,"
	"\"package_manager\":\"msi\",\"package_manager_locked\":false,\"packages\":[],"
	"\"edition\":\"ServerDatacenter\",\"product_type\":\"server\",\"elevated\":false,"
	"\"pending_reboot\":true,\"software\":[{\"name\":\"MLNX_WinOF2\",\"version\":\"2.22\"},"
	"{\"name\":\"Something else\",\"version\":\"1\"}],\"drivers\":["
	"{\"inf\":\"oem2.inf\",\"original\":\"mlx5.inf\",\"provider\":\"Mellanox Technologies "
	"Ltd.\","
	"\"class\":\"System\",\"version\":\"2.22.1.0\"},"
	"{\"inf\":\"oem3.inf\",\"provider\":\"NVIDIA\",\"class\":\"Net\",\"version\":\"25.1\"},"
	"{\"inf\":\"oem4.inf\",\"provider\":\"Contoso\",\"class\":\"Net\",\"version\":\"1\"}]}";

static const char windows_text[] =
	"system   Windows Server 2019 Datacenter (windows-server 2019), x86_64\n"
	"kernel   10.0.17763.5830\n"
	"edition  ServerDatacenter, server\n"
	"nic      15b3:1018 at 0000:02:00.0, infiniband, virtual, driver mlx5 2.22\n"
	"nic      15b3:1004 at a, unknown, whole, no driver, problem 28\n"
	"nic      15b3:1016 at b, ethernet, virtual, no driver, not present\n"
	"nd       Network Direct (version unknown)\n"
	"boot     secure boot on\n"
	"packages 2 products and 3 drivers by msi\n"
	"product  MLNX_WinOF2 2.22\n"
	"driver   oem2.inf (mlx5.inf) 2.22.1.0 of Mellanox Technologies Ltd.\n"
	"driver   oem3.inf 25.1 of NVIDIA\n"
	"restart  is due already\n"
	"rights   not elevated: nothing can be installed\n"
	"space    0.0 GB for staging, 0.0 GB for packages\n";

static void check(const char *document, bool image, const char *wanted)
{
	struct err err = { 0 };
	AUTO(facts_done) struct facts f = { 0 };
	AUTO(buf_done) struct buf out = BUF_INIT(1u << 20);
	assert_ok(facts_parse("test", slice_str(document), &f, &err));
	facts_print(&f, image, &out);
	assert_ok(buf_ok(&out, "facts", &err));
	assert_string_equal(buf_str(&out), wanted);
}

static void test_linux(void **state)
{
	(void)state;
	check(linux_machine, true, linux_text);
}

static void test_windows(void **state)
{
	(void)state;
	check(windows_machine, false, windows_text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_linux),
		cmocka_unit_test(test_windows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
