/* SPDX-License-Identifier: MIT */
/*
 * supply.h - files that no one publishes: whoever has them gives them with --supply ID=PATH.
 *
 * ID is the package's id where it has one such file, else the id, a slash, and where the file lies
 * in the payload.  The file goes into the cache by its content; nothing remembers PATH.
 */
#ifndef SUPPLY_H
#define SUPPLY_H

#include "cache.h"
#include "lock.h"
#include "manifest.h"

/* A place for one such file. */
struct supply_slot {
	const char *package, *path; /* its id; path in the payload */
	size_t of_package;          /* how many the package has */
	const char *given;          /* PATH, borrowed; NULL: not given */
};

/* All places of a manifest, or of a lock, in their order.  *slots is the caller's: free(). */
bool supply_slots_of_manifest(const struct manifest *m, struct supply_slot **slots, size_t *count,
			      struct err *err) MUST_CHECK;
bool supply_slots_of_lock(const struct lock *l, struct supply_slot **slots, size_t *count,
			  struct err *err) MUST_CHECK;

/* Put each of the texts @given, "ID=PATH", where it belongs; ERR_USAGE for one that belongs nowhere. */
bool supply_match(const char *const *given, size_t given_count, struct supply_slot *slots,
		  size_t count, struct err *err) MUST_CHECK;

/* The slot of that file, or NULL. */
const struct supply_slot *supply_find(const struct supply_slot *slots, size_t count,
				      const char *package, const char *path);

/*
 * Does @p need a file that is not given?  Then @out says which and what to do: "needs 'setup.exe'
 * (Network Direct), which nobody publishes: give it with --supply ID=PATH".
 */
bool supply_lacks(const struct supply_slot *slots, size_t count, const struct manifest_package *p,
		  struct buf *out);

/* "ID": how --supply names the slot, as short as can be. */
void supply_id(const struct supply_slot *slot, struct buf *out);

/*
 * Hash the file at @path and put it into the cache.  With a @want that it is not: ERR_DIGEST with
 * both digests, and it is not put in; likewise with another size than @want_size (0: any),
 * ERR_FORMAT.  A file that is there already is hashed all the same.
 */
bool supply_take(struct cache *c, const char *path, const uint8_t *want, uint64_t want_size,
		 uint8_t digest[SHA256_SIZE], uint64_t *size, struct err *err) MUST_CHECK;

/* ERR_USAGE with the command to run when a supplied file of the lock is not in the cache. */
bool supply_check_cache(const struct lock *l, const struct cache *c, struct err *err) MUST_CHECK;

/* One line on stderr for each package that the lock left out. */
void supply_warn_left_out(const struct lock *l);

#endif
