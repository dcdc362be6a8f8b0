/* SPDX-License-Identifier: MIT */
/*
 * bundle.h - open a bundle and read it, in the order of trust.
 *
 *   locator -> root bytes + signatures -> (trust) -> block table, catalog -> tree -> blocks
 *
 * bundle_open() ends only when the root's signature is good and the digests of table and catalog
 * match it.  Blocks and trees are checked against the table when they are read.
 */
#ifndef BUNDLE_H
#define BUNDLE_H

#include "block.h"
#include "block_reader.h"
#include "catalog.h"
#include "crypto.h"
#include "locator.h"
#include "policy.h"
#include "root.h"
#include "source.h"
#include "tree.h"

/* The section is padded to this with zeros, so that signing moves nothing. */
#define SIGNATURES_SIZE (64u << 10)
#define SIGNATURES_MAX 16
#define BUNDLE_FILES_MAX 1024 /* slices and volumes of one bundle, read together */
#define TABLE_SIZE_MAX (BLOCK_HEADER_SIZE + (size_t)BLOCK_COUNT_MAX * BLOCK_RECORD_SIZE)
#define PLACES_SIZE_MAX ((size_t)BLOCK_COUNT_MAX * sizeof(uint64_t))

struct bundle_options {
	const struct trust *trust;     /* may be empty or NULL */
	bool require_trust;            /* refuse a signer that no anchor leads to */
	const struct policy *policy;   /* NULL: one signer is enough, whoever an anchor leads to */
	const struct retired *retired; /* anchors that gave way to others */
	size_t retired_count;
	uint64_t now;        /* seconds since 1970 */
	uint64_t latest;     /* no clock that is right is earlier; 0: nothing known */
	bool ignore_clock;   /* judge as at the bundle's creation, whatever the clock says */
	bool allow_unsigned; /* builder only, between pack and sign */
	/*
	 * Offset of the locator as the running stub knows it from its placeholder, or 0 to take
	 * the one that locator_find() finds.  Both must agree where both exist.
	 */
	uint64_t locator_offset;
	/* For blocks: they are read and decoded ahead of need.  May be NULL.  Outlives the bundle. */
	struct parallel *parallel;
};

struct bundle {
	struct source src;
	struct locator_place place;
	struct locator locator;
	uint8_t *root_bytes; /* owned; locator.root.size bytes: what was signed */
	struct root root;
	uint8_t *signature_bytes; /* owned; all of the section */
	bool unsigned_root;       /* allow_unsigned, and it is */
	struct signer signers[SIGNATURES_MAX];
	size_t signer_count; /* good signatures; at least 1 unless allow_unsigned */
	/*
	 * What the machine trusts once it knows what the bundle says: its own and the bundle's anchors
	 * and lists.  Owned; NULL when the bundle adds nothing to opt->trust.
	 */
	struct trust *trust;
	struct retired
		*retired; /* owned; the machine's and those of the rotation; NULL: the machine's */
	size_t retired_count;
	bool rotated; /* a rotation was followed: some anchors of trust are called TRUST_ROTATION */
	/* Signatures by ML-DSA, where libcrypto has none: neither good nor bad, and count for nothing. */
	size_t not_checked;
	struct block_table table;
	uint64_t *places;    /* owned; offset of every block, or BLOCK_NOT_HERE */
	uint16_t *files;     /* owned; of every block: 0 is src, n is more[n - 1] */
	struct source *more; /* owned array, what it holds belongs to the caller */
	size_t more_count;
	struct catalog catalog;
	struct block_reader reader;
};

/*
 * ERR_FORMAT (cut, damaged, not a bundle, or newer than this program), ERR_UNSIGNED,
 * ERR_SIGNATURE (one bad signature is enough, whatever the others are), ERR_REVOKED (one such signer
 * is enough, too), ERR_NOT_CHECKED (there are none but by ML-DSA, and libcrypto has none), what
 * policy.h says of time, version and signers, ERR_CRL and ERR_ROTATION (of the bundle's own), ERR_DIGEST
 * (table or catalog is not the signed one).
 *
 * opt->trust and opt->retired must outlive the bundle.
 *
 * Reads locator, signatures, root, the documents crl and rotation, table, places and catalog; no block.
 */
bool bundle_open(const struct source *src, const struct bundle_options *opt, struct bundle *out,
		 struct err *err) MUST_CHECK;
void bundle_close(struct bundle *b); /* accepts a zeroed struct; for AUTO() */

/*
 * Take the blocks that are still missing from @src, another file of the same bundle (a slice or a
 * volume), which must stay open as long as @b.  ERR_FORMAT when it is no bundle or of another root.
 * Its head, signatures and documents are not looked at: the root is the one that was trusted.
 */
bool bundle_add(struct bundle *b, const struct source *src, struct err *err) MUST_CHECK;

/* The file that block @index (less than table.count) is in, or NULL when it is in none. */
const struct source *bundle_block_file(const struct bundle *b, uint32_t index);

/*
 * The raw bytes of a block, digest checked before decoding.  Borrowed until the next call.
 * ERR_MISSING_BLOCK when it, or the prefix that it needs, is in none of the files.
 */
bool bundle_read_block(struct bundle *b, uint32_t index, struct slice *raw, struct err *err)
	MUST_CHECK;

/*
 * The signed document named @name, digest checked; the caller frees *out.  ERR_NO when the bundle has
 * none of that name, ERR_FORMAT when it is larger than @max.
 */
bool bundle_read_document(const struct bundle *b, const char *name, size_t max, uint8_t **out,
			  size_t *size, struct err *err) MUST_CHECK;

/* The digests of all documents. */
bool bundle_check_documents(const struct bundle *b, struct err *err) MUST_CHECK;

/* Is it in this file, and its prefix, too?  ERR_MISSING_BLOCK names what is not. */
bool bundle_has_block(const struct bundle *b, uint32_t index, struct err *err) MUST_CHECK;

/*
 * For block_reader.c, on any thread: read, check and decode one block.  @prefix as block_decode()
 * wants it.  The caller frees *out.
 */
bool bundle_load_block(const struct bundle *b, uint32_t index, struct slice prefix, uint8_t **out,
		       struct err *err) MUST_CHECK;

/* Only the digest of the stored bytes, without decoding them. */
bool bundle_check_block(const struct bundle *b, uint32_t index, struct err *err) MUST_CHECK;

/*
 * The payload of package @index of the catalog: its digest, and that it has the payload_files
 * files of payload_bytes together that the catalog says.
 */
bool bundle_read_tree(const struct bundle *b, size_t index, struct tree *out, struct err *err)
	MUST_CHECK;

/*
 * Check the stub in this file: its placeholder leads to the locator, and its digest is one that
 * the root names (FORMAT.md, Stub).  Sets *name to its platform (borrowed), or NULL when the file
 * has no stub.
 */
bool bundle_check_stub(const struct bundle *b, const char **name, struct err *err) MUST_CHECK;

/*
 * Check what no digest covers, since signing changes it: a Windows executable's CheckSum, which is 0
 * or right.  Reads all of the file, unless it is 0.
 */
bool bundle_check_sum(const struct bundle *b, struct err *err) MUST_CHECK;

#define NOT_CHECKED_TEXT_SIZE 128

/* One line about b->not_checked signatures; "" when that is 0. */
const char *bundle_not_checked_text(const struct bundle *b, char out[NOT_CHECKED_TEXT_SIZE]);

/* --- bundle_trust.c, for bundle_open() --------------------------------------------------------- */

/* Over the root's bytes: b->signers. */
bool bundle_verify_root(struct bundle *b, const struct trust *trust, struct err *untrusted,
			struct err *err) MUST_CHECK;
/* Time, signers, version, once the root is parsed. */
bool bundle_judge(struct bundle *b, const struct bundle_options *opt, struct err *err) MUST_CHECK;

/* --- signatures.c ------------------------------------------------------------------------------ */

/* Walk the signature section: each CMS in turn.  False with err on bad framing. */
bool signatures_parse(struct slice section, struct slice out[SIGNATURES_MAX], size_t *count,
		      struct err *err) MUST_CHECK;
bool signatures_write(const struct slice *cms, size_t count, struct buf *out, struct err *err)
	MUST_CHECK; /* padded to SIGNATURES_SIZE */

#endif
