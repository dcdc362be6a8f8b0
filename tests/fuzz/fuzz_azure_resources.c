/* SPDX-License-Identifier: MIT */
/* fuzz_azure_resources.c - any text is a list or one error; a list makes a manifest or one error. */
#include <stdlib.h>

#include "azure_resources.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	AUTO(azure_resources_done) struct azure_resources r = { 0 };
	AUTO(buf_done) struct buf out = BUF_INIT(4u << 20);
	if (!azure_resources_parse("fuzz", (struct slice) { data, size }, &r, &err) ||
	    !azure_resources_manifest(&r, "fuzz", "1", &out, &err)) {
		if (err.code == ERR_NONE || !err.msg[0])
			abort();
	}
	return 0;
}
