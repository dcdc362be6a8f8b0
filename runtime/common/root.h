/* SPDX-License-Identifier: MIT */
/*
 * root.h - the small JSON document that is signed (FORMAT.md, Root).
 *
 * It names digests and exact sizes, never offsets, so that a slice keeps its signature.
 */
#ifndef ROOT_H
#define ROOT_H

#include "crypto.h"
#include "json.h"

#define ROOT_SIZE_MAX (64u << 10)
#define ROOT_PARTS_MAX 16
#define ROOT_FORMAT 1
#define ROOT_TEXT_MAX 256 /* bytes of a library's version */

struct digest {
	uint64_t size;
	uint8_t sha256[SHA256_SIZE];
};

/* A named part: a stub by platform ("linux-x86_64"), a library by name, a document by kind. */
struct root_part {
	const char *name;
	struct digest digest;
};

struct root_library {
	const char *name, *version;
};

struct root {
	struct json *doc;           /* owns every string below */
	const char *name, *version; /* of the bundle: name_is_safe */
	uint64_t created;           /* seconds since 1970 */
	uint64_t expires;           /* 0: never */
	struct digest catalog, table;
	uint64_t block_count;
	/* Each sorted by name in byte order, no name twice; every name is name_is_safe. */
	struct root_part stubs[ROOT_PARTS_MAX], documents[ROOT_PARTS_MAX];
	size_t stub_count, document_count;
	struct root_library libraries[ROOT_PARTS_MAX];
	size_t library_count;
};

/*
 * Call only with bytes whose signature was checked.  Accepts one way of writing only: the bytes
 * that root_write() gives.
 */
bool root_parse(struct slice text, struct root *out, struct err *err) MUST_CHECK;
void root_done(struct root *r);

/* Canonical bytes of a root (doc is not read).  ERR_FORMAT when root_parse() would not take it. */
bool root_write(const struct root *r, struct buf *out, struct err *err) MUST_CHECK;

#endif
