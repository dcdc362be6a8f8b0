/* SPDX-License-Identifier: MIT */
/* test_pci.c - ids and places of PCI functions, as Windows and hostile installers write them. */
#include "pci.h"
#include "support.h"

/* A list of texts, each followed by a NUL byte; the compiler adds the last one. */
#define LIST(text)                                                                                 \
	{                                                                                          \
		(const uint8_t *)(text), sizeof(text)                                              \
	}

static const struct {
	struct slice ids;
	bool found;
	uint32_t vendor, device;
	const char *why;
} ids[] = {
	{ LIST("PCI\\VEN_15B3&DEV_1018&SUBSYS_000315B3&REV_00\0PCI\\VEN_15B3&DEV_1018"), true,
	  0x15b3, 0x1018, "as the bus driver writes it" },
	{ LIST("pci\\ven_15b3&dev_101c"), true, 0x15b3, 0x101c, "in lower case" },
	{ LIST("PCI\\DEV_101C&VEN_15B3"), true, 0x15b3, 0x101c, "in another order" },
	{ LIST("PCI\\VEN_15B3&CC_0207\0PCI\\VEN_15B3&DEV_101E"), true, 0x15b3, 0x101e,
	  "the first with both" },
	{ LIST("PCI\\VEN_15B3&DEV_1018&DEV_9999"), true, 0x15b3, 0x1018, "the first of two" },
	{ LIST("PCI\\VEN_15B3"), false, 0, 0, "no device" },
	{ LIST("PCI\\VEN_15B3&DEV_101"), false, 0, 0, "three digits" },
	{ LIST("PCI\\VEN_15B3&DEV_10181"), false, 0, 0, "five digits" },
	{ LIST("PCI\\VEN_15B3&DEV_10 8"), false, 0, 0, "not a digit" },
	{ LIST("PCI\\VEN_15B3&XDEV_1018"), false, 0, 0, "another name" },
	{ LIST("PCIVEN_15B3&DEV_1018"), false, 0, 0, "no bus" },
	{ LIST("MLX4\\VEN_15B3&DEV_1018"), false, 0, 0, "a child of WinOF's bus driver" },
	{ LIST("MLX4\\ConnectX-3Pro_Eth&1"), false, 0, 0, "another such" },
	{ LIST("VMBUS\\{8c2eaf3d-32a7-4b09-ab99-bd1f1c86b501}"), false, 0, 0, "another bus" },
	{ LIST("\0\0PCI\\VEN_15B3&DEV_1018"), true, 0x15b3, 0x1018, "behind empty texts" },
	{ LIST(""), false, 0, 0, "an empty text" },
	{ { NULL, 0 }, false, 0, 0, "nothing at all" },
	{ { (const uint8_t *)"PCI\\VEN_15B3&DEV_1018", 20 },
	  false,
	  0,
	  0,
	  "cut in its last number" },
	{ { (const uint8_t *)"PCI", 3 }, false, 0, 0, "cut in its bus" },
};

static void test_ids(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(ids); i++) {
		uint32_t vendor = 0, device = 0;
		bool found = pci_read_id(ids[i].ids, &vendor, &device);
		if (found != ids[i].found || vendor != ids[i].vendor || device != ids[i].device)
			fail_msg("%s: %d %04x:%04x", ids[i].why, found, vendor, device);
	}
}

static const struct {
	struct slice ids;
	bool found;
	uint32_t class_code;
	const char *why;
} classes[] = {
	{ LIST("PCI\\VEN_15B3&DEV_1018&REV_00\0PCI\\VEN_15B3&CC_020700\0PCI\\CC_0207"), true,
	  0x020700, "as the bus driver writes it" },
	{ LIST("PCI\\CC_0207\0PCI\\CC_020701"), true, 0x020701, "six digits say more" },
	{ LIST("PCI\\CC_0280\0PCI\\CC_0200"), true, 0x028000, "of four the first" },
	{ LIST("pci\\cc_0207"), true, 0x020700, "in lower case" },
	{ LIST("PCI\\CC_02070"), false, 0, "five digits" },
	{ LIST("PCI\\CC_02070000"), false, 0, "eight digits" },
	{ LIST("PCI\\CC_"), false, 0, "none" },
	{ LIST("PCI\\CC_02G7"), false, 0, "not a digit" },
	{ LIST("PCI\\VEN_15B3&DEV_1018"), false, 0, "no class" },
	{ LIST("USB\\CC_0207"), false, 0, "another bus" },
	{ { NULL, 0 }, false, 0, "nothing at all" },
};

static void test_classes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(classes); i++) {
		uint32_t code = 0;
		bool found = pci_read_class(classes[i].ids, &code);
		if (found != classes[i].found || code != classes[i].class_code)
			fail_msg("%s: %d %06x", classes[i].why, found, code);
	}
}

#define NETWORK_DIRECT "{8c2eaf3d-32a7-4b09-ab99-bd1f1c86b501}"

static const struct {
	struct slice ids;
	bool named;
	const char *why;
} named[] = {
	{ LIST("VMBUS\\" NETWORK_DIRECT), true, "as Hyper-V's bus writes it" },
	{ LIST("VMBUS\\{8C2EAF3D-32A7-4B09-AB99-BD1F1C86B501}"), true, "in upper case" },
	{ LIST("VMBUS\\{44c4f61d-4444-4400-9d52-802e27ede19f}\0VMBUS\\" NETWORK_DIRECT), true,
	  "the second" },
	{ LIST("VMBUS\\{44c4f61d-4444-4400-9d52-802e27ede19f}"), false, "PCI pass-through" },
	{ LIST("VMBUS\\" NETWORK_DIRECT "x"), false, "a longer name" },
	{ LIST("VMBUS\\{8c2eaf3d}"), false, "a shorter one" },
	{ { NULL, 0 }, false, "nothing at all" },
};

static void test_class_ids(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(named); i++)
		if (pci_ids_name(named[i].ids, NETWORK_DIRECT) != named[i].named)
			fail_msg("%s", named[i].why);
}

static const struct {
	uint32_t bus, place;
	const char *address; /* NULL: not known */
	const char *why;
} places[] = {
	{ 0x02, 0x00000000, "0000:02:00.0", "bus 2" },
	{ 0x00, 0x001f0007, "0000:00:1f.7", "the last device and function" },
	{ 0x010100, 0x00020001, "0101:00:02.1", "a segment above the bus" },
	{ 0xffffff, 0x00000000, "ffff:ff:00.0", "the last segment" },
	{ 0xffffffff, 0x00000000, NULL, "no bus number" },
	{ 0x00, 0xffffffff, NULL, "no address" },
	{ 0x00, 0x00200000, NULL, "device 32" },
	{ 0x00, 0x00000008, NULL, "function 8" },
};

static void test_places(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		char address[PCI_ADDRESS_SIZE] = "";
		bool known = pci_address(places[i].bus, places[i].place, address);
		if (known != (places[i].address != NULL) ||
		    (known && strcmp(address, places[i].address) != 0))
			fail_msg("%s: %d '%s'", places[i].why, known, address);
	}
}

static const struct {
	const char *text, *address, *why;
} locations[] = {
	{ "PCI bus 2, device 0, function 1", "0000:02:00.1", "in English" },
	{ "PCI-Bus 2, Ger\xc3\xa4t 0, Funktion 1", "0000:02:00.1", "in German" },
	{ "PCI bus 255, device 31, function 7", "0000:ff:1f.7", "the last ones" },
	{ "Virtual PCI Bus Slot 2 Serial 3", NULL, "two numbers: Hyper-V's pass-through" },
	{ "1 2 3 4", NULL, "four numbers" },
	{ "PCI bus 256, device 0, function 0", NULL, "no such bus" },
	{ "PCI bus 4294967298, device 0, function 0", NULL, "does not wrap" },
	{ "PCI bus 0, device 32, function 0", NULL, "no such device" },
	{ "", NULL, "nothing" },
};

static void test_locations(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(locations); i++) {
		char address[PCI_ADDRESS_SIZE] = "";
		bool known = pci_read_location(slice_str(locations[i].text), address);
		if (known != (locations[i].address != NULL) ||
		    (known && strcmp(address, locations[i].address) != 0))
			fail_msg("%s: %d '%s'", locations[i].why, known, address);
	}
}

static const struct {
	uint32_t vendor, class_code;
	bool nic;
	enum facts_link link;
	const char *why;
} functions[] = {
	{ 0x15b3, 0x020700, true, LINK_INFINIBAND, "InfiniBand" },
	{ 0x15b3, 0x020000, true, LINK_ETHERNET, "Ethernet" },
	{ 0x15b3, 0x028000, true, LINK_UNKNOWN, "ConnectX-3" },
	{ 0x15b3, 0x060400, false, LINK_UNKNOWN, "a bridge of that vendor" },
	{ 0x1414, 0x020000, false, LINK_ETHERNET, "another vendor" },
};

static void test_functions(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(functions); i++)
		if (pci_is_nic(functions[i].vendor, functions[i].class_code) != functions[i].nic ||
		    pci_link(functions[i].class_code) != functions[i].link)
			fail_msg("%s", functions[i].why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids),       cmocka_unit_test(test_classes),
		cmocka_unit_test(test_class_ids), cmocka_unit_test(test_places),
		cmocka_unit_test(test_locations), cmocka_unit_test(test_functions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
