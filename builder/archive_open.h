/* SPDX-License-Identifier: MIT */
/*
 * archive_open.h - an archive that is laid out as a tree, as a container: its tar stream, cut into the
 * files in it, and the recipe that gives the vendor's file back.
 */
#ifndef ARCHIVE_OPEN_H
#define ARCHIVE_OPEN_H

#include "deb_open.h"

/*
 * As deb_open(), of which only the first way is used.  out->exact is false for what is no tar (zip,
 * iso, cab), and for what can't be made again; then nothing else of @out is of use.
 */
bool archive_open(const struct source *src, const char *name, struct staging *s,
		  struct deb_proof *proof, struct opened *out, struct err *err) MUST_CHECK;

/*
 * Instead: the file as it is, whose bytes are at @from, as the one content of a container, to be kept
 * beside the tree.
 */
bool archive_keep(const struct source *src, const char *name, const char *from,
		  const uint8_t sha256[SHA256_SIZE], struct opened *out, struct err *err)
	MUST_CHECK;

#endif
