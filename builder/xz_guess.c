/* SPDX-License-Identifier: MIT */
/* xz_guess.c - see xz_guess.h. */
#include "xz_guess.h"

#include <lzma.h>
#include <string.h>

#include "cleanup.h"

#define INDEX_MAX (16u << 20)
#define MIB (UINT32_C(1) << 20)

/* What is known of a stream. */
struct seen {
	uint32_t check, dictionary;
	bool sizes; /* in the first block's header */
	uint64_t size, blocks, first_block;
};

static bool bad(struct err *err)
{
	return err_set(err, ERR_FORMAT, "it is not one whole .xz stream");
}

static void index_end(lzma_index **slot)
{
	lzma_index_end(*slot, NULL);
}

static bool read_index(const struct source *src, uint64_t offset, uint64_t size,
		       const lzma_stream_flags *footer, struct seen *out, struct err *err)
{
	AUTO(index_end) lzma_index *index = NULL;
	AUTO(auto_free) uint8_t *raw = NULL;
	uint64_t limit = UINT64_C(64) << 20, n = footer->backward_size;
	size_t at = 0;
	if (n > size - 2 * LZMA_STREAM_HEADER_SIZE)
		return bad(err);
	if (!source_read_alloc(src, "index of an .xz stream",
			       offset + size - LZMA_STREAM_HEADER_SIZE - n, n, INDEX_MAX, &raw,
			       err))
		return false;
	if (lzma_index_buffer_decode(&index, &limit, NULL, raw, &at, (size_t)n) != LZMA_OK ||
	    at != n || lzma_index_file_size(index) != size)
		return bad(err);
	out->size = lzma_index_uncompressed_size(index);
	out->blocks = lzma_index_block_count(index);
	lzma_index_iter block;
	lzma_index_iter_init(&block, index);
	if (!lzma_index_iter_next(&block, LZMA_INDEX_ITER_BLOCK))
		out->first_block = block.block.uncompressed_size;
	return true;
}

/* False: it has filters that a recipe has no words for. */
static bool read_block_header(const uint8_t *raw, size_t n, struct seen *out)
{
	lzma_filter filters[LZMA_FILTERS_MAX + 1];
	lzma_block block = { .version = 1,
			     .check = (lzma_check)out->check,
			     .filters = filters,
			     .header_size = lzma_block_header_size_decode(raw[0]) };
	if (raw[0] == 0 || block.header_size > n ||
	    lzma_block_header_decode(&block, NULL, raw) != LZMA_OK)
		return false;
	bool plain = filters[0].id == LZMA_FILTER_LZMA2 && filters[1].id == LZMA_VLI_UNKNOWN;
	if (plain)
		out->dictionary = ((const lzma_options_lzma *)filters[0].options)->dict_size;
	out->sizes = block.compressed_size != LZMA_VLI_UNKNOWN &&
		     block.uncompressed_size != LZMA_VLI_UNKNOWN;
	for (size_t i = 0; filters[i].id != LZMA_VLI_UNKNOWN; i++)
		free(filters[i].options);
	return plain;
}

static void add(struct xz_guess *g, const struct seen *s, uint32_t preset)
{
	if (g->count == XZ_GUESSES_MAX)
		return;
	uint64_t block = 0;
	if (s->sizes && s->blocks > 1)
		block = s->first_block;
	else if (s->sizes) /* what liblzma takes by itself */
		block = s->dictionary < MIB / 3 ? MIB : (uint64_t)s->dictionary * 3;
	g->ways[g->count++] = (struct recipe_xz) {
		.preset = preset,
		.check = s->check,
		.dictionary = s->dictionary,
		.block_size = block,
	};
}

/* Presets have the dictionary for a sign; the kernel's build takes preset 6 with another one. */
static void guess(const struct seen *s, struct xz_guess *g)
{
	static const struct {
		uint32_t dictionary, preset;
	} presets[] = {
		{ 8 * MIB, 6 },  { 8 * MIB, 5 },  { 64 * MIB, 9 }, { 4 * MIB, 4 }, { 4 * MIB, 3 },
		{ 32 * MIB, 8 }, { 16 * MIB, 7 }, { 2 * MIB, 2 },  { MIB / 4, 0 },
	};
	for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++)
		if (presets[i].dictionary == s->dictionary)
			add(g, s, presets[i].preset);
	if (s->dictionary != 8 * MIB)
		add(g, s, 6);
	if (s->dictionary == MIB)
		add(g, s, 1);
	for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++)
		if (presets[i].dictionary == s->dictionary)
			add(g, s, presets[i].preset | RECIPE_XZ_EXTREME);
}

bool xz_guess(const struct source *src, uint64_t offset, uint64_t size, struct xz_guess *out,
	      struct err *err)
{
	uint8_t head[LZMA_STREAM_HEADER_SIZE + LZMA_BLOCK_HEADER_SIZE_MAX] = { 0 };
	uint8_t tail[LZMA_STREAM_HEADER_SIZE];
	size_t n = size < sizeof(head) ? (size_t)size : sizeof(head);
	lzma_stream_flags header, footer;
	struct seen s = { 0 };
	struct xz_guess g = { 0 };
	if (size < 2 * LZMA_STREAM_HEADER_SIZE)
		return bad(err);
	if (!source_read(src, offset, head, n, err) ||
	    !source_read(src, offset + size - sizeof(tail), tail, sizeof(tail), err))
		return false;
	if (lzma_stream_header_decode(&header, head) != LZMA_OK ||
	    lzma_stream_footer_decode(&footer, tail) != LZMA_OK ||
	    lzma_stream_flags_compare(&header, &footer) != LZMA_OK)
		return bad(err);
	s.check = (uint32_t)header.check;
	if (!read_index(src, offset, size, &footer, &s, err))
		return false;
	g.size = s.size;
	if (s.blocks > 0 &&
	    read_block_header(head + LZMA_STREAM_HEADER_SIZE, n - LZMA_STREAM_HEADER_SIZE, &s))
		guess(&s, &g);
	*out = g;
	return true;
}
