/* SPDX-License-Identifier: MIT */
/*
 * rebuild.h - build a bundle once more from its lock, and compare: who gets the same root has the same
 * bytes, since the root names all of them by digest.
 */
#ifndef REBUILD_H
#define REBUILD_H

#include "bundle.h"
#include "options.h"

struct rebuild_options {
	const char *lock;                /* path of the lock that it was built from */
	const char *cache_dir;           /* NULL: the user's own */
	const char *cacert;              /* NULL: the system's */
	bool offline;                    /* fetch nothing */
	const struct option_list *stubs; /* as for heads_read() */
	unsigned jobs;
};

/*
 * Parameters are those of the bundle's provenance, documents that no lock makes (revocations, rotation)
 * its own.  ERR_DIGEST tells the first difference: a runtime, a block, the catalog, a document, or what
 * else stands in the root.  Needs room in $TMPDIR or /var/tmp for the bundle and what is unpacked.
 */
bool rebuild_compare(const struct bundle *b, const struct rebuild_options *opt, struct err *err)
	MUST_CHECK;

#endif
