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
	struct json *doc; /* owns every string below */
	const char *name, *version;
	uint64_t created; /* seconds since 1970 */
	uint64_t expires; /* 0: never */
	struct digest catalog, table;
	uint64_t block_count;
	struct root_part stubs[ROOT_PARTS_MAX], documents[ROOT_PARTS_MAX];
	size_t stub_count, document_count;
	struct root_library libraries[ROOT_PARTS_MAX];
	size_t library_count;
};

/* Call only with bytes whose signature was checked. */
bool root_parse(struct slice text, struct root *out, struct err *err) MUST_CHECK;
void root_done(struct root *r);

/* Canonical bytes of a root (doc is not read). */
bool root_write(const struct root *r, struct buf *out, struct err *err) MUST_CHECK;

#endif
