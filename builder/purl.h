/* SPDX-License-Identifier: MIT */
/* purl.h - package URLs (ECMA-427): "pkg:deb/debian/rdma-core@44.0-2?arch=amd64". */
#ifndef PURL_H
#define PURL_H

#include <stdint.h>

#include "crypto.h"
#include "lock.h"
#include "texts.h"

/*
 * A .deb.  Without the archive's origin in a form that can be a namespace, there is none: it is
 * described as any file then.  @url may be NULL.
 */
const char *purl_of_deb(struct texts *t, const struct lock_deb *deb,
			const uint8_t sha256[SHA256_SIZE], const char *url);

/* A source package of Debian. */
const char *purl_of_source(struct texts *t, const char *name, const char *version);

/* Anything else.  @version, @sha256 and @url may be NULL. */
const char *purl_of_file(struct texts *t, const char *name, const char *version,
			 const uint8_t *sha256, const char *url);

#endif
