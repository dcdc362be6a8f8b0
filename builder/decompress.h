/* SPDX-License-Identifier: MIT */
/* decompress.h - one compressed stream (xz, gzip, zstd, bzip2, or none) into memory. */
#ifndef DECOMPRESS_H
#define DECOMPRESS_H

#include "buf.h"

/* Append what @data decodes to; more than out->max is an error.  @what is for messages. */
bool decompress(const char *what, struct slice data, struct buf *out, struct err *err) MUST_CHECK;

#endif
