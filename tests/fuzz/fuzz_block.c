/* SPDX-License-Identifier: MIT */
/*
 * fuzz_block.c - input: where the blocks begin and end (two u64), the table's length (u32), the
 * table, the places.
 */
#include <stdint.h>
#include <stdlib.h>

#include "block.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_new((struct slice) { data, size });
	uint64_t begin = rd_u64le(&r), end = rd_u64le(&r);
	struct slice raw = rd_take(&r, rd_u32le(&r));
	struct slice places = { r.p, r.left };
	AUTO(block_table_done) struct block_table t = { 0 };
	if (r.bad || begin > end || !block_table_parse(raw, &t, NULL))
		return 0;
	AUTO(buf_done) struct buf again = BUF_INIT(raw.len);
	block_table_write(&t, &again);
	if (!slice_equal(buf_slice(&again), raw))
		abort();
	AUTO(auto_free) uint64_t *found = NULL;
	if (!block_places_parse(places, &t, begin, end, &found, NULL))
		return 0;
	for (uint32_t i = 0; i < t.count; i++)
		if (found[i] != BLOCK_NOT_HERE && (found[i] < begin || found[i] > end ||
						   t.blocks[i].stored_size > end - found[i]))
			abort();
	return 0;
}
