/* SPDX-License-Identifier: MIT */
/*
 * cache.h - files by their SHA-256, shared by every builder of this user.
 *
 *   DIR/sha256/ab/abcd...   whole and verified: nothing else ever has such a name
 *   DIR/partial/abcd...     a download under way, or what one left to be resumed; only the holder
 *                           of the flock on it writes, renames or removes it
 *   DIR/partial/add.XXXXXX  the same without a known digest; never resumed
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

/* Is it there, and how large? */
bool cache_size(const struct cache *c, const uint8_t digest[SHA256_SIZE], uint64_t *size);

/* Is it there, with exactly @size bytes?  @size UINT64_MAX: any size. */
bool cache_has(const struct cache *c, const uint8_t digest[SHA256_SIZE], uint64_t size);

/*
 * Put a file in: begin, write, commit.  The digest is computed while writing.  cache_add_free()
 * without commit drops what was written, but for what cache_add_resume() began.
 */
struct cache_add;
struct cache_add *cache_add_begin(struct cache *c, struct err *err) MUST_CHECK;

/*
 * As cache_add_begin for a file of known digest, going on where an earlier one ended (see
 * cache_add_size).  What was written stays for the next, unless nothing was.  NULL with
 * *busy true and no error: another builder, or another download of this one, holds it; ask again
 * later, and ask cache_has() first.
 */
struct cache_add *cache_add_resume(struct cache *c, const uint8_t digest[SHA256_SIZE], bool *busy,
				   struct err *err) MUST_CHECK;

uint64_t cache_add_size(const struct cache_add *a); /* bytes so far */
bool cache_add_write(struct cache_add *a, const void *p, size_t n, struct err *err) MUST_CHECK;
bool cache_add_restart(struct cache_add *a, struct err *err) MUST_CHECK; /* back to no bytes */

/*
 * Make it durable and give it its final name.  With a @want that it is not: ERR_DIGEST with both
 * digests, what was written is dropped, and @a may be written again.  *digest is what came, in
 * either case.
 */
bool cache_add_commit(struct cache_add *a, const uint8_t *want, uint8_t digest[SHA256_SIZE],
		      struct err *err) MUST_CHECK;

void cache_add_free(struct cache_add *a);
void cache_add_auto_free(struct cache_add **slot); /* for AUTO() */

#endif
