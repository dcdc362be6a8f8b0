/* SPDX-License-Identifier: MIT */
/* fuzz_license.c - any text is an expression or not, and the references in one that is are names. */
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "license.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(buf_done) struct buf text = BUF_INIT(1u << 16);
	char ref[LICENSE_ID_MAX];
	size_t count = 0;
	buf_add(&text, data, size);
	if (text.bad || !license_is_expression(buf_str(&text)))
		return 0;
	for (const char *at = buf_str(&text); license_next_ref(&at, ref); count++)
		if (strncmp(ref, LICENSE_REF, strlen(LICENSE_REF)) != 0 || count > size)
			abort();
	return 0;
}
