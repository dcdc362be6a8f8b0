/* SPDX-License-Identifier: MIT */
/*
 * deb_open.h - a .deb as one with uncompressed members, cut into the files in it; and the recipe that
 * gives the .deb back.
 */
#ifndef DEB_OPEN_H
#define DEB_OPEN_H

#include "opened.h"
#include "prove.h"
#include "source.h"

/* Which way (prove.h) gives each compressed member back; by its number among those that are. */
struct deb_proof {
	bool known; /* before: else it is found out.  After: always. */
	uint32_t ways[2];
};

/*
 * @name is that of the file.  out->vendor_size is set, out->vendor_sha256 is not.  ERR_FORMAT: it
 * can't be opened, and has to stay as it is; nothing is wrong with anything else.
 */
bool deb_open(const struct source *src, const char *name, struct staging *s,
	      struct deb_proof *proof, struct opened *out, struct err *err) MUST_CHECK;

#endif
