/* SPDX-License-Identifier: MIT */
/*
 * support_pe.h - the least that passes as a Windows executable, and what a signer does to it.
 *
 * Its fields stand where PE_TEST_* says.  Certificates are bytes that nobody reads here.
 */
#ifndef SUPPORT_PE_H
#define SUPPORT_PE_H

#include "buf.h"
#include "pe.h"
#include "stub.h"
#include "support.h"

#define PE_TEST_HEADERS 64 /* e_lfanew */
#define PE_TEST_OPTIONAL (PE_TEST_HEADERS + 24)
#define PE_TEST_OPTIONAL_SIZE (112 + 16 * 8)
#define PE_TEST_CHECKSUM (PE_TEST_OPTIONAL + 64)
#define PE_TEST_SECURITY (PE_TEST_OPTIONAL + 112 + 4 * 8)
#define PE_TEST_SIZE (PE_TEST_OPTIONAL + PE_TEST_OPTIONAL_SIZE)

static inline void put_u32le(uint8_t *at, uint32_t v)
{
	for (size_t i = 0; i < sizeof(v); i++)
		at[i] = (uint8_t)(v >> (8 * i));
}

/* Append PE_TEST_SIZE bytes of headers. */
static inline void pe_test_add(struct buf *b)
{
	uint8_t h[PE_TEST_SIZE] = { 'M', 'Z' };
	put_u32le(h + 60, PE_TEST_HEADERS);
	memcpy(h + PE_TEST_HEADERS, "PE\0", 4);
	put_u32le(h + PE_TEST_HEADERS + 4, PE_MACHINE_X86_64);
	put_u32le(h + PE_TEST_HEADERS + 20, PE_TEST_OPTIONAL_SIZE); /* and no characteristics */
	put_u32le(h + PE_TEST_OPTIONAL, 0x20b);
	put_u32le(h + PE_TEST_OPTIONAL + 108, 16);
	buf_add(b, h, sizeof(h));
}

/* A stub: headers, @more bytes, and the placeholder. */
static inline void pe_test_stub(struct buf *b, size_t more)
{
	pe_test_add(b);
	for (size_t i = 0; i < more; i++)
		buf_add_str(b, "m");
	buf_add(b, STUB_MAGIC, STUB_MAGIC_SIZE);
	buf_add_u64le(b, 0);
}

/* What CheckSum should be, without what computes it in pe.c. */
static inline uint32_t pe_test_checksum(const struct buf *file)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < file->len; i += 2) {
		uint32_t word = file->p[i];
		if (i + 1 < file->len)
			word |= (uint32_t)file->p[i + 1] << 8;
		if (i == PE_TEST_CHECKSUM || i == PE_TEST_CHECKSUM + 2)
			word = 0;
		sum += word;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum + (uint32_t)file->len;
}

/* As a signer does: zeros up to a multiple of 8, @size bytes of certificates, and the headers. */
static inline void pe_test_sign(struct buf *file, uint32_t size)
{
	while (file->len % 8)
		buf_add(file, "", 1);
	put_u32le(file->p + PE_TEST_SECURITY, (uint32_t)file->len);
	put_u32le(file->p + PE_TEST_SECURITY + 4, size);
	for (uint32_t i = 0; i < size; i++)
		buf_add_str(file, "c");
	put_u32le(file->p + PE_TEST_CHECKSUM, pe_test_checksum(file));
}

#endif
