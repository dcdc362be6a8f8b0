/* SPDX-License-Identifier: MIT */
/*
 * unpack.h - a vendor's archive (tar, zip, iso, cab; gzip, bzip2, xz, zstd) as a list of files.
 *
 * libarchive only reads.  Nothing that stands in the archive becomes a name on this machine: the
 * contents go to a private directory as files named by their SHA-256, the paths to the payload,
 * where they are checked.
 */
#ifndef UNPACK_H
#define UNPACK_H

#include "payload.h"
#include "staging.h"

#define UNPACK_BYTES_MAX (UINT64_C(64) << 30) /* of one archive, unpacked */

/* Files, directories and symlinks of @archive, which must be what @sha256 says, added to @out. */
bool unpack_archive(const char *archive, const char *name, const uint8_t sha256[SHA256_SIZE],
		    struct staging *s, struct payload *out, struct err *err) MUST_CHECK;

const char *unpack_version(void);

#endif
