/* SPDX-License-Identifier: MIT */
/* decompress.h - one compressed stream (xz, gzip, zstd, bzip2, or none): into memory, or as it comes. */
#ifndef DECOMPRESS_H
#define DECOMPRESS_H

#include "buf.h"
#include "source.h"

/* Append what @data decodes to; more than out->max is an error.  @what is for messages. */
bool decompress(const char *what, struct slice data, struct buf *out, struct err *err) MUST_CHECK;

/* The same, read in pieces from a part of @src, which is borrowed. */
struct decoder;
struct decoder *decoder_open(const struct source *src, uint64_t offset, uint64_t size,
			     struct err *err) MUST_CHECK;

/* Up to @n (at least 1) bytes; *got is 0 at the end only. */
bool decoder_read(struct decoder *d, uint8_t *p, size_t n, size_t *got, struct err *err) MUST_CHECK;
void decoder_free(struct decoder *d);
void decoder_auto_free(struct decoder **slot); /* for AUTO() */

#endif
