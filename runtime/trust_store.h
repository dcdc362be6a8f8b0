/* SPDX-License-Identifier: MIT */
/*
 * trust_store.h - which certificates this machine trusts.
 *
 * Those in TRUST_DIR, if only root can have put them there, and those of --trust.  Nothing else:
 * no environment variable, no file in the current directory.
 */
#ifndef TRUST_STORE_H
#define TRUST_STORE_H

#include "crypto.h"

/*
 * @dir is PLACE_TRUST but in tests.  A file there that others could have written is not used, and
 * @ignored (may be NULL) hears its path.  A file of @files must be readable and hold certificates.
 */
struct trust *trust_store_load(const char *dir, const char *const *files, size_t file_count,
			       void (*ignored)(void *ctx, const char *path), void *ctx,
			       struct err *err) MUST_CHECK;

#endif
