/* SPDX-License-Identifier: MIT */
/* assemble.c - see assemble.h. */
#include "assemble.h"

#include <string.h>

#include "file.h"
#include "interrupt.h"
#include "pe.h"
#include "progress.h"
#include "stub.h"

#define CHUNK_SIZE (1u << 20)
#define CERTIFICATES_MAX (16u << 20)

/* --- what it is made from ----------------------------------------------------------------------- */

static bool read_into(const struct source *src, const char *what, struct extent at, size_t max,
		      struct buf *out, struct err *err)
{
	AUTO(auto_free) uint8_t *p = NULL;
	if (!source_read_alloc(src, what, at.offset, at.size, max, &p, err))
		return false;
	buf_done(out);
	*out = BUF_INIT(max);
	buf_add(out, p, (size_t)at.size);
	return buf_ok(out, what, err);
}

bool assemble_read_head(const struct bundle *b, struct buf *stub, struct buf *certificates,
			struct err *err)
{
	struct extent at = { 0, b->locator.stub_size };
	return read_into(&b->src, "stub", at, STUB_SIZE_MAX, stub, err) &&
	       read_into(&b->src, "certificates", b->place.certificates, CERTIFICATES_MAX,
			 certificates, err);
}

bool assemble_origins(const struct bundle *b, struct block_origin **out, struct err *err)
{
	struct block_origin *o = calloc(b->table.count ? b->table.count : 1, sizeof(*o));
	if (!o)
		return err_no_memory(err);
	for (uint32_t i = 0; i < b->table.count; i++) {
		o[i].src = bundle_block_file(b, i);
		o[i].offset = b->places[i];
	}
	*out = o;
	return true;
}

/* --- the parts ---------------------------------------------------------------------------------- */

static bool copy_block(const struct block *b, uint32_t index, struct block_origin from,
		       struct outfile *out, uint8_t *chunk, struct err *err)
{
	AUTO(sha256_done) struct sha256 h = { 0 };
	uint8_t digest[SHA256_SIZE];
	if (!sha256_init(&h, err))
		return false;
	for (uint64_t done = 0; done < b->stored_size;) {
		uint64_t left = b->stored_size - done;
		size_t n = left < CHUNK_SIZE ? (size_t)left : CHUNK_SIZE;
		if (!interrupt_check(err) ||
		    !source_read(from.src, from.offset + done, chunk, n, err) ||
		    !outfile_write(out, chunk, n, err))
			return false;
		sha256_update(&h, chunk, n);
		progress_add(n);
		done += n;
	}
	sha256_final(&h, digest);
	return memcmp(digest, b->sha256, sizeof(digest)) == 0 ||
	       err_set(err, ERR_DIGEST,
		       "block %u in '%s' is damaged: copy the file again, or get it anew",
		       (unsigned)index, from.src->name);
}

static bool copy_blocks(const struct assembly *a, struct buf *places, struct outfile *out,
			struct err *err)
{
	const struct block_table *t = &a->bundle->table;
	AUTO(auto_free) uint8_t *chunk = malloc(CHUNK_SIZE);
	uint64_t total = 0;
	if (!chunk)
		return err_no_memory(err);
	for (uint32_t i = 0; i < t->count; i++)
		total += a->origins[i].src ? t->blocks[i].stored_size : 0;
	progress_begin("copying", total);
	bool ok = true;
	for (uint32_t i = 0; ok && i < t->count; i++) {
		buf_add_u64le(places, a->origins[i].src ? out->offset : BLOCK_NOT_HERE);
		if (a->origins[i].src)
			ok = copy_block(&t->blocks[i], i, a->origins[i], out, chunk, err);
	}
	progress_end();
	return ok;
}

/* What stands from the block table up to the locator. */
static struct extent fixed_sections(const struct bundle *b)
{
	const struct locator *l = &b->locator;
	return (struct extent) { l->table.offset,
				 l->signatures.offset + l->signatures.size - l->table.offset };
}

static bool copy_sections(const struct bundle *b, struct outfile *out, struct err *err)
{
	struct extent at = fixed_sections(b);
	AUTO(auto_free) uint8_t *chunk = malloc(CHUNK_SIZE);
	if (!chunk)
		return err_no_memory(err);
	for (uint64_t done = 0; done < at.size;) {
		uint64_t left = at.size - done;
		size_t n = left < CHUNK_SIZE ? (size_t)left : CHUNK_SIZE;
		if (!source_read(&b->src, at.offset + done, chunk, n, err) ||
		    !outfile_write(out, chunk, n, err))
			return false;
		done += n;
	}
	return true;
}

/* --- the head ----------------------------------------------------------------------------------- */

static bool write_at(struct outfile *out, uint64_t offset, uint64_t value, size_t size,
		     struct err *err)
{
	uint8_t raw[8];
	for (size_t i = 0; i < size; i++)
		raw[i] = (uint8_t)(value >> (8 * i));
	return outfile_write_at(out, offset, raw, size, err);
}

static bool sum_file(const struct outfile *out, uint64_t *sum, uint64_t *size, struct err *err)
{
	AUTO(file_source_close) struct source src = { 0 };
	if (!file_source_open(out->temp, &src, err) || !pe_checksum_source(&src, sum, err))
		return false;
	*size = src.size;
	return true;
}

/* The fields of a Windows stub that signing sets, for this file. */
static bool set_pe_fields(const struct assembly *a, uint64_t certificates, struct outfile *out,
			  struct err *err)
{
	struct pe pe;
	struct slice head = a->stub;
	if (!pe_begins(head))
		return true;
	if (head.len > PE_HEADERS_MAX)
		head.len = PE_HEADERS_MAX;
	if (!pe_parse(head, &pe, err))
		return false;
	bool summed = pe.checksum != 0 && a->certificates.len;
	pe.checksum = 0; /* as it stands in the file now */
	if (!write_at(out, pe.security_at, a->certificates.len ? certificates : 0, 4, err) ||
	    !write_at(out, pe.security_at + 4, a->certificates.len, 4, err) ||
	    !write_at(out, pe.checksum_at, 0, PE_CHECKSUM_SIZE, err))
		return false;
	uint64_t sum, size;
	return !summed || (sum_file(out, &sum, &size, err) &&
			   write_at(out, pe.checksum_at, pe_checksum_end(&pe, sum, size),
				    PE_CHECKSUM_SIZE, err));
}

/* Certificates begin at a multiple of 8, zeros before them. */
static bool write_certificates(const struct assembly *a, struct outfile *out, uint64_t *at,
			       struct err *err)
{
	static const uint8_t zeros[PE_ALIGNMENT];
	size_t pad = (size_t)(-out->offset % PE_ALIGNMENT);
	if (a->certificates.len == 0)
		return true;
	if (out->offset + pad + a->certificates.len > UINT32_MAX)
		return err_set(err, ERR_FORMAT, "a Windows executable of 4 GiB does not run");
	if (!outfile_write(out, zeros, pad, err))
		return false;
	*at = out->offset;
	return outfile_write(out, a->certificates.p, a->certificates.len, err);
}

uint64_t assemble_overhead(const struct assembly *a)
{
	return a->stub.len + a->bundle->locator.places.size + fixed_sections(a->bundle).size +
	       LOCATOR_SIZE + (a->certificates.len ? PE_ALIGNMENT - 1 + a->certificates.len : 0);
}

bool assemble(const struct assembly *a, struct outfile *out, struct err *err)
{
	size_t placeholder = 0;
	uint64_t certificates = 0;
	AUTO(buf_done) struct buf places = BUF_INIT(PLACES_SIZE_MAX), raw = BUF_INIT(LOCATOR_SIZE);
	if (a->stub.len && !stub_find_placeholder(a->stub, &placeholder, err))
		return false;
	if (!outfile_write(out, a->stub.p, a->stub.len, err) || !copy_blocks(a, &places, out, err))
		return false;
	uint64_t blocks_end = out->offset;
	if (!buf_ok(&places, "the list of places", err) ||
	    !outfile_write(out, places.p, places.len, err) || !copy_sections(a->bundle, out, err))
		return false;
	uint64_t locator = out->offset;
	struct locator l = locator_moved(&a->bundle->locator, a->stub.len, blocks_end);
	return locator_write(&l, &raw, err) && outfile_write(out, raw.p, raw.len, err) &&
	       (a->stub.len == 0 ||
		write_at(out, placeholder + STUB_MAGIC_SIZE, locator, 8, err)) &&
	       write_certificates(a, out, &certificates, err) &&
	       set_pe_fields(a, certificates, out, err);
}
