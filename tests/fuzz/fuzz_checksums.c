/* SPDX-License-Identifier: MIT */
/* fuzz_checksums.c - any bytes are checksums or one error; what is taken has names in order. */
#include <stdlib.h>
#include <string.h>

#include "checksums.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	AUTO(checksums_done) struct checksums c = { 0 };
	if (!checksums_parse("fuzz", (struct slice) { data, size }, &c, &err)) {
		if (err.code == ERR_NONE || !err.msg[0])
			abort();
		return 0;
	}
	for (size_t i = 0; i < c.count; i++)
		if (!c.list[i].name[0] || strchr(c.list[i].name, '/') ||
		    (i && strcmp(c.list[i - 1].name, c.list[i].name) >= 0))
			abort();
	return 0;
}
