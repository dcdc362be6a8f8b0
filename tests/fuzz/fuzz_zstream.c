/* SPDX-License-Identifier: MIT */
/*
 * fuzz_zstream.c - any bytes as a block; the first four are the size that is promised, the next four
 * the size of the prefix, which stands before the block.
 */
#include "zstream.h"

#define RAW_SIZE_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_new((struct slice) { data, size });
	size_t raw_size = rd_u32le(&r);
	struct slice prefix = rd_take(&r, rd_u32le(&r));
	if (raw_size > RAW_SIZE_MAX)
		return 0;
	/* exactly as large as promised, so that the sanitizer sees a write past it */
	AUTO(auto_free) uint8_t *raw = malloc(raw_size ? raw_size : 1);
	if (raw)
		(void)!zstream_decode(rd_take(&r, r.left), prefix, raw, raw_size, NULL);
	return 0;
}
