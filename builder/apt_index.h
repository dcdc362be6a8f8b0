/* SPDX-License-Identifier: MIT */
/*
 * apt_index.h - the packages that one Packages file lists.
 *
 * The text has been checked against the signed Release file; it is parsed strictly all the same.
 */
#ifndef APT_INDEX_H
#define APT_INDEX_H

#include "buf.h"
#include "crypto.h"

#define APT_INDEX_SIZE_MAX (512u << 20)
#define APT_INDEX_PACKAGES_MAX (1u << 20)
#define APT_DEB_SIZE_MAX (UINT64_C(8) << 30)

struct apt_package { /* texts borrow from the index's */
	struct slice name, version, arch;
	struct slice filename; /* below the archive's base URI */
	struct slice pre_depends, depends, breaks, conflicts, provides, multi_arch;
	struct slice source; /* empty where it is called as the package is */
	struct slice stanza; /* all of it */
	bool essential, required;
	uint64_t size, installed_size; /* bytes */
	uint8_t sha256[SHA256_SIZE];
	uint32_t suite; /* index into the repository's suites */
};

struct apt_index {
	struct buf text;              /* owned */
	struct apt_package *packages; /* owned; in the text's order */
	size_t count;
};

/*
 * Parse *text, which is taken over (and cleared) on success only.  @name is for messages.
 * Versions and architectures are well-formed, names are Debian's, no size is above its limit.
 */
bool apt_index_parse(const char *name, uint32_t suite, struct buf *text, struct apt_index *out,
		     struct err *err) MUST_CHECK;
void apt_index_done(struct apt_index *x); /* accepts a zeroed struct; for AUTO() */

#endif
