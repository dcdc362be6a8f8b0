/* SPDX-License-Identifier: MIT */
/* stub.c - see stub.h. */
#include "stub.h"

#include "pe.h"

#define STUB_NUMBER_SIZE (STUB_PLACEHOLDER_SIZE - STUB_MAGIC_SIZE)
#define STUB_HOLES_MAX 3

/*
 * The magic with every bit inverted, and volatile so that no compiler inverts it back at build
 * time: else the runtime, which is itself a stub, would hold the magic twice.
 */
static const volatile uint8_t inverted_magic[STUB_MAGIC_SIZE] = {
	0xb6, 0xbd, 0xbd, 0xac, 0xab, 0xaa, 0xbd, 0xb3,
	0xb0, 0xbc, 0xbe, 0xab, 0xb0, 0xad, 0xce, 0xff,
};

bool stub_find_placeholder(struct slice stub, size_t *at, struct err *err)
{
	uint8_t magic[STUB_MAGIC_SIZE];
	for (size_t i = 0; i < sizeof(magic); i++)
		magic[i] = (uint8_t)~inverted_magic[i];

	size_t found = 0, count = 0;
	for (size_t i = 0; stub.len >= STUB_PLACEHOLDER_SIZE; i++) {
		if (i > stub.len - STUB_PLACEHOLDER_SIZE)
			break;
		if (stub.p[i] != magic[0] || memcmp(stub.p + i, magic, sizeof(magic)) != 0)
			continue;
		found = i;
		count++;
	}
	if (count != 1)
		return err_set(err, ERR_FORMAT,
			       "not a usable stub: the placeholder for the locator occurs %zu "
			       "times instead of once",
			       count);
	*at = found;
	return true;
}

uint64_t stub_locator_offset(struct slice stub, size_t at)
{
	struct rd r = rd_new(stub);
	rd_take(&r, (uint64_t)at + STUB_MAGIC_SIZE);
	return rd_u64le(&r);
}

struct hole {
	size_t at, size;
};

/* What is taken as zero: in the order of their offsets, none touching another. */
static bool find_holes(struct slice stub, struct hole holes[STUB_HOLES_MAX], size_t *count,
		       struct err *err)
{
	size_t at, n = 0;
	struct pe pe;
	if (!stub_find_placeholder(stub, &at, err))
		return false;
	if (pe_begins(stub)) {
		if (!pe_parse(stub, &pe, err))
			return false;
		if (at < pe.security_at + PE_SECURITY_SIZE)
			return err_set(err, ERR_FORMAT,
				       "not a usable stub: the placeholder lies in its headers");
		holes[n++] = (struct hole) { pe.checksum_at, PE_CHECKSUM_SIZE };
		holes[n++] = (struct hole) { pe.security_at, PE_SECURITY_SIZE };
	}
	holes[n++] = (struct hole) { at + STUB_MAGIC_SIZE, STUB_NUMBER_SIZE };
	*count = n;
	return true;
}

bool stub_digest(struct slice stub, uint8_t out[SHA256_SIZE], struct err *err)
{
	static const uint8_t zero[STUB_NUMBER_SIZE];
	struct hole holes[STUB_HOLES_MAX];
	size_t count = 0;
	if (!find_holes(stub, holes, &count, err))
		return false;
	AUTO(sha256_done) struct sha256 h = { 0 };
	if (!sha256_init(&h, err))
		return false;
	size_t done = 0;
	for (size_t i = 0; i < count; i++) {
		struct slice before = slice_part(stub, done, holes[i].at);
		sha256_update(&h, before.p, before.len);
		sha256_update(&h, zero, holes[i].size);
		done = holes[i].at + holes[i].size;
	}
	struct slice rest = slice_part(stub, done, stub.len);
	sha256_update(&h, rest.p, rest.len);
	sha256_final(&h, out);
	return true;
}
