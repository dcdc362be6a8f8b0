/* SPDX-License-Identifier: MIT */
/* deb_open.c - see deb_open.h. */
#include "deb_open.h"

#include <string.h>

#include "deb_container.h"
#include "decompress.h"
#include "interrupt.h"
#include "tar_split.h"
#include "tree.h"

#define CHUNK (256u << 10)

/* What packages hold shrinks to a third; what shrinks to less than this is made to fill disks. */
#define RATIO_MAX 200
#define SIZE_MIN (UINT64_C(64) << 20)

struct deb {
	const struct source *src;
	struct opened *out;
	struct opener *opener;
	struct deb_proof *proof;
	size_t compressed; /* members seen so far */
	uint8_t *chunk;    /* owned; CHUNK bytes */
};

/* --- the recipe ---------------------------------------------------------------------------------- */

static void add_op(struct deb *d, struct recipe_op op)
{
	if (op.kind == RECIPE_LITERAL ? op.literal.len > 0 : op.length > 0)
		recipe_write(&op, &d->out->recipe);
}

static void add_literal(struct deb *d, const uint8_t *p, size_t n)
{
	add_op(d, (struct recipe_op) { .kind = RECIPE_LITERAL, .literal = { p, n } });
}

static void add_plain(struct deb *d, enum recipe_op_kind kind, uint64_t length)
{
	add_op(d, (struct recipe_op) { .kind = kind, .length = length });
}

/* --- members ------------------------------------------------------------------------------------- */

/* All of @m, decoded, through @split or (NULL) nowhere.  *size is how much that is. */
static bool decode(struct deb *d, const struct deb_member *m, struct tar_split *split,
		   uint64_t *size, struct err *err)
{
	AUTO(decoder_auto_free)
	struct decoder *decoder = decoder_open(d->src, m->offset, m->size, err);
	if (!decoder)
		return false;
	uint64_t sum = 0;
	for (size_t got = 1; got > 0; sum += got) {
		if (!interrupt_check(err) || !decoder_read(decoder, d->chunk, CHUNK, &got, err) ||
		    (split && !tar_split_feed(split, d->chunk, got, err)))
			return false;
		if (sum > d->opener->limit)
			return err_set(err, ERR_FORMAT, "it unpacks to more than %llu bytes",
				       (unsigned long long)d->opener->limit);
	}
	*size = sum;
	return true;
}

static bool split_member(struct deb *d, const struct deb_member *m, uint64_t size, struct err *err)
{
	struct tar_sink sink = opener_sink(d->opener);
	AUTO(tar_split_done) struct tar_split split;
	uint64_t seen = 0;
	tar_split_init(&split, &sink);
	if (!decode(d, m, &split, &seen, err) || !tar_split_finish(&split, err) ||
	    !opener_file_end(d->opener, err))
		return false;
	return seen == size || err_set(err, ERR_FORMAT, "a member is not as long as it says");
}

/* Bytes of the container as they are, into the frame. */
static bool copy_frame(struct deb *d, uint64_t offset, uint64_t size, struct err *err)
{
	while (size > 0) {
		size_t n = size < CHUNK ? (size_t)size : CHUNK;
		if (!interrupt_check(err) || !source_read(d->src, offset, d->chunk, n, err) ||
		    !opener_frame(d->opener, d->chunk, n, err))
			return false;
		offset += n;
		size -= n;
	}
	return true;
}

/* The operations that make @m from its @raw_size bytes; without them the .deb is not exact. */
static bool add_way(struct deb *d, const struct deb_member *m, uint64_t raw_size,
		    const struct prove_ways *ways, struct err *err)
{
	uint32_t *way = &d->proof->ways[d->compressed++];
	if (!d->proof->known && !prove(d->src, m->offset, m->size, raw_size, ways, way, err))
		return false;
	if (*way >= ways->count) {
		*way = PROVE_NO_WAY;
		d->out->exact = false;
		return true;
	}
	for (size_t i = 0; i < ways->v[*way].count; i++) {
		struct recipe_op op = ways->v[*way].ops[i];
		op.length = raw_size;
		add_op(d, op);
	}
	return true;
}

static bool open_tar(struct deb *d, const struct deb_member *m, struct err *err)
{
	uint8_t header[DEB_HEADER_SIZE];
	uint64_t raw_size = 0;
	AUTO(prove_ways_done) struct prove_ways ways = { 0 };
	if (!prove_find_ways(d->src, m->offset, m->size, &ways, err))
		return false;
	raw_size = ways.size;
	if ((raw_size == 0 && !decode(d, m, NULL, &raw_size, err)) ||
	    !deb_header_plain(m, raw_size, header, err))
		return false;
	if (raw_size > d->opener->limit)
		return err_set(err, ERR_FORMAT, "it says to unpack to %llu bytes",
			       (unsigned long long)raw_size);
	if (!opener_frame(d->opener, header, sizeof(header), err) ||
	    !split_member(d, m, raw_size, err) || !opener_frame(d->opener, "\n", raw_size % 2, err))
		return false;
	add_literal(d, m->header, sizeof(m->header));
	add_plain(d, RECIPE_SKIP, sizeof(header));
	bool plain = strcmp(m->name, "control.tar") == 0 || strcmp(m->name, "data.tar") == 0;
	if (plain && raw_size == m->size)
		add_plain(d, RECIPE_COPY, raw_size);
	else if (!add_way(d, m, raw_size, &ways, err))
		return false;
	add_literal(d, &m->padding, m->padding != 0);
	add_plain(d, RECIPE_SKIP, raw_size % 2);
	return true;
}

static bool open_member(struct deb *d, const struct deb_member *m, struct err *err)
{
	if (m->is_tar)
		return open_tar(d, m, err);
	uint64_t size = DEB_HEADER_SIZE + m->size;
	add_plain(d, RECIPE_COPY, size);
	add_literal(d, &m->padding, m->padding != 0);
	add_plain(d, RECIPE_SKIP, m->size % 2);
	return copy_frame(d, m->offset - DEB_HEADER_SIZE, size, err) &&
	       opener_frame(d->opener, "\n", m->size % 2, err);
}

bool deb_open(const struct source *src, const char *name, struct staging *s,
	      struct deb_proof *proof, struct opened *out, struct err *err)
{
	struct deb_container c;
	AUTO(opener_done) struct opener opener = OPENER_INIT;
	AUTO(auto_free) char *frame = NULL;
	AUTO(auto_free) uint8_t *chunk = malloc(CHUNK);
	struct deb d = {
		.src = src, .out = out, .opener = &opener, .proof = proof, .chunk = chunk
	};
	uint64_t limit = src->size < UINT64_MAX / RATIO_MAX ? src->size * RATIO_MAX : UINT64_MAX;
	if (!chunk || asprintf(&frame, "%s.frame", name) < 0) {
		frame = NULL;
		return err_no_memory(err);
	}
	out->exact = true;
	out->vendor_size = src->size;
	out->recipe = BUF_INIT(TREE_PARAMETERS_MAX);
	if (!deb_container_read(src, &c, err) ||
	    !opener_begin(&opener, out, s, frame, limit + SIZE_MIN, err) ||
	    !copy_frame(&d, 0, DEB_MAGIC_SIZE, err))
		return false;
	add_plain(&d, RECIPE_COPY, DEB_MAGIC_SIZE);
	for (size_t i = 0; i < c.count; i++)
		if (!open_member(&d, &c.members[i], err))
			return false;
	proof->known = true;
	return opener_end(&opener, err) && buf_ok(&out->recipe, "its recipe", err);
}
