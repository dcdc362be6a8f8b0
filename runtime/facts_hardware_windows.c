/* SPDX-License-Identifier: MIT */
/*
 * facts_hardware_windows.c - see facts_hardware.h.
 *
 * The PCI function is what counts: WinOF makes more devices of one ("MLX4\ConnectX-3Pro_Eth..."),
 * which are of another bus.  No port is asked for its link layer, so that of a ConnectX-3 stays unknown.
 */
#include "facts_hardware.h"

#include <string.h>

#include "devices.h"
#include "facts_text.h"
#include "nic_family.h"
#include "pci.h"

#define NETWORK_DIRECT_CLASS "{8c2eaf3d-32a7-4b09-ab99-bd1f1c86b501}"
#define TEXT_MAX (64u << 10)

static const char *keep(struct facts *f, const struct buf *text)
{
	return facts_keep(f, slice_str(buf_str(text)));
}

/* --- NICs -------------------------------------------------------------------------------------- */

static bool is_taken(const struct facts *f, const char *address)
{
	for (size_t i = 0; i < f->nic_count; i++)
		if (strcmp(f->nics[i].address, address) == 0)
			return true;
	return false;
}

/*
 * As Linux writes it, where Windows knows it.  Else, and where Hyper-V gives each function a bus of
 * its own with the same numbers, what the instance id ends in: "4&1a2b3c4d&0&0010".
 */
static const char *address_of(struct devices *list, struct facts *f)
{
	AUTO(buf_done) struct buf text = BUF_INIT(TEXT_MAX);
	char address[PCI_ADDRESS_SIZE];
	uint32_t bus, place;
	bool known = devices_place(list, &bus, &place) && pci_address(bus, place, address);
	if (!known)
		known = devices_text(list, DEVICE_LOCATION, &text) &&
			pci_read_location(buf_slice(&text), address);
	if (known && !is_taken(f, address))
		return facts_keep(f, slice_str(address));
	if (!devices_instance(list, &text))
		return "unknown";
	const char *slash = strrchr(buf_str(&text), '\\');
	return facts_keep(f, slice_str(slash ? slash + 1 : buf_str(&text)));
}

static bool read_driver(struct devices *list, struct facts *f, struct facts_nic *nic,
			struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(TEXT_MAX);
	AUTO(registry_close) struct registry_key key = { 0 };
	if (!devices_text(list, DEVICE_SERVICE, &text) || !text.len)
		return true; /* none is installed */
	if (!(nic->driver = keep(f, &text)))
		return err_no_memory(err);
	if (devices_driver_key(list, &key) && registry_read(&key, "DriverVersion", &text) &&
	    text.len && !(nic->driver_version = keep(f, &text)))
		return err_no_memory(err);
	return true;
}

/* The numbers of the device that @list is at; false when it is not one of ours. */
static bool identify(struct devices *list, struct facts_nic *nic)
{
	AUTO(buf_done) struct buf ids = BUF_INIT(TEXT_MAX);
	AUTO(buf_done) struct buf more = BUF_INIT(TEXT_MAX);
	if (!devices_text(list, DEVICE_HARDWARE_IDS, &ids) ||
	    !pci_read_id(buf_slice(&ids), &nic->vendor, &nic->device))
		return false;
	bool known = (devices_text(list, DEVICE_COMPATIBLE_IDS, &more) &&
		      pci_read_class(buf_slice(&more), &nic->class_code)) ||
		     pci_read_class(buf_slice(&ids), &nic->class_code);
	return known && pci_is_nic(nic->vendor, nic->class_code);
}

static bool add_nic(struct devices *list, struct facts_nic *nic, struct facts *f, struct err *err)
{
	if (f->nic_count == FACTS_NICS_MAX)
		return true;
	nic->sriov = nic_family_is_virtual(nic->device) ? SRIOV_VF : SRIOV_NONE;
	nic->link = pci_link(nic->class_code);
	nic->address = address_of(list, f);
	if (!nic->address)
		return err_no_memory(err);
	if (!read_driver(list, f, nic, err))
		return false;
	f->nics[f->nic_count++] = *nic;
	return true;
}

/* One round for those that are there, and one for ghosts, of which a VM may have too many. */
static bool read_nics(bool ghosts, struct facts *f, struct err *err)
{
	AUTO(devices_auto_free) struct devices *list = devices_open("PCI", err);
	if (!list)
		return false;
	while (devices_next(list)) {
		struct facts_nic nic = { 0 };
		struct devnode_answers answers;
		if (!identify(list, &nic) || !devices_answers(list, &answers))
			continue;
		struct devnode node = devnode_judge(&answers);
		nic.ghost = node.ghost;
		nic.problem = node.problem;
		if (node.ghost == ghosts && !add_nic(list, &nic, f, err))
			return false;
	}
	return true;
}

/* By address, as on Linux; ghosts behind the others. */
static int nic_compare(const void *a, const void *b)
{
	const struct facts_nic *x = a, *y = b;
	return x->ghost != y->ghost ? x->ghost - y->ghost : strcmp(x->address, y->address);
}

/* --- the rest ---------------------------------------------------------------------------------- */

static bool has_network_direct(bool *out, struct err *err)
{
	AUTO(devices_auto_free) struct devices *list = devices_open("VMBUS", err);
	AUTO(buf_done) struct buf ids = BUF_INIT(TEXT_MAX);
	if (!list)
		return false;
	while (devices_next(list)) {
		struct devnode_answers answers;
		if (devices_text(list, DEVICE_HARDWARE_IDS, &ids) &&
		    pci_ids_name(buf_slice(&ids), NETWORK_DIRECT_CLASS) &&
		    devices_answers(list, &answers) && !devnode_judge(&answers).ghost)
			*out = true;
	}
	return true;
}

/* A text below HKEY_LOCAL_MACHINE; NULL when it is not there, or empty. */
static const char *read_text(const char *path, const char *name, struct facts *f)
{
	AUTO(buf_done) struct buf text = BUF_INIT(TEXT_MAX);
	AUTO(registry_close) struct registry_key key = { 0 };
	if (!registry_open(path, REGISTRY_64, &key) || !registry_read(&key, name, &text) ||
	    !text.len)
		return NULL;
	return keep(f, &text);
}

static enum facts_secure_boot read_secure_boot(void)
{
	AUTO(registry_close) struct registry_key key = { 0 };
	uint32_t on;
	if (!registry_open("SYSTEM\\CurrentControlSet\\Control\\SecureBoot\\State", REGISTRY_64,
			   &key) ||
	    !registry_read_number(&key, "UEFISecureBootEnabled", &on))
		return SECURE_BOOT_UNKNOWN;
	return on ? SECURE_BOOT_ON : SECURE_BOOT_OFF;
}

bool facts_read_hardware(const char *root, struct facts *f, struct err *err)
{
	(void)root; /* there is one registry */
	if (!read_nics(false, f, err) || !read_nics(true, f, err) ||
	    !has_network_direct(&f->network_direct, err))
		return err_wrap(err, "hardware");
	if (f->nic_count)
		qsort(f->nics, f->nic_count, sizeof(f->nics[0]), nic_compare);
	/* what the host tells its guests, by Hyper-V's key-value exchange */
	f->nd_version =
		read_text("SOFTWARE\\Microsoft\\Virtual Machine\\External", "NdDriverVersion", f);
	if (!f->nd_version)
		f->nd_version = read_text("SOFTWARE\\Microsoft\\Virtual Machine\\Guest\\Parameters",
					  "NdDriverVersion", f);
	f->product = read_text("HARDWARE\\DESCRIPTION\\System\\BIOS", "SystemProductName", f);
	f->secure_boot = read_secure_boot();
	return true;
}
