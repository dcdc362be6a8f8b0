/* SPDX-License-Identifier: MIT */
/*
 * proof_cache.h - what an earlier build found out about files that are opened, so that a later one need not do
 * it again: DIR/recipes-1/ab/abcd..., beside the files themselves.
 *
 * The 1 goes up whenever the ways that are tried, or their order, change.
 *
 * A proof says no more than which of the ways, which every build works out for itself from the
 * file, gives it back.  Whoever can write in the cache can make a build believe that a file is
 * exact that is not, or the other way round: then `extract --exact` and `verify --exact` say so, since
 * they compare with the vendor's SHA-256, or the bundle is another one.  What is installed never depends
 * on it; but a file that is compressed again when it is laid out (recompress.h) and does not get its
 * SHA-256 ends that, before a byte of it is written.  `build --prove` does not look at it.
 */
#ifndef PROOF_CACHE_H
#define PROOF_CACHE_H

#include "cache.h"
#include "deb_open.h"

/* Fills *proof in when there is one for the file with this digest. */
void proof_cache_find(const struct cache *c, const uint8_t sha256[SHA256_SIZE],
		      struct deb_proof *proof);

/* That it can't be written is no error: the next build does the work again. */
void proof_cache_put(const struct cache *c, const uint8_t sha256[SHA256_SIZE],
		     const struct deb_proof *proof);

#endif
