/* SPDX-License-Identifier: MIT */
/*
 * pe.h - the few fields of a Windows executable's headers that signing changes, and where its
 * certificates are (Microsoft, PE Format: Optional Header; Attribute Certificate Table).
 *
 * PE32+ only.  Nothing here is authenticated.
 */
#ifndef PE_H
#define PE_H

#include "err.h"
#include "rd.h"
#include "source.h"

#define PE_HEADERS_MAX 4096 /* what is read of a file; the fields must lie within */
#define PE_MAGIC_SIZE 2     /* what pe_begins() looks at */
#define PE_MACHINE_X86_64 0x8664
#define PE_CHECKSUM_SIZE 4
#define PE_SECURITY_SIZE 8
#define PE_ALIGNMENT 8 /* of the table's offset and size */

struct pe {
	uint16_t machine;
	uint32_t checksum;     /* CheckSum; it is at an even offset */
	size_t checksum_at;    /* of CheckSum */
	size_t security_at;    /* of the security directory's entry; after CheckSum */
	uint64_t table_offset; /* of the attribute certificate table; a multiple of 8, or 0: none */
	uint64_t table_size;   /* likewise; both are 0 or neither is */
};

/* Does it begin as a Windows executable does? */
bool pe_begins(struct slice head);

/*
 * Read the headers in @head, the first PE_HEADERS_MAX bytes of a file or all of it.  That the table
 * lies in the file is for the caller to check; it begins after the entry that names it.
 */
bool pe_parse(struct slice head, struct pe *out, struct err *err) MUST_CHECK;

/*
 * CheckSum is a sum over the file's 16-bit words, CheckSum itself as 0, and its size.  Add @s, which
 * is at @offset of the file, to @sum, or all of @src to 0; then what CheckSum should be, when the
 * file has @size bytes.
 */
uint64_t pe_checksum_add(uint64_t sum, uint64_t offset, struct slice s);
bool pe_checksum_source(const struct source *src, uint64_t *out, struct err *err) MUST_CHECK;
uint32_t pe_checksum_end(const struct pe *pe, uint64_t sum, uint64_t size);

#endif
