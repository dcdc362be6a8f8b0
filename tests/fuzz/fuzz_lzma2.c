/* SPDX-License-Identifier: MIT */
/* fuzz_lzma2.c - any bytes as a block; the first four are the size that is promised, then the filter. */
#include "lzma2.h"

#define RAW_SIZE_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_new((struct slice) { data, size });
	size_t raw_size = rd_u32le(&r);
	uint8_t filter = (uint8_t)rd_uint_le(&r, 1);
	if (raw_size > RAW_SIZE_MAX || filter > LZMA2_ARM64)
		return 0;
	/* exactly as large as promised, so that the sanitizer sees a write past it */
	AUTO(auto_free) uint8_t *raw = malloc(raw_size ? raw_size : 1);
	if (raw)
		(void)!lzma2_decode(rd_take(&r, r.left), (enum lzma2_filter)filter, raw, raw_size,
				    NULL);
	return 0;
}
