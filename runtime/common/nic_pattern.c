/* SPDX-License-Identifier: MIT */
/* nic_pattern.c - see nic_pattern.h. */
#include "nic_pattern.h"

#include <string.h>

#include "hex.h"
#include "nic_family.h"

#define DIGITS 4 /* of a vendor, a device, a class */

static bool is_hex(const char *s)
{
	for (size_t i = 0; i < DIGITS; i++)
		if (!s[i] || !strchr("0123456789abcdef", s[i]))
			return false;
	return true;
}

static uint32_t read_hex(const char *s)
{
	uint32_t n = 0;
	for (size_t i = 0; i < DIGITS; i++)
		n = n << 4 | (uint32_t)hex_digit((uint8_t)s[i]);
	return n;
}

/* "15b3:...", and not a name. */
static bool is_number(const char *pattern)
{
	return is_hex(pattern) && pattern[DIGITS] == ':';
}

static bool number_valid(const char *pattern)
{
	const char *device = pattern + DIGITS + 1;
	size_t n = strcspn(device, "/");
	return (n == 1 && *device == '*') || (n == DIGITS && is_hex(device));
}

bool nic_pattern_valid(const char *pattern, struct err *err)
{
	uint32_t ids[NIC_FAMILY_IDS_MAX];
	size_t n = strcspn(pattern, "/");
	bool id = is_number(pattern) ? number_valid(pattern) : nic_family_ids(pattern, n, ids) > 0;
	bool class_code = !pattern[n] || (is_hex(pattern + n + 1) && !pattern[n + 1 + DIGITS]);
	return (id && class_code) ||
	       err_set(err, ERR_FORMAT,
		       "'%s' must be like \"15b3:101c\", \"15b3:*\", \"15b3:1004/0280\" or "
		       "\"connectx-6-vf\", in lower case",
		       pattern);
}

const char *nic_pattern_class(const char *pattern)
{
	const char *slash = strchr(pattern, '/');
	return slash ? slash + 1 : NULL;
}

static bool takes(const char *pattern, uint32_t vendor, uint32_t device)
{
	if (!is_number(pattern))
		return vendor == NIC_FAMILY_VENDOR &&
		       nic_family_has(pattern, strcspn(pattern, "/"), device);
	const char *id = pattern + DIGITS + 1;
	return read_hex(pattern) == vendor && (*id == '*' || read_hex(id) == device);
}

bool nic_pattern_fits(const char *pattern, const struct facts_nic *nic)
{
	const char *class_code = nic_pattern_class(pattern);
	return takes(pattern, nic->vendor, nic->device) &&
	       (!class_code || read_hex(class_code) == nic->class_code >> 8);
}

static bool is_any(const char *pattern)
{
	return is_number(pattern) && pattern[DIGITS + 1] == '*';
}

static uint32_t vendor_of(const char *pattern)
{
	return is_number(pattern) ? read_hex(pattern) : NIC_FAMILY_VENDOR;
}

/* Does @b take one of the devices that @a, which is not "15b3:*", stands for? */
static bool devices_meet(const char *a, const char *b)
{
	uint32_t ids[NIC_FAMILY_IDS_MAX];
	if (is_number(a))
		return takes(b, read_hex(a), read_hex(a + DIGITS + 1));
	size_t n = nic_family_ids(a, strcspn(a, "/"), ids);
	for (size_t i = 0; i < n; i++)
		if (takes(b, NIC_FAMILY_VENDOR, ids[i]))
			return true;
	return false;
}

bool nic_patterns_meet(const char *a, const char *b)
{
	const char *ca = nic_pattern_class(a), *cb = nic_pattern_class(b);
	if (ca && cb && strcmp(ca, cb) != 0)
		return false;
	if (is_any(a) || is_any(b))
		return vendor_of(a) == vendor_of(b);
	return devices_meet(a, b);
}
