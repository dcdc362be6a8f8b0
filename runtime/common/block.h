/* SPDX-License-Identifier: MIT */
/* block.h - the block table: what every block is, wherever it lies (FORMAT.md, Block table). */
#ifndef BLOCK_H
#define BLOCK_H

#include "buf.h"
#include "crypto.h"

#define BLOCK_MAGIC "IBBTABL1"
#define BLOCK_HEADER_SIZE 32
#define BLOCK_RECORD_SIZE 64
#define BLOCK_COUNT_MAX (1u << 16)
#define BLOCK_RAW_MAX (64u << 20) /* bytes of one block, decoded */
#define BLOCK_STORED_MAX (BLOCK_RAW_MAX + (1u << 20))
#define BLOCK_NOT_HERE UINT64_MAX
#define BLOCK_NO_PREFIX 0

enum block_codec {
	BLOCK_STORED = 0,
	BLOCK_ZSTD = 1,
	BLOCK_LZMA2 = 2,
	BLOCK_LZMA2_X86 = 3,
	BLOCK_LZMA2_ARM64 = 4,
	BLOCK_CODECS
};

struct block {
	uint64_t stored_size, raw_size; /* both at least 1 */
	uint8_t sha256[SHA256_SIZE];    /* of the stored bytes */
	uint32_t codec;
	/*
	 * BLOCK_NO_PREFIX, or one more than the number of the block whose raw bytes are the zstd
	 * prefix: a block before this one, which has none itself.
	 */
	uint32_t prefix;
	uint32_t group; /* less than group_count */
};

struct block_table {
	struct block *blocks; /* owned */
	uint32_t count, group_count;
	/* After parsing: the blocks that have a prefix, and the most raw bytes that one is. */
	uint32_t *with_prefix; /* owned */
	size_t prefix_count;
	uint64_t prefix_window;
};

/* "zstd", "lzma2-x86" ...; NULL for a number that is no codec. */
const char *block_codec_name(uint32_t codec);

/*
 * Every size is within its limit afterwards, every codec one that this version can decode, and
 * every prefix a block that may be one.
 */
bool block_table_parse(struct slice raw, struct block_table *out, struct err *err) MUST_CHECK;
void block_table_write(const struct block_table *t, struct buf *out);
void block_table_done(struct block_table *t);

/* Memory that decoding @b takes besides its stored and raw bytes and those of its prefix. */
uint64_t block_decode_memory(const struct block *b);

/*
 * @stored, whose digest is right, into exactly raw_size bytes at @raw.  @prefix: the raw bytes of the
 * block that @b->prefix names; nothing for BLOCK_NO_PREFIX.
 */
bool block_decode(const struct block *b, struct slice stored, struct slice prefix, uint8_t *raw,
		  struct err *err) MUST_CHECK;

/*
 * The section of places: one u64 per block, its offset in this file or BLOCK_NOT_HERE.  It is not
 * signed, but it has no freedom: the blocks that are here must fill [begin, end) in their order
 * without a gap.
 */
bool block_places_parse(struct slice raw, const struct block_table *t, uint64_t begin, uint64_t end,
			uint64_t **out, struct err *err) MUST_CHECK;

#endif
