/* SPDX-License-Identifier: MIT */
/* pci.c - see pci.h. */
#include "pci.h"

#include <string.h>

#include "hex.h"
#include "nic_family.h"

#define CLASS_NETWORK 0x02u

bool pci_is_nic(uint32_t vendor, uint32_t class_code)
{
	return vendor == NIC_FAMILY_VENDOR && class_code >> 16 == CLASS_NETWORK;
}

enum facts_link pci_link(uint32_t class_code)
{
	uint32_t base = class_code >> 8;
	return base == 0x0207 ? LINK_INFINIBAND : base == 0x0200 ? LINK_ETHERNET : LINK_UNKNOWN;
}

/* --- identification strings -------------------------------------------------------------------- */

static uint8_t upper(uint8_t c)
{
	return c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
}

static bool same(struct slice a, struct slice b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (upper(a.p[i]) != upper(b.p[i]))
			return false;
	return true;
}

/* The part of *rest up to and without @end; false when nothing is left. */
static bool next_part(struct slice *rest, uint8_t end, struct slice *part)
{
	if (!rest->len)
		return false;
	size_t n = 0;
	while (n < rest->len && rest->p[n] != end)
		n++;
	*part = slice_part(*rest, 0, n);
	*rest = slice_part(*rest, n + 1, rest->len);
	return true;
}

/* "PCI\A&B" -> "A&B" */
static bool skip_bus(struct slice *id)
{
	static const char bus[] = "PCI\\";
	if (!same(slice_part(*id, 0, sizeof(bus) - 1), slice_str(bus)))
		return false;
	*id = slice_part(*id, sizeof(bus) - 1, id->len);
	return true;
}

/* Of "VEN_15B3&DEV_1018&..." the number behind @name, if it has @digits hex digits. */
static bool get_hex(struct slice id, const char *name, size_t digits, uint32_t *out)
{
	size_t skip = strlen(name);
	for (struct slice part; next_part(&id, '&', &part);) {
		if (part.len != skip + digits || !same(slice_part(part, 0, skip), slice_str(name)))
			continue;
		uint32_t number = 0;
		size_t i = skip;
		for (; i < part.len && hex_digit(part.p[i]) >= 0; i++)
			number = number << 4 | (uint32_t)hex_digit(part.p[i]);
		if (i < part.len)
			continue;
		*out = number;
		return true;
	}
	return false;
}

bool pci_read_id(struct slice ids, uint32_t *vendor, uint32_t *device)
{
	for (struct slice id; next_part(&ids, 0, &id);) {
		uint32_t v, d;
		if (!skip_bus(&id) || !get_hex(id, "VEN_", 4, &v) || !get_hex(id, "DEV_", 4, &d))
			continue;
		*vendor = v;
		*device = d;
		return true;
	}
	return false;
}

bool pci_read_class(struct slice ids, uint32_t *class_code)
{
	bool found = false;
	uint32_t code;
	for (struct slice id; next_part(&ids, 0, &id);) {
		if (!skip_bus(&id))
			continue;
		if (get_hex(id, "CC_", 6, &code)) {
			*class_code = code;
			return true;
		}
		if (!found && get_hex(id, "CC_", 4, &code)) {
			*class_code = code << 8;
			found = true;
		}
	}
	return found;
}

bool pci_ids_name(struct slice ids, const char *class_id)
{
	for (struct slice id; next_part(&ids, 0, &id);)
		for (struct slice part; next_part(&id, '\\', &part);)
			if (same(part, slice_str(class_id)))
				return true;
	return false;
}

/* --- addresses --------------------------------------------------------------------------------- */

bool pci_address(uint32_t bus, uint32_t place, char out[PCI_ADDRESS_SIZE])
{
	uint32_t device = place >> 16, function = place & 0xffff;
	if (bus >> 8 > 0xffff || device > 31 || function > 7)
		return false; /* all ones: not known */
	snprintf(out, PCI_ADDRESS_SIZE, "%04x:%02x:%02x.%x", (unsigned)(bus >> 8),
		 (unsigned)(bus & 0xff), (unsigned)device, (unsigned)function);
	return true;
}

bool pci_read_location(struct slice text, char out[PCI_ADDRESS_SIZE])
{
	uint32_t numbers[3] = { 0 };
	size_t count = 0;
	for (size_t i = 0; i < text.len;) {
		if (text.p[i] < '0' || text.p[i] > '9') {
			i++;
			continue;
		}
		if (count == 3)
			return false;
		for (; i < text.len && text.p[i] >= '0' && text.p[i] <= '9'; i++) {
			numbers[count] = numbers[count] * 10 + (uint32_t)(text.p[i] - '0');
			if (numbers[count] > 0xff)
				return false;
		}
		count++;
	}
	return count == 3 && pci_address(numbers[0], numbers[1] << 16 | numbers[2], out);
}
