/* SPDX-License-Identifier: MIT */
/*
 * content.h - what kind of bytes a file holds, as far as compressing them depends on it.
 *
 * Machine code compresses better after a branch filter, and only beside its like.  A relocatable object,
 * such as a kernel module, does worse with one: its jumps have no addresses yet.  What is compressed
 * already gains nothing from its neighbours, and they nothing from it.
 */
#ifndef CONTENT_H
#define CONTENT_H

#include "rd.h"

#define CONTENT_HEAD_SIZE 1024 /* the first bytes that content_kind() wants to see */

/* In the order in which they stand in a group. */
enum content_kind {
	CONTENT_DATA,
	CONTENT_OBJECT,
	CONTENT_X86,
	CONTENT_ARM64,
	CONTENT_PACKED,
	CONTENT_KINDS
};

/* What LZMA2 and its filters are for. */
static inline bool content_is_code(enum content_kind kind)
{
	return kind == CONTENT_OBJECT || kind == CONTENT_X86 || kind == CONTENT_ARM64;
}

/* By the first bytes of a file: a known compressed form, or the machine that an ELF or PE header names. */
enum content_kind content_kind(struct slice head);

#endif
