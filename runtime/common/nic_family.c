/* SPDX-License-Identifier: MIT */
/* nic_family.c - see nic_family.h.  Ids and names are those of pci.ids. */
#include "nic_family.h"

#include <string.h>

#define PHYSICAL_MAX 2
#define GENERIC_VF 0x101e /* "ConnectX Family mlx5Gen Virtual Function" */
#define SUFFIX_SIZE 3     /* "-pf", "-vf" */

static const struct family {
	const char *name;
	uint32_t physical[PHYSICAL_MAX]; /* 0: none */
	uint32_t virtual_function;       /* 0: none is known */
} families[] = {
	{ "connectx-3", { 0x1003 }, 0x1004 },
	{ "connectx-3-pro", { 0x1007 }, 0x1004 },
	{ "connect-ib", { 0x1011 }, 0x1012 },
	{ "connectx-4", { 0x1013 }, 0x1014 },
	{ "connectx-4-lx", { 0x1015 }, 0x1016 },
	{ "connectx-5", { 0x1017 }, 0x1018 },
	{ "connectx-5-ex", { 0x1019 }, 0x101a },
	{ "connectx-6", { 0x101b }, 0x101c },
	{ "connectx-6-dx", { 0x101d }, GENERIC_VF },
	{ "connectx-6-lx", { 0x101f }, GENERIC_VF },
	{ "connectx-7", { 0x1021 }, GENERIC_VF },
	{ "connectx-8", { 0x1023 }, GENERIC_VF },
	{ "connectx-9", { 0x1025 }, GENERIC_VF },
	{ "connectx-10", { 0x1027 }, GENERIC_VF },
	{ "bluefield", { 0xa2d2 }, 0xa2d3 },
	{ "bluefield-2", { 0xa2d6 }, GENERIC_VF },
	{ "bluefield-3", { 0xa2dc, 0xa2d9 }, GENERIC_VF },
	{ "bluefield-4", { 0xa2df }, GENERIC_VF },
};

#define FAMILY_COUNT (sizeof(families) / sizeof(families[0]))

static bool ends_in(const char *name, size_t len, const char *suffix)
{
	return len > SUFFIX_SIZE && memcmp(name + len - SUFFIX_SIZE, suffix, SUFFIX_SIZE) == 0;
}

size_t nic_family_ids(const char *name, size_t len, uint32_t ids[NIC_FAMILY_IDS_MAX])
{
	bool physical = ends_in(name, len, "-pf"), virtual_function = ends_in(name, len, "-vf");
	size_t stem = physical || virtual_function ? len - SUFFIX_SIZE : len, n = 0;
	for (size_t i = 0; i < FAMILY_COUNT; i++) {
		const struct family *f = &families[i];
		if (strlen(f->name) != stem || memcmp(f->name, name, stem) != 0)
			continue;
		for (size_t k = 0; k < PHYSICAL_MAX && !virtual_function; k++)
			if (f->physical[k])
				ids[n++] = f->physical[k];
		if (f->virtual_function && !physical)
			ids[n++] = f->virtual_function;
	}
	return n;
}

bool nic_family_has(const char *name, size_t len, uint32_t device)
{
	uint32_t ids[NIC_FAMILY_IDS_MAX];
	size_t n = nic_family_ids(name, len, ids);
	for (size_t i = 0; i < n; i++)
		if (ids[i] == device)
			return true;
	return false;
}

bool nic_family_is_virtual(uint32_t device)
{
	for (size_t i = 0; device && i < FAMILY_COUNT; i++)
		if (families[i].virtual_function == device)
			return true;
	return false;
}

const char *nic_family_name(size_t i)
{
	return i < FAMILY_COUNT ? families[i].name : NULL;
}
