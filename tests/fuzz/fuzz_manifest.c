/* SPDX-License-Identifier: MIT */
/* fuzz_manifest.c - any text is a manifest or one error; what is taken can be expanded. */
#include <stdlib.h>

#include "manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	AUTO(manifest_done) struct manifest m = { 0 };
	if (!manifest_parse("fuzz", (struct slice) { data, size }, &m, &err)) {
		if (err.code == ERR_NONE || !err.msg[0])
			abort();
		return 0;
	}
	for (size_t i = 0; i < m.package_count; i++) {
		AUTO(json_auto_free) struct json *j = json_new("expanded", &err);
		AUTO(buf_done) struct buf text = BUF_INIT(64u << 20);
		if (!j || !manifest_expand(j, json_top(j), "v", m.packages[i].value, "1.2-a") ||
		    !json_print(j, false, &text, &err))
			abort();
	}
	return 0;
}
