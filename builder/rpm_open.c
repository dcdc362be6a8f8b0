/* SPDX-License-Identifier: MIT */
/* rpm_open.c - see rpm_open.h. */
#include "rpm_open.h"

#include <string.h>

#include "cpio_split.h"
#include "decompress.h"
#include "interrupt.h"
#include "rpm_container.h"
#include "tree.h"

#define CHUNK (256u << 10)
#define MAGIC_SIZE 6

struct rpm {
	const struct source *src;
	struct rpm_container container;
	struct prove_ways ways;
	struct opener opener;
	uint8_t *chunk; /* owned; CHUNK bytes */
};

static void rpm_done(struct rpm *r)
{
	rpm_container_done(&r->container);
	prove_ways_done(&r->ways);
	opener_done(&r->opener);
	free(r->chunk);
}

/* --- how the payload may have been made ---------------------------------------------------------- */

/* The header tells the level, as in "7T0", which no stream shows: try that first. */
static void prefer(struct prove_ways *w, const char *flags)
{
	for (size_t i = 1; flags[0] >= '0' && flags[0] <= '9' && i < w->count; i++) {
		if (w->v[i].ops[0].xz.preset != (uint32_t)(flags[0] - '0'))
			continue;
		struct recipe_op first = w->v[i].ops[0];
		w->v[i].ops[0] = w->v[0].ops[0];
		w->v[0].ops[0] = first;
		return;
	}
}

/* Lead, headers and how the payload begins: all that can be known without unpacking it. */
static bool look(struct rpm *r, struct err *err)
{
	uint8_t magic[MAGIC_SIZE] = { 0 };
	const struct rpm_container *c = &r->container;
	if (!rpm_container_read(r->src, &r->container, err))
		return false;
	uint64_t size = r->src->size - c->payload;
	if (!source_read(r->src, c->payload, magic, size < MAGIC_SIZE ? (size_t)size : MAGIC_SIZE,
			 err))
		return false;
	if (memcmp(magic, "0707", 4) == 0)
		return err_set(err, ERR_FORMAT, "its payload is not compressed");
	if (memcmp(magic,
		   "\375"
		   "7zXZ",
		   MAGIC_SIZE) != 0)
		return err_set(err, ERR_FORMAT, "no reader can make its payload again (%s)",
			       c->compressor[0] ? c->compressor : "of a kind that is not known");
	if (!prove_find_ways(r->src, c->payload, size, &r->ways, err))
		return false;
	prefer(&r->ways, c->flags);
	return r->ways.count > 0 ||
	       err_set(err, ERR_FORMAT,
		       "its payload is empty, or has filters that no recipe knows");
}

/* Its headers as they are, then its payload of @raw_size bytes by way number @way. */
static bool write_recipe(const struct rpm *r, uint32_t way, uint64_t raw_size, struct buf *out,
			 struct err *err)
{
	struct recipe_op copy = { .kind = RECIPE_COPY, .length = r->container.payload };
	struct recipe_op op = r->ways.v[way].ops[0];
	op.length = raw_size;
	buf_done(out);
	*out = BUF_INIT(TREE_PARAMETERS_MAX);
	recipe_write(&copy, out);
	recipe_write(&op, out);
	return buf_ok(out, "its recipe", err);
}

/* --- unpacking ----------------------------------------------------------------------------------- */

static bool copy_headers(struct rpm *r, struct err *err)
{
	for (uint64_t at = 0; at < r->container.payload;) {
		uint64_t left = r->container.payload - at;
		size_t n = left < CHUNK ? (size_t)left : CHUNK;
		if (!interrupt_check(err) || !source_read(r->src, at, r->chunk, n, err) ||
		    !opener_frame(&r->opener, r->chunk, n, err))
			return false;
		at += n;
	}
	return true;
}

static bool split_payload(struct rpm *r, struct err *err)
{
	const struct rpm_container *c = &r->container;
	struct tar_sink sink = opener_sink(&r->opener);
	AUTO(decoder_auto_free)
	struct decoder *decoder = decoder_open(r->src, c->payload, r->src->size - c->payload, err);
	AUTO(cpio_split_done) struct cpio_split split;
	cpio_split_init(&split, &sink, c->files, c->file_count);
	if (!decoder)
		return false;
	for (size_t got = 1; got > 0;)
		if (!interrupt_check(err) || !decoder_read(decoder, r->chunk, CHUNK, &got, err) ||
		    !cpio_split_feed(&split, r->chunk, got, err))
			return false;
	return cpio_split_finish(&split, err) && opener_end(&r->opener, err);
}

static bool unpack(struct rpm *r, const char *name, struct staging *s, struct opened *out,
		   struct err *err)
{
	uint64_t headers = r->container.payload;
	AUTO(auto_free) char *frame = NULL;
	r->chunk = malloc(CHUNK);
	if (!r->chunk || asprintf(&frame, "%s.frame", name) < 0) {
		frame = NULL;
		return err_no_memory(err);
	}
	if (!opener_begin(&r->opener, out, s, frame, headers + r->ways.size, err) ||
	    !copy_headers(r, err) || !split_payload(r, err))
		return false;
	return out->size - headers == r->ways.size ||
	       err_set(err, ERR_FORMAT, "its payload is not as long as it says");
}

bool rpm_open(const struct source *src, const char *name, struct staging *s, uint64_t raw_max,
	      struct opened *out, struct err *err)
{
	AUTO(rpm_done) struct rpm r = { .src = src, .opener = OPENER_INIT };
	if (!look(&r, err))
		return false;
	if (r.ways.size == 0 || r.ways.size > raw_max)
		return err_set(err, ERR_FORMAT,
			       "its payload has %llu bytes, more than %llu or none",
			       (unsigned long long)r.ways.size, (unsigned long long)raw_max);
	out->vendor_size = src->size;
	return unpack(&r, name, s, out, err) && write_recipe(&r, 0, r.ways.size, &out->recipe, err);
}

bool rpm_prove(const struct source *src, struct deb_proof *proof, struct opened *o, struct err *err)
{
	AUTO(rpm_done) struct rpm r = { .src = src, .opener = OPENER_INIT };
	uint32_t *way = &proof->ways[0];
	if (!look(&r, err))
		return false;
	uint64_t offset = r.container.payload;
	if (!proof->known &&
	    !prove(src, offset, src->size - offset, r.ways.size, &r.ways, way, err))
		return false;
	proof->ways[1] = PROVE_NO_WAY;
	proof->known = true;
	if (*way >= r.ways.count)
		return true;
	o->exact = write_recipe(&r, *way, r.ways.size, &o->recipe, err);
	return o->exact;
}
