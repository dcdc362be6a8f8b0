/* SPDX-License-Identifier: MIT */
/* facts_gather.c - see facts_gather.h; gathering itself is in facts_gather_SYSTEM.c. */
#include "facts_gather.h"

#include <string.h>

#include "facts_text.h"
#include "nic_family.h"
#include "nic_pattern.h"
#include "pci.h"

/* NULL stays NULL; *ok turns false when memory runs out. */
static const char *copy(struct facts *f, const char *text, bool *ok)
{
	const char *kept = text ? facts_keep(f, slice_str(text)) : NULL;
	if (text && !kept)
		*ok = false;
	return kept;
}

bool facts_take_machine(struct facts *f, const struct facts *machine, struct err *err)
{
	bool ok = true;
	f->nic_count = machine->nic_count;
	for (size_t i = 0; i < machine->nic_count; i++) {
		f->nics[i] = machine->nics[i];
		f->nics[i].address = copy(f, machine->nics[i].address, &ok);
		f->nics[i].driver = copy(f, machine->nics[i].driver, &ok);
		f->nics[i].driver_version = copy(f, machine->nics[i].driver_version, &ok);
	}
	f->network_direct = machine->network_direct;
	f->nd_version = copy(f, machine->nd_version, &ok);
	f->vm_size = copy(f, machine->vm_size, &ok);
	f->product = copy(f, machine->product, &ok);
	f->secure_boot = machine->secure_boot;
	return ok || err_no_memory(err);
}

/* --- named ------------------------------------------------------------------------------------- */

#define CLASS_INFINIBAND 0x020700
#define CLASS_OTHER 0x028000 /* of ConnectX-3 (pci.h) */

/* "15b3:101c", or the one function of a generation that a VM has; 0 when it is none or many. */
static uint32_t named_device(const char *name)
{
	uint32_t ids[NIC_FAMILY_IDS_MAX];
	size_t len = strcspn(name, "/");
	size_t n = nic_family_ids(name, len, ids);
	if (n)
		return nic_family_is_virtual(ids[n - 1]) || n == 1 ? ids[n - 1] : 0;
	char *end;
	unsigned long device = strtoul(name + strcspn(name, ":") + 1, &end, 16);
	return *end == '*' ? 0 : (uint32_t)device;
}

static uint32_t named_class(const char *name, uint32_t device)
{
	const char *class_code = nic_pattern_class(name);
	if (class_code)
		return (uint32_t)strtoul(class_code, NULL, 16) << 8;
	bool connectx3 = nic_family_has("connectx-3", 10, device) ||
			 nic_family_has("connectx-3-pro", 14, device);
	return connectx3 ? CLASS_OTHER : CLASS_INFINIBAND;
}

static bool name_nic(struct facts *f, const char *name, struct err *err)
{
	char address[32];
	if (!nic_pattern_valid(name, err)) {
		if (err)
			err->code = ERR_USAGE;
		return err_wrap(err, "--nic");
	}
	struct facts_nic nic = { .vendor = NIC_FAMILY_VENDOR, .device = named_device(name) };
	nic.class_code = named_class(name, nic.device);
	nic.link = pci_link(nic.class_code);
	nic.sriov = nic_family_is_virtual(nic.device) ? SRIOV_VF : SRIOV_NONE;
	if (!nic.device || !nic_pattern_fits(name, &nic) || !pci_is_nic(nic.vendor, nic.class_code))
		return err_set(err, ERR_USAGE,
			       "--nic '%s' is not one network adapter of vendor 15b3, as "
			       "'15b3:101c' or 'connectx-6-vf' is",
			       name);
	snprintf(address, sizeof(address), "named-%zu", f->nic_count + 1);
	nic.address = facts_keep(f, slice_str(address));
	if (!nic.address)
		return err_no_memory(err);
	f->nics[f->nic_count++] = nic;
	return true;
}

bool facts_name_nics(struct facts *f, const char *const *names, size_t count, struct err *err)
{
	f->nic_count = 0;
	for (size_t i = 0; i < count && i < FACTS_NICS_MAX; i++)
		if (!name_nic(f, names[i], err))
			return false;
	return true;
}
