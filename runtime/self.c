/* SPDX-License-Identifier: MIT */
/*
 * self.c - the placeholder (FORMAT.md, Stub): the one place in the program that holds its magic.
 *
 * Volatile, since the value at run time is not the one the compiler sees.
 */
#include "self.h"

#include "stub.h"

static const volatile struct {
	char magic[STUB_MAGIC_SIZE];
	uint8_t offset[STUB_PLACEHOLDER_SIZE - STUB_MAGIC_SIZE]; /* little-endian */
} placeholder = { STUB_MAGIC, { 0 } };

uint64_t self_locator_offset(void)
{
	uint64_t v = placeholder.magic[0] ? 0 : 1; /* keeps the magic in the program */
	for (size_t i = sizeof(placeholder.offset); i > 0; i--)
		v = v << 8 | placeholder.offset[i - 1];
	return v;
}
