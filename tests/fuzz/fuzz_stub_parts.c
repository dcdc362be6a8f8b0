/* SPDX-License-Identifier: MIT */
/* fuzz_stub_parts.c - any stub names its parts, or says nothing, or is one error. */
#include <stdlib.h>

#include "stub_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	AUTO(texts_done) struct texts texts = { 0 };
	struct stub_parts parts = { 0 };
	if (!stub_parts_find((struct slice) { data, size }, &texts, &parts, &err)) {
		if (err.code == ERR_NONE || !err.msg[0])
			abort();
		return 0;
	}
	if (parts.count && !parts.version)
		abort();
	for (size_t i = 0; i < parts.count; i++)
		if (!parts.v[i].name[0] || !parts.v[i].version[0] || !parts.v[i].title)
			abort();
	return 0;
}
