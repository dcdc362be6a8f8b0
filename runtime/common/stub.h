/* SPDX-License-Identifier: MIT */
/*
 * stub.h - the runtime's executable at the head of a bundle file (FORMAT.md, Stub).
 *
 * Its data holds one placeholder: 16 bytes of magic, then the offset of the locator in the file as
 * a 64-bit little-endian number, 0 as built.  `build` patches the number.  In a Windows executable,
 * the number stands in what Authenticode signs.
 */
#ifndef STUB_H
#define STUB_H

#include "crypto.h"
#include "err.h"
#include "rd.h"

/*
 * With its NUL, 16 bytes.  Only the placeholder's own definition may use it: the runtime carries
 * stub.c, too, and the magic must occur in it once.
 */
#define STUB_MAGIC "IBBSTUBLOCATOR1"
#define STUB_MAGIC_SIZE 16
#define STUB_PLACEHOLDER_SIZE 24
#define STUB_SIZE_MAX (16u << 20)

/*
 * Before the text, ended by a NUL, that names what the stub is made of: "ibbundle 0.1.0, musl 1.2.3".
 * `build` takes it into the bill of materials; readers don't look for it.
 */
#define STUB_PARTS_MAGIC "IBBSTUBPARTS1: "

/*
 * Where the placeholder stands in @stub.  ERR_FORMAT when its magic does not occur exactly once.
 * This is the one search in the format; it decides nothing, since the stub's digest covers all
 * but the number that follows the magic.
 */
bool stub_find_placeholder(struct slice stub, size_t *at, struct err *err) MUST_CHECK;

/* The number in the placeholder at @at. */
uint64_t stub_locator_offset(struct slice stub, size_t at);

/*
 * SHA-256 of @stub with the placeholder's number taken as zero, and in a Windows executable what
 * signing it changes.  The certificates are no part of @stub.
 */
bool stub_digest(struct slice stub, uint8_t out[SHA256_SIZE], struct err *err) MUST_CHECK;

#endif
