/* SPDX-License-Identifier: MIT */
/* pe.c - see pe.h. */
#include "pe.h"

#define DOS_HEADER_SIZE 64
#define E_LFANEW_AT 60
#define COFF_SIZE 24 /* with the signature before it */
#define OPTIONAL_MAGIC_PE32_PLUS 0x20b
#define CHECKSUM_AT 64     /* in the optional header, as are these */
#define DIRECTORIES_AT 112 /* after their number */
#define DIRECTORIES_MAX 16
#define SECURITY_INDEX 4
#define CHUNK_SIZE (256u << 10)

bool pe_begins(struct slice head)
{
	return head.len >= PE_MAGIC_SIZE && head.p[0] == 'M' && head.p[1] == 'Z';
}

/* Where the headers begin; 0 when that can't be. */
static size_t find_headers(struct slice head)
{
	struct rd r = rd_new(head);
	rd_take(&r, E_LFANEW_AT);
	uint32_t at = rd_u32le(&r);
	bool ok = !r.bad && at >= DOS_HEADER_SIZE && at <= head.len && at % PE_ALIGNMENT == 0;
	return ok ? at : 0;
}

struct optional_header {
	uint16_t magic;
	uint32_t directories, table_offset, table_size;
};

static bool read_fields(struct slice head, size_t at, struct pe *pe, struct optional_header *o)
{
	struct rd r = rd_new(slice_part(head, at, head.len));
	struct slice signature = rd_take(&r, 4);
	pe->machine = rd_u16le(&r);
	rd_take(&r, 14);
	uint16_t size = rd_u16le(&r);
	rd_take(&r, 2);

	o->magic = rd_u16le(&r);
	rd_take(&r, CHECKSUM_AT - 2);
	pe->checksum = rd_u32le(&r);
	rd_take(&r, DIRECTORIES_AT - 4 - CHECKSUM_AT - PE_CHECKSUM_SIZE);
	o->directories = rd_u32le(&r);
	rd_take(&r, SECURITY_INDEX * PE_SECURITY_SIZE);
	o->table_offset = rd_u32le(&r);
	o->table_size = rd_u32le(&r);

	pe->checksum_at = at + COFF_SIZE + CHECKSUM_AT;
	pe->security_at = at + COFF_SIZE + DIRECTORIES_AT + SECURITY_INDEX * PE_SECURITY_SIZE;
	return !r.bad && slice_equal(signature, (struct slice) { (const uint8_t *)"PE\0", 4 }) &&
	       size >= DIRECTORIES_AT + (SECURITY_INDEX + 1) * PE_SECURITY_SIZE;
}

bool pe_parse(struct slice head, struct pe *out, struct err *err)
{
	struct pe pe = { 0 };
	struct optional_header o;
	head = slice_part(head, 0, PE_HEADERS_MAX);
	size_t at = pe_begins(head) ? find_headers(head) : 0;
	if (at == 0 || !read_fields(head, at, &pe, &o))
		return err_set(err, ERR_FORMAT,
			       "it is no Windows executable, or its headers are "
			       "damaged");
	if (o.magic != OPTIONAL_MAGIC_PE32_PLUS)
		return err_set(err, ERR_FORMAT, "it is no 64-bit Windows executable");
	if (o.directories <= SECURITY_INDEX || o.directories > DIRECTORIES_MAX)
		return err_set(err, ERR_FORMAT, "its headers have no room for a signature");
	bool none = o.table_offset == 0 && o.table_size == 0;
	if (!none && (o.table_offset < pe.security_at + PE_SECURITY_SIZE || o.table_size == 0 ||
		      o.table_offset % PE_ALIGNMENT || o.table_size % PE_ALIGNMENT))
		return err_set(err, ERR_FORMAT,
			       "its headers tell of a signature where none can be");
	pe.table_offset = o.table_offset;
	pe.table_size = o.table_size;
	*out = pe;
	return true;
}

uint64_t pe_checksum_add(uint64_t sum, uint64_t offset, struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		sum += (uint64_t)s.p[i] << ((offset + i) % 2 * 8);
	return sum;
}

bool pe_checksum_source(const struct source *src, uint64_t *out, struct err *err)
{
	AUTO(auto_free) uint8_t *chunk = malloc(CHUNK_SIZE);
	if (!chunk)
		return err_no_memory(err);
	uint64_t sum = 0;
	for (uint64_t done = 0; done < src->size;) {
		uint64_t left = src->size - done;
		size_t n = left < CHUNK_SIZE ? (size_t)left : CHUNK_SIZE;
		if (!source_read(src, done, chunk, n, err))
			return false;
		sum = pe_checksum_add(sum, done, (struct slice) { chunk, n });
		done += n;
	}
	*out = sum;
	return true;
}

uint32_t pe_checksum_end(const struct pe *pe, uint64_t sum, uint64_t size)
{
	sum -= (pe->checksum & 0xffff) + (pe->checksum >> 16);
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint32_t)(sum + size);
}
