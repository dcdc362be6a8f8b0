/* SPDX-License-Identifier: MIT */
/*
 * lzma2.h - decode one block of raw LZMA2, with or without a branch filter (FORMAT.md, Blocks).
 *
 * The size after decoding is known and signed; more or less is an error, and nothing is written past
 * it.  The dictionary has the size of the block: that is what decoding takes besides the block, and
 * 64 KiB at most.
 */
#ifndef LZMA2_H
#define LZMA2_H

#include <stdint.h>

#include "err.h"
#include "rd.h"

#define LZMA2_DICTIONARY_MIN 4096

/* A branch filter turns relative addresses of jumps into absolute ones, which repeat more often. */
enum lzma2_filter { LZMA2_PLAIN, LZMA2_X86, LZMA2_ARM64 };

/* Bytes of the dictionary for a block of @raw_size. */
static inline size_t lzma2_dictionary(size_t raw_size)
{
	return raw_size < LZMA2_DICTIONARY_MIN ? LZMA2_DICTIONARY_MIN : raw_size;
}

/* Decode @stored into exactly @raw_size bytes at @raw. */
bool lzma2_decode(struct slice stored, enum lzma2_filter filter, uint8_t *raw, size_t raw_size,
		  struct err *err) MUST_CHECK;

const char *lzma2_version(void);

#endif
