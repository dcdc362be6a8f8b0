/* SPDX-License-Identifier: MIT */
/*
 * cache.h - files by their SHA-256, shared by every builder of this user.
 *
 *   DIR/sha256/ab/abcd...      whole and verified: nothing else ever has such a name
 *   DIR/partial/ab/abcd...     a download under way, or what one left to resume; whoever holds
 *                              the flock on it may write it
 *
 * Content is verified as it enters.  What lies there is trusted by size only: whoever reads a
 * cached file hashes it anyway (build does).
 */
#ifndef CACHE_H
#define CACHE_H

#include <stdint.h>

#include "crypto.h"
#include "err.h"

struct cache;

/* @dir, or when NULL $XDG_CACHE_HOME/ibbundle, or ~/.cache/ibbundle.  Made where missing. */
struct cache *cache_open(const char *dir, struct err *err) MUST_CHECK;
void cache_free(struct cache *c);
void cache_auto_free(struct cache **slot); /* for AUTO() */
const char *cache_dir(const struct cache *c);

/* The final name of @digest, whether it is there or not.  free() it; NULL without memory. */
char *cache_path(const struct cache *c, const uint8_t digest[SHA256_SIZE]) MUST_CHECK;

/* Is it there, with exactly @size bytes?  @size UINT64_MAX: any size. */
bool cache_has(const struct cache *c, const uint8_t digest[SHA256_SIZE], uint64_t size);

/*
 * Put a file in: begin, write, commit.  The digest is computed while writing; commit gives the
 * file its final name and, where @want is not NULL, fails with ERR_DIGEST if it is another.
 */
struct cache_add;
struct cache_add *cache_add_begin(struct cache *c, struct err *err) MUST_CHECK;
bool cache_add_write(struct cache_add *a, const void *p, size_t n, struct err *err) MUST_CHECK;
bool cache_add_commit(struct cache_add *a, const uint8_t *want, uint8_t digest[SHA256_SIZE],
		      struct err *err) MUST_CHECK;
void cache_add_free(struct cache_add *a); /* what is not committed is gone */
void cache_add_auto_free(struct cache_add **slot);

#endif
