/* SPDX-License-Identifier: MIT */
/* locator.c - see locator.h. */
#include "locator.h"

#include "crypto.h"

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

static bool sections_are_contiguous(const struct locator *l, uint64_t offset)
{
	if (l->stub_size > l->blocks_end || l->blocks_end > offset)
		return false;
	uint64_t end = l->blocks_end;
	return follows(&end, l->places, offset) && follows(&end, l->table, offset) &&
	       follows(&end, l->catalog, offset) && follows(&end, l->root, offset) &&
	       follows(&end, l->signatures, offset) && end == offset;
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
