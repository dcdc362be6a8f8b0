/* SPDX-License-Identifier: MIT */
/* fuzz_deb_container.c - any bytes as a .deb: what is taken has every byte in one place. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "deb_container.h"
#include "rd.h"

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
	struct deb_container c;
	if (!deb_container_read(&src, &c, &err)) {
		check(err.code == ERR_FORMAT && err.msg[0]);
		return 0;
	}
	uint64_t at = DEB_MAGIC_SIZE;
	for (size_t i = 0; i < c.count; i++) {
		const struct deb_member *m = &c.members[i];
		uint8_t header[DEB_HEADER_SIZE];
		check(memcmp(m->header, data + at, DEB_HEADER_SIZE) == 0);
		check(m->offset == at + DEB_HEADER_SIZE && m->size <= size - m->offset);
		at = m->offset + m->size;
		check(!m->padding || data[at] == m->padding);
		at += m->padding != 0;
		check(memchr(m->name, 0, sizeof(m->name)) != NULL);
		check(!m->is_tar || deb_header_plain(m, m->size, header, &err));
	}
	check(at == size);
	return 0;
}
