/* SPDX-License-Identifier: MIT */
/*
 * zstream.c - see zstream.h.  The only file that decodes zstd.
 *
 * The whole frame goes into the caller's buffer in one call, so the decoder needs no window of its
 * own: its memory is one fixed context, whatever a frame's header asks for.  A prefix is not copied.
 */
#include "zstream.h"

#include <zstd.h>

static void auto_dctx(ZSTD_DCtx **slot)
{
	ZSTD_freeDCtx(*slot);
}

/* RFC 8878, 3.1.1.1: the content's size, or one of the frame's own. */
static uint64_t window_size(struct slice stored, uint64_t raw_size)
{
	struct rd r = rd_new(stored);
	rd_u32le(&r);
	uint64_t descriptor = rd_uint_le(&r, 1);
	if (descriptor >> 5 & 1) /* single segment */
		return raw_size;
	uint64_t window = rd_uint_le(&r, 1);
	uint64_t base = UINT64_C(1) << (10 + (window >> 3));
	return base + base / 8 * (window & 7);
}

/*
 * A frame may leave its content size out or lie about it, and may name a dictionary.  Skippable
 * frames and several frames in a row are legal zstd, but nothing that we write.
 */
static bool check_frame(struct slice stored, size_t raw_size, struct err *err)
{
	struct rd r = rd_new(stored);
	if (rd_u32le(&r) != ZSTD_MAGICNUMBER ||
	    ZSTD_findFrameCompressedSize(stored.p, stored.len) != stored.len)
		return err_set(err, ERR_FORMAT, "a block is not one whole zstd frame");
	if (ZSTD_getDictID_fromFrame(stored.p, stored.len) != 0)
		return err_set(err, ERR_FORMAT, "a block asks for a zstd dictionary");
	if (ZSTD_getFrameContentSize(stored.p, stored.len) != raw_size)
		return err_set(err, ERR_FORMAT, "a block does not decode to %zu bytes", raw_size);
	if (window_size(stored, raw_size) > raw_size)
		return err_set(err, ERR_FORMAT, "a block asks for a zstd window larger than it is");
	return true;
}

bool zstream_decode(struct slice stored, struct slice prefix, uint8_t *raw, size_t raw_size,
		    struct err *err)
{
	if (!check_frame(stored, raw_size, err))
		return false;
	AUTO(auto_dctx) ZSTD_DCtx *ctx = ZSTD_createDCtx();
	if (!ctx)
		return err_no_memory(err);
	if (prefix.len && ZSTD_isError(ZSTD_DCtx_refPrefix(ctx, prefix.p, prefix.len)))
		return err_no_memory(err);
	size_t n = ZSTD_decompressDCtx(ctx, raw, raw_size, stored.p, stored.len);
	if (ZSTD_isError(n) || n != raw_size)
		return err_set(err, ERR_FORMAT, "a block does not decode to %zu bytes", raw_size);
	return true;
}

bool zstream_raw_size(struct slice stored, uint64_t *raw_size, struct err *err)
{
	unsigned long long n = ZSTD_getFrameContentSize(stored.p, stored.len);
	if (n == ZSTD_CONTENTSIZE_UNKNOWN || n == ZSTD_CONTENTSIZE_ERROR)
		return err_set(err, ERR_FORMAT, "no zstd frame that says its size");
	*raw_size = n;
	return true;
}

const char *zstream_version(void)
{
	return ZSTD_versionString();
}
