/* SPDX-License-Identifier: MIT */
/* fuzz_block_list.c - the service's answer about blocks: every name kept is one that could be ours. */
#include <stdlib.h>
#include <string.h>

#include "block_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(block_list_done) struct block_list l = { 0 };
	struct err err = { 0 };
	if (!block_list_parse((struct slice) { data, size }, &l, &err)) {
		check(l.count == 0 && err.code != ERR_NONE);
		return 0;
	}
	for (size_t i = 0; i < l.count; i++) {
		check(strlen(l.blocks[i].name) == BLOCK_NAME_SIZE - 1);
		check(!strpbrk(l.blocks[i].name, "<>&\"' \r\n"));
		check(i == 0 || strcmp(l.blocks[i - 1].name, l.blocks[i].name) <= 0);
	}
	return 0;
}
