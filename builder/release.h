/* SPDX-License-Identifier: MIT */
/*
 * release.h - what a Release file says of its archive (https://wiki.debian.org/DebianRepository/Format).
 *
 * The text is what gpgv put out: only what the signature covers ever gets here.
 */
#ifndef RELEASE_H
#define RELEASE_H

#include "buf.h"
#include "stanza.h"

#define RELEASE_SIZE_MAX (16u << 20)

struct release {
	struct buf text;                      /* owned; slices borrow from it */
	struct slice suite, codename, origin; /* empty where it does not say */
	uint64_t date;
	uint64_t valid_until; /* 0: says nothing */
	bool by_hash;
	bool all_apart;      /* packages for all architectures stand in a list of their own */
	struct slice sha256; /* the list of files: "HEX SIZE PATH" lines */
};

/* Takes *text over (and clears it) on success only.  @name is for messages. */
bool release_parse(const char *name, struct buf *text, struct release *out, struct err *err)
	MUST_CHECK;
void release_done(struct release *r); /* accepts a zeroed struct; for AUTO() */

/* Does it list @path? */
bool release_find(const struct release *r, const char *path, uint8_t sha256[SHA256_SIZE],
		  uint64_t *size);

/* "Sat, 11 Jul 2026 10:16:37 UTC" */
bool release_date(struct slice text, uint64_t *out);

#endif
