/* SPDX-License-Identifier: MIT */
/* acl.c - see acl.h. */
#include "acl.h"

#include <string.h>

/*
 * What others may have: reading data, extended attributes, attributes and the list itself,
 * executing or traversing, waiting, and the two generic rights that stand for these.  All that is
 * not named here can change something, or can't be known not to.
 */
#define READING                                                                                    \
	(0x1u /* read data, list */ | 0x8u /* read EA */ | 0x20u /* execute, traverse */ |         \
	 0x80u /* read attributes */ | 0x20000u /* READ_CONTROL */ | 0x100000u /* SYNCHRONIZE */ | \
	 0x80000000u /* GENERIC_READ */ | 0x20000000u /* GENERIC_EXECUTE */)

static const struct {
	const char *sid, *name;
} known[] = {
	{ "S-1-1-0", "Everyone" },
	{ "S-1-5-4", "Interactive" },
	{ "S-1-5-11", "Authenticated Users" },
	{ "S-1-5-32-545", "Users" },
	{ "S-1-5-32-547", "Power Users" },
};

static const char *name_of(const char *sid)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].sid, sid) == 0)
			return known[i].name;
	return sid;
}

#define SYSTEM "S-1-5-18"
#define ADMINISTRATORS "S-1-5-32-544"
#define TRUSTED_INSTALLER "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"

static bool is_administrator(const struct acl *a, const char *sid)
{
	static const char *const those[] = { SYSTEM, ADMINISTRATORS, TRUSTED_INSTALLER };
	for (size_t i = 0; i < sizeof(those) / sizeof(those[0]); i++)
		if (strcmp(those[i], sid) == 0)
			return true;
	return a->also && strcmp(a->also, sid) == 0;
}

/* No one's own name, but the owner of this (who is an administrator), or of what is made below. */
static bool is_owner(const char *sid)
{
	return strcmp(sid, "S-1-3-0") == 0 || /* CREATOR OWNER */
	       strcmp(sid, "S-1-3-4") == 0;   /* OWNER RIGHTS */
}

static bool denies(uint8_t type)
{
	return type == ACL_DENY || type == ACL_DENY_OBJECT || type == ACL_DENY_IF ||
	       type == ACL_DENY_OBJECT_IF;
}

bool acl_protects(const struct acl *a, struct err *err)
{
	if (!is_administrator(a, a->owner))
		return err_set(err, ERR_SYSTEM, "belongs to %s, not to SYSTEM or Administrators",
			       name_of(a->owner));
	if (a->absent)
		return err_set(err, ERR_SYSTEM, "has no access list, so everyone may write to it");
	for (size_t i = 0; i < a->count; i++) {
		const struct acl_entry *e = &a->entries[i];
		if (denies(e->type)) /* takes rights away only */
			continue;
		if (e->type != ACL_ALLOW)
			return err_set(err, ERR_SYSTEM,
				       "has an entry of kind %u in its access list, which this "
				       "program does not understand",
				       (unsigned)e->type);
		/* Entries that are only handed down count as well: they are for what is made below. */
		if ((e->mask & ~READING) && !is_administrator(a, e->sid) && !is_owner(e->sid))
			return err_set(err, ERR_SYSTEM, "lets %s write to it", name_of(e->sid));
	}
	return true;
}
