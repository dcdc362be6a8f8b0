/* SPDX-License-Identifier: MIT */
/*
 * fuzz_pe.c - input: a file, of which the headers are read if it is a Windows executable, and in which
 * the locator is looked for.
 */
#include <stdint.h>
#include <stdlib.h>

#include "locator.h"
#include "pe.h"
#include "stub.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_file(void *ctx, uint64_t offset, void *out, size_t len, struct err *err)
{
	const struct slice *file = ctx;
	(void)err;
	memcpy(out, file->p + offset, len);
	return true;
}

static void find(struct slice file, const struct pe *pe)
{
	struct source src = { "fuzz", file.len, &file, read_file };
	struct locator_place place;
	struct locator l;
	if (!locator_find(&src, &place, NULL))
		return;
	uint64_t end = place.offset + LOCATOR_SIZE, rest = file.len - end;
	if (end > file.len || rest < place.certificates.size)
		abort();
	struct slice pad =
		slice_part(file, (size_t)end, (size_t)(end + rest - place.certificates.size));
	if (pad.len >= PE_ALIGNMENT || !slice_is_zero(pad)) /* every byte is accounted for */
		abort();
	if (place.certificates.size && (!pe || pe->table_offset != place.certificates.offset))
		abort();
	if (locator_read(&src, &place, &l, NULL) &&
	    l.signatures.offset + l.signatures.size != place.offset)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice file = { data, size };
	struct pe pe;
	uint8_t digest[SHA256_SIZE];
	bool good = pe_parse(file, &pe, NULL);
	if (good && (pe.checksum_at + PE_CHECKSUM_SIZE > pe.security_at ||
		     pe.security_at + PE_SECURITY_SIZE > size))
		abort();
	find(file, good ? &pe : NULL);
	if (stub_digest(file, digest, NULL) && pe_begins(file) && !good)
		abort();
	return 0;
}
