/* SPDX-License-Identifier: MIT */
/*
 * fuzz_pci.c - hardware ids and locations out of a registry that anybody's installer writes to.
 * What is read out of them fits its field.
 */
#include <stdlib.h>

#include "pci.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = { data, size };
	uint32_t vendor = 0, device = 0, class_code = 0;
	char address[PCI_ADDRESS_SIZE];
	if (pci_read_id(text, &vendor, &device) && (vendor > 0xffff || device > 0xffff))
		abort();
	if (pci_read_class(text, &class_code) && class_code > 0xffffff)
		abort();
	(void)pci_ids_name(text, "{8c2eaf3d-32a7-4b09-ab99-bd1f1c86b501}");
	if (pci_read_location(text, address) && strlen(address) != sizeof("0000:00:00.0") - 1)
		abort();
	return 0;
}
