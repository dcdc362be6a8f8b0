/* SPDX-License-Identifier: MIT */
/* archive_open.c - see archive_open.h. */
#include "archive_open.h"

#include <string.h>

#include "decompress.h"
#include "interrupt.h"
#include "tar_split.h"
#include "tree.h"
#include "unpack.h"

#define CHUNK (256u << 10)

static bool split(const struct source *src, struct opener *opener, struct err *err)
{
	struct tar_sink sink = opener_sink(opener);
	AUTO(decoder_auto_free) struct decoder *decoder = decoder_open(src, 0, src->size, err);
	AUTO(auto_free) uint8_t *chunk = malloc(CHUNK);
	AUTO(tar_split_done) struct tar_split t;
	tar_split_init(&t, &sink);
	if (!decoder || !chunk)
		return decoder ? err_no_memory(err) : false;
	for (size_t got = 1; got > 0;)
		if (!interrupt_check(err) || !decoder_read(decoder, chunk, CHUNK, &got, err) ||
		    !tar_split_feed(&t, chunk, got, err))
			return false;
	return tar_split_finish(&t, err) && opener_end(opener, err);
}

/* The operations that make @src from its tar stream, if there are any. */
static bool find_recipe(const struct source *src, struct deb_proof *proof, struct opened *out,
			struct err *err)
{
	AUTO(prove_ways_done) struct prove_ways ways = { 0 };
	uint32_t *way = &proof->ways[0];
	struct recipe_op copy = { .kind = RECIPE_COPY, .length = out->size };
	if (!prove_find_ways(src, 0, src->size, &ways, err))
		return false;
	proof->ways[1] = PROVE_NO_WAY;
	if (!proof->known && !prove(src, 0, src->size, out->size, &ways, way, err))
		return false;
	proof->known = true;
	if (*way < ways.count) {
		for (size_t i = 0; i < ways.v[*way].count; i++) {
			struct recipe_op op = ways.v[*way].ops[i];
			op.length = out->size;
			recipe_write(&op, &out->recipe);
		}
		out->exact = true;
	} else if (memcmp(out->sha256, out->vendor_sha256, SHA256_SIZE) == 0) {
		recipe_write(&copy, &out->recipe); /* it is not compressed */
		out->exact = true;
	}
	return buf_ok(&out->recipe, "its recipe", err);
}

bool archive_open(const struct source *src, const char *name, struct staging *s,
		  struct deb_proof *proof, struct opened *out, struct err *err)
{
	AUTO(opener_done) struct opener opener = OPENER_INIT;
	AUTO(auto_free) char *frame = NULL;
	if (asprintf(&frame, "%s.frame", name) < 0) {
		frame = NULL;
		return err_no_memory(err);
	}
	out->vendor_size = src->size;
	out->recipe = BUF_INIT(TREE_PARAMETERS_MAX);
	if (!opener_begin(&opener, out, s, frame, UNPACK_BYTES_MAX, err) ||
	    !split(src, &opener, err))
		return false;
	/* What has no files in it, as far as tar goes, is some other kind of archive. */
	return out->content_count < 2 || out->size == 0 || find_recipe(src, proof, out, err);
}

bool archive_keep(const struct source *src, const char *name, const char *from,
		  const uint8_t sha256[SHA256_SIZE], struct opened *out, struct err *err)
{
	struct recipe_op copy = { .kind = RECIPE_COPY, .length = src->size };
	out->vendor_size = src->size;
	out->size = src->size;
	out->exact = true;
	memcpy(out->vendor_sha256, sha256, SHA256_SIZE);
	memcpy(out->sha256, sha256, SHA256_SIZE);
	out->recipe = BUF_INIT(TREE_PARAMETERS_MAX);
	recipe_write(&copy, &out->recipe);
	return opened_set_whole(out, name, from, err) && buf_ok(&out->recipe, "its recipe", err);
}
