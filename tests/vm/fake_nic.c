/* SPDX-License-Identifier: MIT */
/*
 * fake_nic.c - a PCI function for tests: a root bus in a domain of its own, with one device whose
 * configuration space is an array.  sysfs and udev show it like any other, so that what looks for
 * network adapters finds one.  It has no memory and no interrupts: no driver can be bound to it.
 *
 *   insmod fake_nic.ko device=0x101c class_code=0x020700
 */
#include <linux/module.h>
#include <linux/pci.h>

#define DOMAIN 0x10000 /* above all that firmware hands out */

static ushort device = 0x1018;
module_param(device, ushort, 0444);
MODULE_PARM_DESC(device, "device id below vendor 15b3");

static uint class_code = 0x020700;
module_param(class_code, uint, 0444);
MODULE_PARM_DESC(class_code, "class, 24 bits");

static u8 config[256];
static struct pci_sysdata sysdata = { .domain = DOMAIN, .node = NUMA_NO_NODE };
static struct pci_bus *bus;

static int fake_read(struct pci_bus *b, unsigned int devfn, int where, int size, u32 *value)
{
	*value = ~0u; /* what a bus answers where nothing is */
	if (b != bus && bus)
		return PCIBIOS_DEVICE_NOT_FOUND;
	if (devfn != 0 || where < 0 || where + size > (int)sizeof(config))
		return PCIBIOS_SUCCESSFUL;
	*value = 0;
	memcpy(value, config + where, size);
	return PCIBIOS_SUCCESSFUL;
}

/* Nothing can be changed: base addresses stay 0, so there are none. */
static int fake_write(struct pci_bus *b, unsigned int devfn, int where, int size, u32 value)
{
	return PCIBIOS_SUCCESSFUL;
}

static struct pci_ops ops = { .read = fake_read, .write = fake_write };

static void put16(int where, u16 value)
{
	config[where] = value & 0xff;
	config[where + 1] = value >> 8;
}

static int __init fake_nic_init(void)
{
	LIST_HEAD(resources);

	put16(PCI_VENDOR_ID, PCI_VENDOR_ID_MELLANOX);
	put16(PCI_DEVICE_ID, device);
	put16(PCI_SUBSYSTEM_VENDOR_ID, PCI_VENDOR_ID_MELLANOX);
	put16(PCI_SUBSYSTEM_ID, 0x0003);
	config[PCI_CLASS_PROG] = class_code & 0xff;
	put16(PCI_CLASS_DEVICE, class_code >> 8);

	bus = pci_scan_root_bus(NULL, 0, &ops, &sysdata, &resources);
	if (!bus)
		return -ENODEV;
	pci_bus_add_devices(bus);
	return 0;
}

static void __exit fake_nic_exit(void)
{
	pci_lock_rescan_remove();
	pci_stop_root_bus(bus);
	pci_remove_root_bus(bus);
	pci_unlock_rescan_remove();
}

module_init(fake_nic_init);
module_exit(fake_nic_exit);
MODULE_DESCRIPTION("A PCI function of vendor 15b3, for tests");
MODULE_LICENSE("Dual MIT/GPL");
