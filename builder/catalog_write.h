/* SPDX-License-Identifier: MIT */
/* catalog_write.h - from a lock to the catalog of a bundle (FORMAT.md, Catalog). */
#ifndef CATALOG_WRITE_H
#define CATALOG_WRITE_H

#include "lock.h"
#include "remake.h"

/* What only packing finds out about a package. */
struct catalog_package {
	uint32_t tree_block;
	uint64_t tree_size;
	uint8_t tree_sha256[SHA256_SIZE];
	uint64_t payload_bytes, payload_files;
	struct remake_cost remake;
	uint64_t remake_cpu; /* milliseconds */
	uint32_t *groups;    /* owned by the caller; ascending */
	size_t group_count;
};

/*
 * Where a .deb stands in every payload: "debs/NAME_VERSION_ARCH.deb", the colon of an epoch as
 * "%3a".  free() it; NULL without memory.
 */
char *catalog_deb_path(const struct lock_deb *deb) MUST_CHECK;

/*
 * @packages has one element for each of the lock's, in its order.  @inexact says of each file of the
 * lock whether it can't be given back as the vendor made it; NULL: all can.
 */
bool catalog_write(const struct lock *lock, const struct catalog_package *packages,
		   const bool *inexact, struct buf *out, struct err *err) MUST_CHECK;

/*
 * Before anything is packed: does a reader take the lock's packages, and has every machine at most
 * one that fits best?  ERR_FORMAT names the two packages that tie.
 */
bool catalog_check(const struct lock *lock, struct err *err) MUST_CHECK;

#endif
