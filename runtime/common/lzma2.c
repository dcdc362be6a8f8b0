/* SPDX-License-Identifier: MIT */
/* lzma2.c - see lzma2.h.  The only file that decodes LZMA2. */
#include "lzma2.h"

#include <lzma.h>

/*
 * liblzma takes its memory by size from the filter's options alone, and no byte of the input can
 * make that more: a raw stream has no header.
 */
bool lzma2_decode(struct slice stored, enum lzma2_filter filter, uint8_t *raw, size_t raw_size,
		  struct err *err)
{
	static const lzma_vli branches[] = {
		[LZMA2_X86] = LZMA_FILTER_X86,
		[LZMA2_ARM64] = LZMA_FILTER_ARM64,
	};
	lzma_options_lzma options = { .dict_size = (uint32_t)lzma2_dictionary(raw_size) };
	lzma_filter chain[3] = { { .id = LZMA_VLI_UNKNOWN } };
	size_t n = 0;
	if (filter != LZMA2_PLAIN)
		chain[n++].id = branches[filter];
	chain[n++] = (lzma_filter) { .id = LZMA_FILTER_LZMA2, .options = &options };
	chain[n].id = LZMA_VLI_UNKNOWN;

	size_t in = 0, out = 0;
	lzma_ret rc =
		lzma_raw_buffer_decode(chain, NULL, stored.p, &in, stored.len, raw, &out, raw_size);
	if (rc == LZMA_MEM_ERROR)
		return err_no_memory(err);
	if (rc != LZMA_OK || in != stored.len || out != raw_size)
		return err_set(err, ERR_FORMAT, "a block does not decode to %zu bytes", raw_size);
	return true;
}

const char *lzma2_version(void)
{
	return lzma_version_string();
}
