/* SPDX-License-Identifier: MIT */
/*
 * acl.h - does an access list of Windows leave a file or directory to its administrators?
 *
 * The decision alone, on what secure_windows.c reads from an open handle.
 */
#ifndef ACL_H
#define ACL_H

#include <stdint.h>

#include "err.h"

/* AceType; all others allow something under a condition, or are not of a DACL. */
enum {
	ACL_ALLOW = 0,
	ACL_DENY = 1,
	ACL_DENY_OBJECT = 6,
	ACL_DENY_IF = 10,
	ACL_DENY_OBJECT_IF = 12
};

struct acl_entry {
	uint8_t type;  /* AceType */
	uint32_t mask; /* its access mask */
	char *sid;     /* "S-1-5-32-544"; "" when the entry's type is not understood */
};

struct acl {
	char *owner;
	char *also; /* one more that counts as an administrator, or NULL */
	struct acl_entry *entries;
	size_t count;
	bool absent; /* no list at all, which lets everyone in; an empty one lets nobody */
};

/*
 * Owned by SYSTEM, Administrators or TrustedInstaller, and no entry lets anybody else do more than
 * read and execute, be it here or in what will be made below.  The message is the end of a sentence
 * that starts with the path: "lets Users write to it".
 */
bool acl_protects(const struct acl *a, struct err *err) MUST_CHECK;

#endif
