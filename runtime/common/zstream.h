/* SPDX-License-Identifier: MIT */
/*
 * zstream.h - decode one block.  The size after decoding is known and signed; more or less is an
 * error, and nothing is written past it.
 */
#ifndef ZSTREAM_H
#define ZSTREAM_H

#include <stdint.h>

#include "err.h"
#include "rd.h"

/*
 * Decode @stored (one zstd frame, no dictionary) into exactly @raw_size bytes at @raw.  @prefix, or
 * nothing, is what stood before these bytes when they were compressed.
 */
bool zstream_decode(struct slice stored, struct slice prefix, uint8_t *raw, size_t raw_size,
		    struct err *err) MUST_CHECK;

/* The size that the header of one such frame says it decodes to; ERR_FORMAT when it says none. */
bool zstream_raw_size(struct slice stored, uint64_t *raw_size, struct err *err) MUST_CHECK;

const char *zstream_version(void);

#endif
