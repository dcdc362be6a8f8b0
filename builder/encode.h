/* SPDX-License-Identifier: MIT */
/*
 * encode.h - one raw block in, its smallest or fastest stored form out (FORMAT.md, Blocks).
 *
 * Which codec is chosen depends on the bytes and the options, and on nothing else.
 */
#ifndef ENCODE_H
#define ENCODE_H

#include "block.h"
#include "content.h"

#define ENCODE_LEVEL_DEFAULT 19
#define ENCODE_LEVEL_MAX 19 /* above, a thread takes hundreds of megabytes */

/*
 * A prefix is used where a fast level makes of the block, with it, at most so much of what it makes
 * without.  LZMA2 gets to 84 to 87 % for code, and a prefix has to be decoded, too.
 */
#define ENCODE_PREFIX_PERCENT 72

enum encode_goal {
	ENCODE_BALANCED, /* LZMA2 for code and objects, where it is much smaller */
	ENCODE_SIZE,     /* whatever is smallest */
	ENCODE_SPEED     /* nothing that decodes slower than zstd */
};

const char *encode_goal_name(enum encode_goal goal); /* "balanced", "size", "speed" */
bool encode_goal_parse(const char *name, enum encode_goal *out);

struct encode_options {
	int level; /* zstd; 0: store.  LZMA2 is tried from PROBE_LEVEL + 1 on */
	enum encode_goal goal;
};

/* What a block became; its bytes are the raw ones or in the caller's buffer. */
struct encoded {
	enum block_codec codec;
	bool with_prefix;
	struct slice stored;
};

/* Bytes of the buffer that encode_block() wants for @raw_size. */
size_t encode_buffer_size(size_t raw_size);

/* Memory that encoding takes besides raw bytes, buffer and prefix, at most. */
uint64_t encode_memory(size_t raw_size, size_t prefix_size);

/*
 * @prefix: raw bytes of a block that may have much of the same, or nothing.  Takes seconds; stops when
 * the program is interrupted.
 */
bool encode_block(const struct encode_options *opt, enum content_kind kind, struct slice raw,
		  struct slice prefix, uint8_t *buffer, struct encoded *out, struct err *err)
	MUST_CHECK;

/* @raw as one zstd frame that says its size, appended to @out; @level from 1 on. */
bool encode_frame(struct slice raw, int level, struct buf *out, struct err *err) MUST_CHECK;

/* How large @raw becomes at a fast level, with @prefix if that is not empty. */
bool encode_probe(struct slice raw, struct slice prefix, size_t *size, struct err *err) MUST_CHECK;

const char *encode_zstd_version(void);

#endif
