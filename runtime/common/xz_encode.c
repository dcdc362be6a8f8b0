/* SPDX-License-Identifier: MIT */
/*
 * xz_encode.c - see xz_encode.h.
 *
 * Put together from liblzma's parts (a stream's header, blocks, index, footer), since its own
 * encoders either write no sizes or start threads.
 */
#include "xz_encode.h"

#include <lzma.h>
#include <string.h>

#include "crypto.h"

#define CHUNK (64u << 10)

struct xz_encoder {
	const struct recipe_xz *x;
	const struct recipe_io *io;
	uint64_t at; /* of the output */
	lzma_options_lzma lzma2;
	lzma_filter filters[2];
	lzma_index *index;
	lzma_stream stream;
	struct sha256 hash; /* of a block, where that is its check */
	uint8_t in[CHUNK], out[CHUNK];
};

struct xz_encoder *xz_encoder_new(struct err *err)
{
	struct xz_encoder *e = calloc(1, sizeof(*e));
	if (e)
		e->stream = (lzma_stream)LZMA_STREAM_INIT;
	else
		(void)err_no_memory(err);
	return e;
}

/* What belongs to one stream alone. */
static void forget(struct xz_encoder *e)
{
	lzma_index_end(e->index, NULL);
	e->index = NULL;
	sha256_done(&e->hash);
}

void xz_encoder_free(struct xz_encoder *e)
{
	if (!e)
		return;
	forget(e);
	lzma_end(&e->stream);
	free(e);
}

static bool failed(lzma_ret ret, struct err *err)
{
	if (ret == LZMA_MEM_ERROR)
		return err_no_memory(err);
	return err_set(err, ERR_FORMAT, "liblzma can't do what the recipe asks for (%d)", (int)ret);
}

static bool set_up(struct xz_encoder *e, struct err *err)
{
	uint32_t preset = e->x->preset & ~RECIPE_XZ_EXTREME;
	if (e->x->preset & RECIPE_XZ_EXTREME)
		preset |= LZMA_PRESET_EXTREME;
	if (lzma_lzma_preset(&e->lzma2, preset))
		return failed(LZMA_OPTIONS_ERROR, err);
	e->lzma2.dict_size = e->x->dictionary;
	e->filters[0] = (lzma_filter) { LZMA_FILTER_LZMA2, &e->lzma2 };
	e->filters[1] = (lzma_filter) { LZMA_VLI_UNKNOWN, NULL };
	e->index = lzma_index_init(NULL);
	return e->index || err_no_memory(err);
}

/* Bytes whose place is where the output stands. */
static bool put(struct xz_encoder *e, const void *p, size_t n, struct err *err)
{
	if (!e->io->write(e->io->ctx, e->at, p, n, err))
		return false;
	e->at += n;
	return true;
}

/* The block's data, padding and (but for SHA-256) check: @left bytes of the input. */
static bool encode_data(struct xz_encoder *e, uint64_t left, struct err *err)
{
	lzma_stream *s = &e->stream;
	s->avail_in = 0;
	for (lzma_ret ret = LZMA_OK; ret != LZMA_STREAM_END;) {
		if (s->avail_in == 0 && left > 0) {
			size_t got = 0, n = left < CHUNK ? (size_t)left : CHUNK;
			if (!e->io->read(e->io->ctx, e->in, n, &got, err))
				return false;
			s->next_in = e->in;
			s->avail_in = got;
			left -= got;
			if (e->hash.state)
				sha256_update(&e->hash, e->in, got);
		}
		s->next_out = e->out;
		s->avail_out = CHUNK;
		ret = lzma_code(s, left > 0 ? LZMA_RUN : LZMA_FINISH);
		if (ret != LZMA_OK && ret != LZMA_STREAM_END)
			return failed(ret, err);
		if (s->avail_out < CHUNK && !put(e, e->out, CHUNK - s->avail_out, err))
			return false;
	}
	return true;
}

/* rpm's check.  The runtime's liblzma has none of its own; this one uses the processor's instructions. */
static bool put_sha256(struct xz_encoder *e, struct err *err)
{
	uint8_t digest[SHA256_SIZE];
	sha256_final(&e->hash, digest);
	return put(e, digest, sizeof(digest), err);
}

static bool encode_block(struct xz_encoder *e, uint64_t length, struct err *err)
{
	bool sha256 = e->x->check == LZMA_CHECK_SHA256;
	uint8_t header[LZMA_BLOCK_HEADER_SIZE_MAX];
	uint64_t start = e->at, size = e->x->block_size;
	/* The header's room is for the largest sizes that it may have to hold. */
	lzma_block block = {
		.check = sha256 ? LZMA_CHECK_NONE : (lzma_check)e->x->check,
		.compressed_size = size ? lzma_block_buffer_bound((size_t)size) : LZMA_VLI_UNKNOWN,
		.uncompressed_size = size ? size : LZMA_VLI_UNKNOWN,
		.filters = e->filters,
	};
	lzma_ret ret = lzma_block_header_size(&block);
	if (ret == LZMA_OK &&
	    size == 0) /* it has no sizes, and must go out before they are known */
		ret = lzma_block_header_encode(&block, header);
	if (ret == LZMA_OK)
		ret = lzma_block_encoder(&e->stream, &block);
	if (ret != LZMA_OK)
		return failed(ret, err);
	e->at = start + block.header_size;
	if ((sha256 && !sha256_init(&e->hash, err)) || !encode_data(e, length, err) ||
	    (sha256 && !put_sha256(e, err)))
		return false;
	block.check = (lzma_check)e->x->check;
	if (size > 0)
		ret = lzma_block_header_encode(&block, header);
	if (ret == LZMA_OK)
		ret = lzma_index_append(e->index, NULL, lzma_block_unpadded_size(&block), length);
	if (ret != LZMA_OK)
		return failed(ret, err);
	return e->io->write(e->io->ctx, start, header, block.header_size, err);
}

static bool encode_end(struct xz_encoder *e, lzma_stream_flags *flags, struct err *err)
{
	uint8_t footer[LZMA_STREAM_HEADER_SIZE];
	size_t size = (size_t)lzma_index_size(e->index), used = 0;
	AUTO(auto_free) uint8_t *index = malloc(size);
	if (!index)
		return err_no_memory(err);
	flags->backward_size = size;
	lzma_ret ret = lzma_index_buffer_encode(e->index, index, &used, size);
	if (ret == LZMA_OK)
		ret = lzma_stream_footer_encode(flags, footer);
	if (ret != LZMA_OK)
		return failed(ret, err);
	return put(e, index, used, err) && put(e, footer, sizeof(footer), err);
}

static bool encode(struct xz_encoder *e, uint64_t length, struct err *err)
{
	lzma_stream_flags flags = { .check = (lzma_check)e->x->check };
	uint8_t header[LZMA_STREAM_HEADER_SIZE];
	if (lzma_stream_header_encode(&flags, header) != LZMA_OK)
		return failed(LZMA_OPTIONS_ERROR, err);
	if (!set_up(e, err) || !put(e, header, sizeof(header), err))
		return false;
	while (length > 0) {
		uint64_t size = e->x->block_size, n = size && size < length ? size : length;
		if (!encode_block(e, n, err))
			return false;
		length -= n;
	}
	return encode_end(e, &flags, err);
}

bool xz_encode(const struct recipe_xz *x, uint64_t length, const struct recipe_io *io, uint64_t *at,
	       struct err *err)
{
	struct xz_encoder *e = io->encoder ? io->encoder : xz_encoder_new(err);
	if (!e)
		return false;
	e->x = x;
	e->io = io;
	e->at = *at;
	bool ok = encode(e, length, err);
	if (ok)
		*at = e->at;
	if (io->encoder)
		forget(e);
	else
		xz_encoder_free(e);
	return ok;
}

uint64_t xz_encode_memory(const struct recipe_xz *x)
{
	return UINT64_C(12) * x->dictionary + (4u << 20);
}

const char *xz_encode_version(void)
{
	return lzma_version_string();
}
