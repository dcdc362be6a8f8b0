/* SPDX-License-Identifier: MIT */
/* test_windows_release.c - which Windows it is, from what RtlGetVersion() and the registry say. */
#include "support.h"
#include "windows_release.h"

enum { WORKSTATION = 1, DOMAIN_CONTROLLER = 2, SERVER = 3 };

static const struct {
	uint32_t build, type;
	const char *name, *edition, *installation, *display;
	const char *id, *version_id, *pretty_name;
	const char *why;
} releases[] = {
	{ 9200, WORKSTATION, "Windows 8 Pro", "Professional", "Client", NULL, "windows", "8",
	  "Windows 8 Pro", "Windows 8" },
	{ 9600, WORKSTATION, "Windows 8.1 Pro", "Professional", "Client", NULL, "windows", "8.1",
	  "Windows 8.1 Pro", "Windows 8.1" },
	{ 10240, WORKSTATION, "Windows 10 Pro", "Professional", "Client", NULL, "windows", "10",
	  "Windows 10 Pro", "the first Windows 10 has no name for its version" },
	{ 19045, WORKSTATION, "Windows 10 Pro", "Professional", "Client", "22H2", "windows", "10",
	  "Windows 10 Pro 22H2", "the last" },
	{ 20180, WORKSTATION, "Windows 10 Pro", "Professional", "Client", NULL, "windows", "20180",
	  "Windows 10 Pro", "a preview between 10 and 11 is neither" },
	{ 22000, WORKSTATION, "Windows 10 Pro", "Professional", "Client", "21H2", "windows", "11",
	  "Windows 11 Pro 21H2", "Windows 11 says it is 10" },
	{ 22631, WORKSTATION, "Windows 10 Enterprise", "Enterprise", "Client", "23H2", "windows",
	  "11", "Windows 11 Enterprise 23H2", "and goes on to" },
	{ 26200, WORKSTATION, "Windows 11 Pro", "Professional", "Client", "25H2", "windows", "11",
	  "Windows 11 Pro 25H2", "should it ever stop" },
	{ 7601, WORKSTATION, "Windows 7 Professional", "Professional", "Client", NULL, "windows",
	  "7601", "Windows 7 Professional", "older than any that is known" },
	{ 19045, SERVER, "Windows 10 Enterprise", "ServerRdsh", "Client", "22H2", "windows", "10",
	  "Windows 10 Enterprise 22H2", "multi-session: a client, whatever its type" },
	{ 9200, SERVER, "Windows Server 2012 Datacenter", "ServerDatacenter", "Server", NULL,
	  "windows-server", "2012", "Windows Server 2012 Datacenter", "2012" },
	{ 9600, SERVER, "Windows Server 2012 R2 Datacenter", "ServerDatacenter", "Server", NULL,
	  "windows-server", "2012r2", "Windows Server 2012 R2 Datacenter", "2012 R2" },
	{ 14393, SERVER, "Windows Server 2016 Datacenter", "ServerDatacenter", "Server", "1607",
	  "windows-server", "2016", "Windows Server 2016 Datacenter", "2016" },
	{ 17763, DOMAIN_CONTROLLER, "Windows Server 2019 Datacenter", "ServerDatacenter",
	  "Server Core", "1809", "windows-server", "2019", "Windows Server 2019 Datacenter",
	  "2019, a domain controller" },
	{ 20348, SERVER, "Windows Server 2022 Datacenter Azure Edition", "ServerTurbine", "Server",
	  "21H2", "windows-server", "2022", "Windows Server 2022 Datacenter Azure Edition",
	  "2022" },
	{ 26100, SERVER, "Windows Server 2025 Datacenter", "ServerDatacenter", "Server", "24H2",
	  "windows-server", "2025", "Windows Server 2025 Datacenter", "2025" },
	{ 16299, SERVER, "Windows Server Datacenter", "ServerDatacenterACor", "Server Core", "1709",
	  "windows-server", "1709", "Windows Server Datacenter 1709", "Semi-Annual Channel" },
	{ 18362, SERVER, "Windows Server Datacenter", "ServerDatacenterACor", "Server Core", "1903",
	  "windows-server", "1903", "Windows Server Datacenter 1903", "its last years" },
	{ 19041, SERVER, "Windows Server Datacenter", "ServerDatacenterACor", "Server Core", "2004",
	  "windows-server", "2004", "Windows Server Datacenter 2004", "2004 is no year" },
	{ 19042, SERVER, "Windows Server Datacenter", "ServerDatacenterACor", "Server Core", "20H2",
	  "windows-server", "20h2", "Windows Server Datacenter 20H2", "names with letters" },
	{ 25398, SERVER, "Windows Server Datacenter", "ServerDatacenterACor", "Server Core", "23H2",
	  "windows-server", "23h2", "Windows Server Datacenter 23H2", "Annual Channel" },
	{ 20349, SERVER, "Azure Stack HCI", "ServerAzureStackHCICor", "Server Core", "22H2",
	  "windows-server", "20349", "Azure Stack HCI 22H2", "not 2022, one build later" },
	{ 29999, SERVER, "Windows Server 2028 Datacenter", "ServerDatacenter", "Server", NULL,
	  "windows-server", "29999", "Windows Server 2028 Datacenter", "not known yet" },
	{ 17763, SERVER, NULL, NULL, NULL, NULL, "windows-server", "2019", "Windows",
	  "an empty registry" },
};

static struct facts new_facts(void)
{
	struct err err = { 0 };
	struct facts f = { 0 };
	f.doc = json_parse("facts", slice_str("[]"), &err);
	assert_non_null(f.doc);
	return f;
}

static void test_releases(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(releases); i++) {
		struct err err = { 0 };
		AUTO(facts_done) struct facts f = new_facts();
		struct windows_release w = {
			.major = 10,
			.build = releases[i].build,
			.product_type = releases[i].type,
			.name = releases[i].name,
			.edition = releases[i].edition,
			.installation = releases[i].installation,
			.display = releases[i].display,
		};
		assert_ok(windows_release_describe(&w, &f, &err));
		if (strcmp(f.id, releases[i].id) != 0 ||
		    strcmp(f.version_id, releases[i].version_id) != 0 ||
		    strcmp(f.pretty_name, releases[i].pretty_name) != 0)
			fail_msg("%s: %s %s, '%s'", releases[i].why, f.id, f.version_id,
				 f.pretty_name);
	}
}

static const struct {
	bool has_revision;
	uint32_t revision;
	const char *lab, *kernel, *why;
} kernels[] = {
	{ true, 5830, "9200.1.amd64fre", "6.2.9200.5830", "UBR" },
	{ true, 0, "9200.1.amd64fre", "6.2.9200.0", "UBR of a first edition" },
	{ false, 0, "9200.24000.amd64fre.win8_ldr.221214-1522", "6.2.9200.24000", "no UBR yet" },
	{ false, 0, "9600.24000.amd64fre", "6.2.9200.0", "of another build" },
	{ false, 0, "9200.24000", "6.2.9200.0", "cut short" },
	{ false, 0, "9200", "6.2.9200.0", "a build alone" },
	{ false, 0, "9200.x.amd64fre", "6.2.9200.0", "not a number" },
	{ false, 0, "9200..amd64fre", "6.2.9200.0", "none" },
	{ false, 0, "9200.-1.amd64fre", "6.2.9200.0", "a sign" },
	{ false, 0, "9200.99999999999999999999.amd64fre", "6.2.9200.0", "too large" },
	{ false, 0, "", "6.2.9200.0", "empty" },
	{ false, 0, NULL, "6.2.9200.0", "none" },
};

static void test_kernels(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(kernels); i++) {
		struct err err = { 0 };
		AUTO(facts_done) struct facts f = new_facts();
		struct windows_release w = {
			.major = 6,
			.minor = 2,
			.build = 9200,
			.product_type = SERVER,
			.lab = kernels[i].lab,
			.has_revision = kernels[i].has_revision,
			.revision = kernels[i].revision,
		};
		assert_ok(windows_release_describe(&w, &f, &err));
		if (strcmp(f.kernel, kernels[i].kernel) != 0)
			fail_msg("%s: %s", kernels[i].why, f.kernel);
	}
}

static const struct {
	const char *text, *installation, *why;
} installations[] = {
	{ "Client", "client", "Windows 10" },
	{ "Server", "server", "with Desktop Experience" },
	{ "Server Core", "server-core", "without" },
	{ "Nano Server", NULL, "no word for it: no rule holds" },
	{ "server core", NULL, "as it is written" },
	{ NULL, NULL, "not said" },
};

static void test_installations(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(installations); i++) {
		struct err err = { 0 };
		AUTO(facts_done) struct facts f = new_facts();
		struct windows_release w = { .build = 17763,
					     .product_type = SERVER,
					     .installation = installations[i].text };
		assert_ok(windows_release_describe(&w, &f, &err));
		const char *wanted = installations[i].installation;
		if (!f.installation != !wanted || (wanted && strcmp(wanted, f.installation) != 0))
			fail_msg("%s", installations[i].why);
		assert_null(f.edition);
		assert_string_equal(f.product_type, "server");
	}
}

static void test_product_types(void **state)
{
	static const char *const names[] = { [WORKSTATION] = "workstation",
					     [DOMAIN_CONTROLLER] = "domain-controller",
					     [SERVER] = "server" };
	(void)state;
	for (uint32_t type = WORKSTATION; type <= SERVER; type++) {
		struct err err = { 0 };
		AUTO(facts_done) struct facts f = new_facts();
		struct windows_release w = { .build = 17763, .product_type = type };
		assert_ok(windows_release_describe(&w, &f, &err));
		assert_string_equal(f.product_type, names[type]);
	}
}

/* What the registry holds is anybody's: it is cut, and made fit for a document. */
static void test_hostile_texts(void **state)
{
	char text[4096];
	struct err err = { 0 };
	AUTO(facts_done) struct facts f = new_facts();
	(void)state;
	memset(text, '\xe9', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	struct windows_release w = { .build = 19045,
				     .product_type = WORKSTATION,
				     .name = text,
				     .edition = text,
				     .installation = text,
				     .display = text,
				     .lab = text };
	assert_ok(windows_release_describe(&w, &f, &err));
	assert_true(strlen(f.pretty_name) < 512);
	assert_null(strchr(f.pretty_name, '\xe9'));
	assert_null(strchr(f.edition, '\xe9'));
}

static const struct {
	uint16_t number;
	const char *arch, *why;
} machines[] = {
	{ 0x8664, "x86_64", "AMD64" },
	{ 0xaa64, "aarch64", "ARM64, where this program runs emulated" },
	{ 0x014c, "i386", "I386" },
	{ 0x01c4, "armhf", "ARMNT" },
	{ 0x0200, "unknown", "IA64" },
	{ 0, "unknown", "IMAGE_FILE_MACHINE_UNKNOWN" },
}, processors[] = {
	{ 9, "x86_64", "AMD64" },
	{ 12, "aarch64", "ARM64" },
	{ 0, "i386", "INTEL" },
	{ 5, "armhf", "ARM" },
	{ 6, "unknown", "IA64" },
	{ 0xffff, "unknown", "PROCESSOR_ARCHITECTURE_UNKNOWN" },
};

static void test_machines(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(machines); i++)
		if (strcmp(windows_release_arch(machines[i].number), machines[i].arch) != 0)
			fail_msg("%s", machines[i].why);
	for (size_t i = 0; i < COUNT_OF(processors); i++)
		if (strcmp(windows_release_processor(processors[i].number), processors[i].arch))
			fail_msg("%s", processors[i].why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_releases),      cmocka_unit_test(test_kernels),
		cmocka_unit_test(test_installations), cmocka_unit_test(test_product_types),
		cmocka_unit_test(test_hostile_texts), cmocka_unit_test(test_machines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
