/* SPDX-License-Identifier: MIT */
/* block.c - see block.h. */
#include "block.h"

#include "lzma2.h"
#include "zstream.h"

const char *block_codec_name(uint32_t codec)
{
	static const char *const names[BLOCK_CODECS] = { "stored", "zstd", "lzma2", "lzma2-x86",
							 "lzma2-arm64" };
	return codec < BLOCK_CODECS ? names[codec] : NULL;
}

static struct block read_record(struct rd *r, uint32_t *reserved)
{
	struct block b = { .stored_size = rd_u64le(r) };
	b.raw_size = rd_u64le(r);
	rd_copy(r, b.sha256, sizeof(b.sha256));
	b.codec = rd_u32le(r);
	b.prefix = rd_u32le(r);
	b.group = rd_u32le(r);
	*reserved = rd_u32le(r);
	return b;
}

static bool check_record(const struct block *b, uint32_t index, uint32_t group_count,
			 struct err *err)
{
	if (b->codec >= BLOCK_CODECS)
		return err_set(err, ERR_FORMAT,
			       "block %u is compressed in a way that needs a newer ibbundle",
			       (unsigned)index);
	if (b->raw_size < 1 || b->raw_size > BLOCK_RAW_MAX || b->stored_size < 1 ||
	    b->stored_size > BLOCK_STORED_MAX)
		return err_set(err, ERR_FORMAT, "block %u has a size that is not allowed",
			       (unsigned)index);
	if (b->codec == BLOCK_STORED && b->stored_size != b->raw_size)
		return err_set(err, ERR_FORMAT, "block %u is not compressed, but its sizes differ",
			       (unsigned)index);
	if (b->group >= group_count)
		return err_set(err, ERR_FORMAT, "block %u is in group %u of %u", (unsigned)index,
			       (unsigned)b->group, (unsigned)group_count);
	return true;
}

/* One step deep, and back only: so there is no cycle, and at most one more block to decode. */
static bool check_prefix(const struct block *blocks, uint32_t index, struct err *err)
{
	const struct block *b = &blocks[index];
	if (b->prefix == BLOCK_NO_PREFIX)
		return true;
	if (b->codec != BLOCK_ZSTD)
		return err_set(err, ERR_FORMAT, "block %u has a prefix, but is not zstd",
			       (unsigned)index);
	if (b->prefix > index)
		return err_set(err, ERR_FORMAT, "the prefix of block %u is not a block before it",
			       (unsigned)index);
	if (blocks[b->prefix - 1].prefix != BLOCK_NO_PREFIX)
		return err_set(err, ERR_FORMAT,
			       "the prefix of block %u, block %u, has a prefix itself",
			       (unsigned)index, (unsigned)b->prefix - 1);
	return true;
}

static void note_prefix(struct block_table *t, uint32_t index)
{
	if (t->blocks[index].prefix == BLOCK_NO_PREFIX)
		return;
	uint64_t window = t->blocks[t->blocks[index].prefix - 1].raw_size;
	t->with_prefix[t->prefix_count++] = index;
	if (window > t->prefix_window)
		t->prefix_window = window;
}

bool block_table_parse(struct slice raw, struct block_table *out, struct err *err)
{
	struct rd r = rd_new(raw);

	struct slice magic = rd_take(&r, strlen(BLOCK_MAGIC));
	uint32_t count = rd_u32le(&r);
	uint32_t group_count = rd_u32le(&r);
	uint64_t reserved = rd_u64le(&r);
	reserved |= rd_u64le(&r);

	if (r.bad || !slice_equal(magic, slice_str(BLOCK_MAGIC)) || reserved != 0)
		return err_set(err, ERR_FORMAT, "the block table has a bad header");
	if (count > BLOCK_COUNT_MAX || group_count > count)
		return err_set(err, ERR_FORMAT,
			       "the block table has %u blocks in %u groups: too many",
			       (unsigned)count, (unsigned)group_count);
	if (r.left != (size_t)count * BLOCK_RECORD_SIZE)
		return err_set(err, ERR_FORMAT,
			       "the block table is %zu bytes long, which is not what its %u blocks "
			       "take",
			       raw.len, (unsigned)count);

	AUTO(block_table_done) struct block_table t = { .count = count,
							.group_count = group_count };
	t.blocks = calloc(count ? count : 1, sizeof(*t.blocks));
	t.with_prefix = malloc((count ? count : 1) * sizeof(*t.with_prefix));
	if (!t.blocks || !t.with_prefix)
		return err_no_memory(err);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t zero;
		t.blocks[i] = read_record(&r, &zero);
		if (zero != 0)
			return err_set(err, ERR_FORMAT, "block %u has reserved bits set",
				       (unsigned)i);
		if (!check_record(&t.blocks[i], i, group_count, err) ||
		    !check_prefix(t.blocks, i, err))
			return false;
		note_prefix(&t, i);
	}
	*out = t;
	t = (struct block_table) { 0 };
	return true;
}

void block_table_write(const struct block_table *t, struct buf *out)
{
	buf_add_str(out, BLOCK_MAGIC);
	buf_add_u32le(out, t->count);
	buf_add_u32le(out, t->group_count);
	buf_add_u64le(out, 0);
	buf_add_u64le(out, 0);
	for (uint32_t i = 0; i < t->count; i++) {
		const struct block *b = &t->blocks[i];
		buf_add_u64le(out, b->stored_size);
		buf_add_u64le(out, b->raw_size);
		buf_add(out, b->sha256, sizeof(b->sha256));
		buf_add_u32le(out, b->codec);
		buf_add_u32le(out, b->prefix);
		buf_add_u32le(out, b->group);
		buf_add_u32le(out, 0);
	}
}

void block_table_done(struct block_table *t)
{
	free(t->blocks);
	free(t->with_prefix);
	*t = (struct block_table) { 0 };
}

uint64_t block_decode_memory(const struct block *b)
{
	return b->codec < BLOCK_LZMA2 ? 0 : lzma2_dictionary((size_t)b->raw_size);
}

bool block_decode(const struct block *b, struct slice stored, struct slice prefix, uint8_t *raw,
		  struct err *err)
{
	size_t raw_size = (size_t)b->raw_size;
	switch (b->codec) {
	case BLOCK_STORED:
		memcpy(raw, stored.p, raw_size); /* the table has both sizes equal */
		return true;
	case BLOCK_ZSTD:
		return zstream_decode(stored, prefix, raw, raw_size, err);
	case BLOCK_LZMA2:
		return lzma2_decode(stored, LZMA2_PLAIN, raw, raw_size, err);
	case BLOCK_LZMA2_X86:
		return lzma2_decode(stored, LZMA2_X86, raw, raw_size, err);
	case BLOCK_LZMA2_ARM64:
		return lzma2_decode(stored, LZMA2_ARM64, raw, raw_size, err);
	default:
		return err_set(err, ERR_FORMAT, "a block has an unknown codec");
	}
}

bool block_places_parse(struct slice raw, const struct block_table *t, uint64_t begin, uint64_t end,
			uint64_t **out, struct err *err)
{
	if (raw.len != (size_t)t->count * sizeof(uint64_t))
		return err_set(err, ERR_FORMAT, "the bundle has places for %zu of %u blocks",
			       raw.len / sizeof(uint64_t), (unsigned)t->count);
	AUTO(auto_free) uint64_t *places = calloc(t->count ? t->count : 1, sizeof(*places));
	if (!places)
		return err_no_memory(err);
	struct rd r = rd_new(raw);
	uint64_t at = begin;
	for (uint32_t i = 0; i < t->count; i++) {
		places[i] = rd_u64le(&r);
		if (places[i] == BLOCK_NOT_HERE)
			continue;
		if (places[i] != at || t->blocks[i].stored_size > end - at)
			return err_set(err, ERR_FORMAT,
				       "block %u does not follow the one before it in the file",
				       (unsigned)i);
		at += t->blocks[i].stored_size;
	}
	if (at != end)
		return err_set(err, ERR_FORMAT,
			       "%llu bytes between the blocks and the places belong to no block",
			       (unsigned long long)(end - at));
	*out = places;
	places = NULL;
	return true;
}
