/* SPDX-License-Identifier: MIT */
/*
 * bundle_write.h - write a whole bundle, unsigned: stub, blocks, trees, places, table, catalog,
 * root, room for signatures, locator (FORMAT.md).
 *
 * The bytes follow from the lock, the contents, the stub, @created, @level and the versions of the
 * libraries that the root names, and from nothing else.
 */
#ifndef BUNDLE_WRITE_H
#define BUNDLE_WRITE_H

#include "group.h"
#include "lock.h"
#include "outfile.h"
#include "pack.h"
#include "payload.h"

struct bundle_input {
	const struct lock *lock;
	struct payload *payloads; /* finished; one for each package of the lock, in its order */
	uint64_t created;         /* seconds since 1970 */
	struct slice stub;        /* of one platform; empty: the file has none */
	const char *stub_name;    /* "linux-x86_64" */
	struct pack_options pack;
};

/* To @out, which is at its start.  Progress is told for the blocks. */
bool bundle_write(const struct bundle_input *in, struct outfile *out, struct err *err) MUST_CHECK;

/* The platform that an executable is for.  ERR_FORMAT when no bundle can start with it. */
bool stub_platform(struct slice stub, const char **name, struct err *err) MUST_CHECK;

#endif
