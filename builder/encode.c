/* SPDX-License-Identifier: MIT */
/*
 * encode.c - see encode.h.  The only file of the builder that includes zstd.h.
 *
 * Most contents of packages are either compressed inside already, or near-duplicates of a prefix, and
 * the high levels spend seconds to find that out.  So a fast level looks first.
 */
#include "encode.h"

#include <lzma.h>
#include <string.h>
#include <zstd.h>

#include "interrupt.h"
#include "lzma2.h"

#define PROBE_LEVEL 3
#define STEP_SIZE (1u << 20)
#define LZMA_PRESET 6

/* A block that shrinks by less than one part in 50 is stored: reading it is faster then. */
#define GAIN_DIVISOR 50

/*
 * LZMA2 takes six times as long to decode as zstd.  It is 13 to 18 % smaller for programs and libraries,
 * 10 to 14 % for kernel modules, and 3 % for the rest, which is why balance does not try it there.
 */
#define LZMA_PERCENT_MAX 92

/*
 * Each takes seconds, so balance asks for zstd's only where LZMA2's could be too large: level 19 makes 79 to 83 % of the
 * probe's size for code (RDMA stacks), and 77 to 84 % for kernel modules, where LZMA2 may thus win by 6 % only.
 */
#define LEVEL_PERCENT_OF_PROBE 79

const char *encode_zstd_version(void)
{
	return ZSTD_versionString();
}

static const char *const goal_names[] = { "balanced", "size", "speed" };

const char *encode_goal_name(enum encode_goal goal)
{
	return goal_names[goal];
}

bool encode_goal_parse(const char *name, enum encode_goal *out)
{
	for (size_t i = 0; i < sizeof(goal_names) / sizeof(goal_names[0]); i++) {
		if (strcmp(name, goal_names[i]) == 0) {
			*out = (enum encode_goal)i;
			return true;
		}
	}
	return false;
}

size_t encode_buffer_size(size_t raw_size)
{
	return ZSTD_compressBound(raw_size);
}

static int window_log(size_t size)
{
	int log = 10;
	while (log < 27 && (size_t)1 << log < size)
		log++;
	return log;
}

/* --- zstd --- */

static void auto_cctx(ZSTD_CCtx **slot)
{
	ZSTD_freeCCtx(*slot);
}

/*
 * The window holds the block and its prefix.  The probe looks for long repetitions: the same
 * compressed run may well stand twice in a block, megabytes apart.
 */
static bool set_up(ZSTD_CCtx *cctx, int level, bool probe, struct slice raw, struct slice prefix)
{
	const struct {
		ZSTD_cParameter name;
		int value;
	} settings[] = {
		{ ZSTD_c_compressionLevel, level },
		{ ZSTD_c_windowLog, window_log(raw.len + prefix.len) },
		{ ZSTD_c_checksumFlag, 0 }, /* the table has a better one */
		{ ZSTD_c_enableLongDistanceMatching, probe },
	};
	size_t rc = 0;
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]) && !ZSTD_isError(rc); i++)
		rc = ZSTD_CCtx_setParameter(cctx, settings[i].name, settings[i].value);
	if (!ZSTD_isError(rc) && prefix.len)
		rc = ZSTD_CCtx_refPrefix(cctx, prefix.p, prefix.len);
	return !ZSTD_isError(rc) && !ZSTD_isError(ZSTD_CCtx_setPledgedSrcSize(cctx, raw.len));
}

/* In steps, since a block at a high level takes seconds and somebody may want to stop. */
static bool zstd_encode(int level, bool probe, struct slice raw, struct slice prefix,
			uint8_t *buffer, size_t *size, struct err *err)
{
	AUTO(auto_cctx) ZSTD_CCtx *cctx = ZSTD_createCCtx();
	if (!cctx)
		return err_no_memory(err);
	if (!set_up(cctx, level, probe, raw, prefix))
		return err_set(err, ERR_SYSTEM, "zstd does not take level %d", level);
	ZSTD_outBuffer out = { buffer, encode_buffer_size(raw.len), 0 };
	ZSTD_inBuffer in = { raw.p, 0, 0 };
	size_t left = 1;
	while (left > 0 || in.size < raw.len) {
		if (!interrupt_check(err))
			return false;
		if (in.pos == in.size)
			in.size = raw.len - in.size < STEP_SIZE ? raw.len : in.size + STEP_SIZE;
		left = ZSTD_compressStream2(cctx, &out, &in,
					    in.size < raw.len ? ZSTD_e_continue : ZSTD_e_end);
		if (ZSTD_isError(left))
			return err_set(err, ERR_SYSTEM, "zstd cannot compress a block: %s",
				       ZSTD_getErrorName(left));
	}
	*size = out.pos;
	return true;
}

bool encode_frame(struct slice raw, int level, struct buf *out, struct err *err)
{
	static const struct slice none;
	size_t size = 0;
	AUTO(auto_free) uint8_t *buffer = malloc(encode_buffer_size(raw.len));
	if (!buffer)
		return err_no_memory(err);
	if (!zstd_encode(level, false, raw, none, buffer, &size, err))
		return false;
	buf_add(out, buffer, size);
	return buf_ok(out, "a compressed document", err);
}

bool encode_probe(struct slice raw, struct slice prefix, size_t *size, struct err *err)
{
	AUTO(auto_free) uint8_t *buffer = malloc(encode_buffer_size(raw.len));
	if (!buffer)
		return err_no_memory(err);
	return zstd_encode(PROBE_LEVEL, true, raw, prefix, buffer, size, err);
}

/* --- LZMA2 --- */

/* Larger than this a dictionary would not be; the filter for what is in the block. */
static enum block_codec lzma_chain(enum content_kind kind, lzma_options_lzma *options,
				   lzma_filter chain[3])
{
	size_t n = 0;
	if (kind == CONTENT_X86)
		chain[n++] = (lzma_filter) { .id = LZMA_FILTER_X86 };
	else if (kind == CONTENT_ARM64)
		chain[n++] = (lzma_filter) { .id = LZMA_FILTER_ARM64 };
	chain[n++] = (lzma_filter) { .id = LZMA_FILTER_LZMA2, .options = options };
	chain[n] = (lzma_filter) { .id = LZMA_VLI_UNKNOWN };
	return kind == CONTENT_X86     ? BLOCK_LZMA2_X86
	       : kind == CONTENT_ARM64 ? BLOCK_LZMA2_ARM64
				       : BLOCK_LZMA2;
}

static void auto_lzma_end(lzma_stream *stream)
{
	lzma_end(stream);
}

/* *size is @max + 1 where it would be more than @max. */
static bool lzma_encode(enum content_kind kind, struct slice raw, uint8_t *buffer, size_t max,
			enum block_codec *codec, size_t *size, struct err *err)
{
	lzma_options_lzma options;
	lzma_filter chain[3];
	if (lzma_lzma_preset(&options, LZMA_PRESET))
		return err_set(err, ERR_SYSTEM, "liblzma does not have preset %d", LZMA_PRESET);
	options.dict_size = (uint32_t)lzma2_dictionary(raw.len);
	if (kind == CONTENT_ARM64) { /* instructions of 4 bytes: 1.6 % smaller, decodes as fast */
		options.lc = 2;
		options.lp = 2;
	}
	*codec = lzma_chain(kind, &options, chain);
	AUTO(auto_lzma_end) lzma_stream s = LZMA_STREAM_INIT;
	lzma_ret rc = lzma_raw_encoder(&s, chain);
	s.next_in = raw.p;
	s.next_out = buffer;
	s.avail_out = max;
	size_t given = 0;
	while (rc == LZMA_OK && (s.avail_out > 0 || max == 0)) {
		if (!interrupt_check(err))
			return false;
		if (s.avail_in == 0) {
			s.avail_in = raw.len - given < STEP_SIZE ? raw.len - given : STEP_SIZE;
			given += s.avail_in;
		}
		rc = lzma_code(&s, given < raw.len ? LZMA_RUN : LZMA_FINISH);
	}
	if (rc == LZMA_MEM_ERROR)
		return err_no_memory(err);
	if (rc != LZMA_OK && rc != LZMA_STREAM_END)
		return err_set(err, ERR_SYSTEM, "liblzma cannot compress a block: error %d",
			       (int)rc);
	*size = rc == LZMA_STREAM_END ? (size_t)s.total_out : max + 1;
	return true;
}

/* --- the choice --- */

static bool gains(size_t raw_size, size_t size)
{
	return size < raw_size - raw_size / GAIN_DIVISOR;
}

/* Is the block much smaller with its prefix, by the fast level? */
static bool try_prefix(struct slice raw, struct slice prefix, size_t alone, uint8_t *buffer,
		       bool *pays, struct err *err)
{
	size_t with = 0;
	*pays = false;
	if (prefix.len == 0)
		return true;
	if (!zstd_encode(PROBE_LEVEL, true, raw, prefix, buffer, &with, err))
		return false;
	*pays = with <= alone / 100 * ENCODE_PREFIX_PERCENT;
	return true;
}

static bool encode_zstd(int level, struct slice raw, struct slice prefix, uint8_t *buffer,
			struct encoded *out, struct err *err)
{
	size_t size = 0;
	if (!zstd_encode(level, level <= PROBE_LEVEL, raw, prefix, buffer, &size, err))
		return false;
	if (gains(raw.len, size))
		*out = (struct encoded) { BLOCK_ZSTD, prefix.len > 0, { buffer, size } };
	return true;
}

static bool wants_lzma(enum encode_goal goal, enum content_kind kind)
{
	return goal == ENCODE_SIZE || (goal == ENCODE_BALANCED && content_is_code(kind));
}

/* zstd, or LZMA2 where that is smaller by what the goal asks for; @probe: what the probe made of it. */
static bool encode_both(const struct encode_options *opt, enum content_kind kind, struct slice raw,
			size_t probe, uint8_t *buffer, struct encoded *out, struct err *err)
{
	static const struct slice none;
	bool balanced = opt->goal == ENCODE_BALANCED;
	uint64_t percent = balanced ? LZMA_PERCENT_MAX : 100;
	size_t size = 0;
	enum block_codec codec;
	AUTO(auto_free) uint8_t *lzma = malloc(probe);
	if (!lzma)
		return err_no_memory(err);
	if (!lzma_encode(kind, raw, lzma, probe - 1, &codec, &size, err))
		return false;
	if (!balanced || size * 10000 >= probe * percent * LEVEL_PERCENT_OF_PROBE) {
		if (!encode_zstd(opt->level, raw, none, buffer, out, err))
			return false;
		if (size >= probe || size * 100 >= out->stored.len * percent)
			return true;
	}
	memcpy(buffer, lzma, size);
	*out = (struct encoded) { .codec = codec, .stored = { buffer, size } };
	return true;
}

bool encode_block(const struct encode_options *opt, enum content_kind kind, struct slice raw,
		  struct slice prefix, uint8_t *buffer, struct encoded *out, struct err *err)
{
	static const struct slice none;
	*out = (struct encoded) { .codec = BLOCK_STORED, .stored = raw };
	if (opt->level == 0 || raw.len == 0)
		return true;
	size_t alone = 0;
	int level = opt->level < PROBE_LEVEL ? opt->level : PROBE_LEVEL;
	bool pays = false;
	if (!zstd_encode(level, true, raw, none, buffer, &alone, err) ||
	    !try_prefix(raw, prefix, alone, buffer, &pays, err))
		return false;
	if (!pays && !gains(raw.len, alone))
		return true;
	bool lzma = !pays && opt->level > PROBE_LEVEL && wants_lzma(opt->goal, kind);
	return lzma ? encode_both(opt, kind, raw, alone, buffer, out, err)
		    : encode_zstd(opt->level, raw, pays ? prefix : none, buffer, out, err);
}

/* Of zstd at level 19: tables of 84 MiB at most, and what it copies of the input. */
uint64_t encode_memory(size_t raw_size, size_t prefix_size)
{
	uint64_t window = UINT64_C(1) << window_log(raw_size + prefix_size);
	uint64_t zstd = window + (96u << 20);
	uint64_t lzma = (uint64_t)raw_size * 12 + (16u << 20);
	return zstd > lzma ? zstd : lzma;
}
