/* SPDX-License-Identifier: MIT */
/*
 * zstream.c - see zstream.h.  The only file that decodes zstd.
 *
 * The whole frame goes into the caller's buffer in one call, so the decoder needs no window of its
 * own: its memory is one fixed context, whatever a frame's header asks for.
 */
#include "zstream.h"

#include <zstd.h>

static void auto_dctx(ZSTD_DCtx **slot)
{
	ZSTD_freeDCtx(*slot);
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
	return true;
}

bool zstream_decode(struct slice stored, uint8_t *raw, size_t raw_size, struct err *err)
{
	if (!check_frame(stored, raw_size, err))
		return false;
	AUTO(auto_dctx) ZSTD_DCtx *ctx = ZSTD_createDCtx();
	if (!ctx)
		return err_no_memory(err);
	size_t n = ZSTD_decompressDCtx(ctx, raw, raw_size, stored.p, stored.len);
	if (ZSTD_isError(n) || n != raw_size)
		return err_set(err, ERR_FORMAT, "a block does not decode to %zu bytes", raw_size);
	return true;
}

const char *zstream_version(void)
{
	return ZSTD_versionString();
}
