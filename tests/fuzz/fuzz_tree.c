/* SPDX-License-Identifier: MIT */
/* fuzz_tree.c - input: a tree, over a table of two blocks. */
#include <stdint.h>
#include <stdlib.h>

#include "path.h"
#include "remake.h"
#include "tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct block blocks[] = { { .raw_size = 60 }, { .raw_size = 4096 } };
	static const struct block_table table = { .blocks = blocks, .count = 2, .group_count = 1 };
	uint8_t *copy = malloc(size ? size : 1);
	if (!copy)
		return 0;
	if (size)
		memcpy(copy, data, size);
	AUTO(tree_done) struct tree t = { 0 };
	if (!tree_parse(copy, size, &table, &t, NULL))
		return 0;
	AUTO(buf_done) struct buf again = BUF_INIT(size);
	tree_write(&t, &again);
	if (!slice_equal(buf_slice(&again), (struct slice) { data, size }))
		abort(); /* there is one way to write a tree */
	struct remake_cost cost;
	if (remake_measure(&t, &cost, NULL) && cost.memory > REMAKE_MEMORY_MAX)
		abort();
	for (uint32_t i = 0; i < t.entry_count; i++)
		if (!path_is_safe(t.entries[i].path))
			abort();
	return 0;
}
