/* SPDX-License-Identifier: MIT */
/* facts_gather.c - see facts_gather.h; gathering itself is in facts_gather_SYSTEM.c. */
#include "facts_gather.h"

#include "facts_text.h"

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
