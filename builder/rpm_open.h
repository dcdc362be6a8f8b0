/* SPDX-License-Identifier: MIT */
/*
 * rpm_open.h - an .rpm as its headers and an uncompressed payload, cut into the files in it; and the
 * recipe that gives the .rpm back.
 *
 * Its headers have digests over the compressed payload, and rpm takes it in no other form: what is laid
 * out is always what the recipe gives.  So only that is opened which every reader can make again, and
 * readers have xz's encoder and no other.
 */
#ifndef RPM_OPEN_H
#define RPM_OPEN_H

#include "deb_open.h"

/*
 * @name is that of the file.  The payload may have up to @raw_max bytes.  out->recipe is the one that is
 * most likely, and out->exact false: see rpm_prove().  out->vendor_size is set, out->vendor_sha256 is not.
 * ERR_FORMAT: it has to stay as it is, and @err says why.
 */
bool rpm_open(const struct source *src, const char *name, struct staging *s, uint64_t raw_max,
	      struct opened *out, struct err *err) MUST_CHECK;

/*
 * Find out which recipe gives @src, which was opened as @o, back: o->exact says whether there is one.  Of
 * @proof, as with deb_open(), only the first way is used.
 */
bool rpm_prove(const struct source *src, struct deb_proof *proof, struct opened *o, struct err *err)
	MUST_CHECK;

#endif
