/* SPDX-License-Identifier: MIT */
/* fuzz_rpm_container.c - any bytes as an .rpm: what is taken of it can be read to its end. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rd.h"
#include "rpm_container.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static bool read_file(void *ctx, uint64_t offset, void *out, size_t len, struct err *err)
{
	const struct slice *file = ctx;
	(void)err;
	memcpy(out, file->p + offset, len);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	struct slice file = { data, size };
	struct source src = { "fuzz", size, &file, read_file };
	struct rpm_container c = { 0 };
	if (!rpm_container_read(&src, &c, &err)) {
		check(err.code == ERR_FORMAT && err.msg[0]);
		return 0;
	}
	check(c.payload > RPM_LEAD_SIZE && c.payload < size);
	check(strlen(c.compressor) < RPM_WORD_MAX && strlen(c.flags) < RPM_WORD_MAX);
	size_t sum = 0;
	for (size_t i = 0; i < c.file_count; i++)
		sum += strlen(c.files[i].base) + (strlen(c.files[i].dir) > 0);
	check(sum < 2 * size);
	rpm_container_done(&c);
	return 0;
}
