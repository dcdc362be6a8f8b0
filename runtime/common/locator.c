/* SPDX-License-Identifier: MIT */
/* locator.c - see locator.h. */
#include "locator.h"

#include "crypto.h"
#include "pe.h"

static struct extent read_extent(struct rd *r)
{
	uint64_t offset = rd_u64le(r);
	return (struct extent) { offset, rd_u64le(r) };
}

/* Does @e begin where the section before it ended?  Moves *end to its own end. */
static bool follows(uint64_t *end, struct extent e, uint64_t limit)
{
	if (e.offset != *end || e.size > limit - *end)
		return false;
	*end += e.size;
	return true;
}

/* Also sets the extent of the documents, which is what the others leave. */
static bool sections_are_contiguous(struct locator *l, uint64_t offset)
{
	if (l->stub_size > l->blocks_end || l->blocks_end > offset)
		return false;
	uint64_t end = l->blocks_end;
	if (!follows(&end, l->places, offset) || !follows(&end, l->table, offset) ||
	    !follows(&end, l->catalog, offset) || l->root.offset < end || l->root.offset > offset)
		return false;
	l->documents = (struct extent) { end, l->root.offset - end };
	end = l->root.offset;
	return follows(&end, l->root, offset) && follows(&end, l->signatures, offset) &&
	       end == offset;
}

static bool check_is_good(struct slice raw, struct slice check, bool *good, struct err *err)
{
	uint8_t digest[SHA256_SIZE];
	if (!sha256_of((struct slice) { raw.p, LOCATOR_SIZE - LOCATOR_CHECK_SIZE }, digest, err))
		return false;
	*good = slice_equal(check, (struct slice) { digest, LOCATOR_CHECK_SIZE });
	return true;
}

bool locator_parse(struct slice raw, uint64_t offset, struct locator *out, struct err *err)
{
	struct rd r = rd_new(raw);

	struct slice magic = rd_take(&r, strlen(LOCATOR_MAGIC));
	uint32_t version = rd_u32le(&r);
	uint32_t flags = rd_u32le(&r);
	struct locator l = { .stub_size = rd_u64le(&r) };
	l.blocks_end = rd_u64le(&r);
	l.places = read_extent(&r);
	l.table = read_extent(&r);
	l.catalog = read_extent(&r);
	l.root = read_extent(&r);
	l.signatures = read_extent(&r);
	struct slice check = rd_take(&r, LOCATOR_CHECK_SIZE);

	if (!rd_end(&r) || !slice_equal(magic, slice_str(LOCATOR_MAGIC)))
		return err_set(err, ERR_FORMAT,
			       "no bundle locator at offset %llu: this is not a bundle, or its end "
			       "is missing",
			       (unsigned long long)offset);
	bool good = false;
	if (!check_is_good(raw, check, &good, err))
		return false;
	if (!good)
		return err_set(err, ERR_FORMAT, "the bundle's locator is damaged");
	if (version != LOCATOR_VERSION || flags != 0)
		return err_set(err, ERR_FORMAT,
			       "bundle format %u with flags %#x needs a newer ibbundle",
			       (unsigned)version, (unsigned)flags);
	if (!sections_are_contiguous(&l, offset))
		return err_set(err, ERR_FORMAT,
			       "the bundle is cut short, or its locator is wrong: the sections do "
			       "not end at offset %llu",
			       (unsigned long long)offset);
	*out = l;
	return true;
}

/* --- where it is -------------------------------------------------------------------------------- */

/* What the headers tell, where @src begins with a Windows executable; else no certificates. */
static bool read_pe(const struct source *src, struct pe *out, struct err *err)
{
	uint8_t head[PE_HEADERS_MAX];
	size_t n = src->size < sizeof(head) ? (size_t)src->size : sizeof(head);
	*out = (struct pe) { 0 };
	if (!source_read(src, 0, head, PE_MAGIC_SIZE, err))
		return false;
	if (!pe_begins((struct slice) { head, PE_MAGIC_SIZE }))
		return true;
	if (!source_read(src, 0, head, n, err))
		return false;
	/* That they are no headers is no error here: a block that is stored as it is may be first. */
	if (!pe_parse((struct slice) { head, n }, out, NULL))
		*out = (struct pe) { 0 };
	return true;
}

/* The locator ends at @table, or as many bytes before it as are zeros that align the table. */
static bool find_before_table(const struct source *src, uint64_t table, uint64_t *offset,
			      struct err *err)
{
	uint8_t raw[PE_ALIGNMENT - 1 + LOCATOR_SIZE];
	const size_t magic = strlen(LOCATOR_MAGIC);
	if (table < sizeof(raw))
		return err_set(err, ERR_FORMAT, "it is too short to be a bundle");
	if (!source_read(src, table - sizeof(raw), raw, sizeof(raw), err))
		return false;
	for (size_t pad = 0; pad < PE_ALIGNMENT; pad++) {
		size_t at = PE_ALIGNMENT - 1 - pad;
		struct slice zeros = { raw + at + LOCATOR_SIZE, pad };
		if (memcmp(raw + at, LOCATOR_MAGIC, magic) == 0 && slice_is_zero(zeros)) {
			*offset = table - pad - LOCATOR_SIZE;
			return true;
		}
	}
	return err_set(
		err, ERR_FORMAT,
		"no bundle locator before the certificates at offset %llu: this is no bundle, "
		"or it is damaged",
		(unsigned long long)table);
}

bool locator_find(const struct source *src, struct locator_place *out, struct err *err)
{
	struct pe pe;
	struct locator_place place = { 0 };
	if (src->size < LOCATOR_SIZE)
		return err_set(err, ERR_FORMAT, "it is too short to be a bundle");
	if (!read_pe(src, &pe, err))
		return false;
	if (pe.table_size && pe.table_offset + pe.table_size == src->size) {
		if (!find_before_table(src, pe.table_offset, &place.offset, err))
			return false;
		place.certificates = (struct extent) { pe.table_offset, pe.table_size };
	} else {
		place.offset = src->size - LOCATOR_SIZE;
		place.lost = pe.table_size != 0;
	}
	*out = place;
	return true;
}

bool locator_read(const struct source *src, const struct locator_place *place, struct locator *out,
		  struct err *err)
{
	uint8_t raw[LOCATOR_SIZE];
	struct locator l;
	if (!source_read(src, place->offset, raw, sizeof(raw), err) ||
	    !locator_parse((struct slice) { raw, sizeof(raw) }, place->offset, &l, err))
		return false;
	if (place->certificates.size && l.stub_size == 0)
		return err_set(err, ERR_FORMAT, "it has certificates but no stub");
	if (l.stub_size && place->lost)
		return err_set(err, ERR_FORMAT,
			       "its certificates are not where its headers say: it was cut or "
			       "something was appended");
	*out = l;
	return true;
}

static struct extent moved(struct extent e, uint64_t from, uint64_t to)
{
	return (struct extent) { e.offset - from + to, e.size };
}

struct locator locator_moved(const struct locator *l, uint64_t stub_size, uint64_t blocks_end)
{
	uint64_t from = l->blocks_end;
	return (struct locator) { .stub_size = stub_size,
				  .blocks_end = blocks_end,
				  .places = moved(l->places, from, blocks_end),
				  .table = moved(l->table, from, blocks_end),
				  .catalog = moved(l->catalog, from, blocks_end),
				  .documents = moved(l->documents, from, blocks_end),
				  .root = moved(l->root, from, blocks_end),
				  .signatures = moved(l->signatures, from, blocks_end) };
}

/* --- writing ------------------------------------------------------------------------------------ */

static void add_extent(struct buf *out, struct extent e)
{
	buf_add_u64le(out, e.offset);
	buf_add_u64le(out, e.size);
}

bool locator_write(const struct locator *l, struct buf *out, struct err *err)
{
	AUTO(buf_done) struct buf raw = BUF_INIT(LOCATOR_SIZE);
	buf_add_str(&raw, LOCATOR_MAGIC);
	buf_add_u32le(&raw, LOCATOR_VERSION);
	buf_add_u32le(&raw, 0); /* flags */
	buf_add_u64le(&raw, l->stub_size);
	buf_add_u64le(&raw, l->blocks_end);
	add_extent(&raw, l->places);
	add_extent(&raw, l->table);
	add_extent(&raw, l->catalog);
	add_extent(&raw, l->root);
	add_extent(&raw, l->signatures);
	uint8_t digest[SHA256_SIZE];
	if (!buf_ok(&raw, "the locator", err) || !sha256_of(buf_slice(&raw), digest, err))
		return false;
	buf_add(out, raw.p, raw.len);
	buf_add(out, digest, LOCATOR_CHECK_SIZE);
	return buf_ok(out, "the locator", err);
}
