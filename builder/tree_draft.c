/* SPDX-License-Identifier: MIT */
/* tree_draft.c - see tree_draft.h. */
#include "tree_draft.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "interrupt.h"

#define CHUNK (256u << 10)

void tree_draft_done(struct tree_draft *d)
{
	tree_done(&d->tree); /* its bytes are NULL */
	free(d->made);
	*d = (struct tree_draft) { 0 };
}

/* --- growing it ---------------------------------------------------------------------------------- */

static bool add_piece(struct tree_draft *d, struct tree_piece piece, struct err *err)
{
	struct tree *t = &d->tree;
	if (t->piece_count == TREE_PIECES_MAX)
		return err_set(err, ERR_FORMAT, "a package with more than %u pieces",
			       TREE_PIECES_MAX);
	if (t->piece_count == d->piece_cap) {
		size_t cap = d->piece_cap ? d->piece_cap * 2 : 64;
		struct tree_piece *pieces = realloc(t->pieces, cap * sizeof(*pieces));
		if (!pieces)
			return err_no_memory(err);
		t->pieces = pieces;
		d->piece_cap = cap;
	}
	t->pieces[t->piece_count++] = piece;
	return true;
}

static bool add_recipe(struct tree_draft *d, const struct tree_recipe *recipe, struct err *err)
{
	struct tree *t = &d->tree;
	if (t->recipe_count == TREE_RECIPES_MAX)
		return err_set(err, ERR_FORMAT, "a package with more than %u recipes",
			       TREE_RECIPES_MAX);
	if (t->recipe_count == d->recipe_cap) {
		size_t cap = d->recipe_cap ? d->recipe_cap * 2 : 16;
		struct tree_recipe *recipes = realloc(t->recipes, cap * sizeof(*recipes));
		if (!recipes)
			return err_no_memory(err);
		t->recipes = recipes;
		d->recipe_cap = cap;
	}
	t->recipes[t->recipe_count++] = *recipe;
	return true;
}

/* The pieces of @length bytes of content @file from @offset on. */
static bool add_pieces(struct tree_draft *d, const struct groups *g, uint32_t file, uint64_t offset,
		       uint64_t length, struct err *err)
{
	while (length > 0) {
		struct group_piece p = groups_piece(g, file, offset);
		uint64_t n = p.length < length ? p.length : length;
		if (!add_piece(d, (struct tree_piece) { p.block, p.offset, n }, err))
			return false;
		offset += n;
		length -= n;
	}
	return true;
}

/* --- the bytes of what was opened, in the order of blocks ----------------------------------------- */

/* A piece, where it lies and where its bytes can be had now. */
struct stored {
	struct group_piece first;
	uint32_t file;
	uint64_t offset, length; /* in the content */
	uint64_t at;             /* in the file that was opened */
};

static int compare_stored(const void *pa, const void *pb)
{
	const struct stored *a = pa, *b = pb;
	if (a->first.block != b->first.block)
		return a->first.block < b->first.block ? -1 : 1;
	if (a->first.offset != b->first.offset)
		return a->first.offset < b->first.offset ? -1 : 1;
	return (a->at > b->at) - (a->at < b->at);
}

/* One content after the other, each opened once. */
struct hashing {
	const struct groups *g;
	int fd;
	uint32_t file;
	uint8_t *chunk;
	struct sha256 hash;
};

static void hashing_done(struct hashing *h)
{
	auto_close(&h->fd);
	free(h->chunk);
	sha256_done(&h->hash);
}

static bool hash_stored(struct hashing *h, const struct stored *s, struct err *err)
{
	const char *from = h->g->files[s->file].from;
	if (h->fd < 0 || h->file != s->file) {
		auto_close(&h->fd);
		h->fd = open(from, O_RDONLY | O_CLOEXEC);
		h->file = s->file;
		if (h->fd < 0)
			return file_error(err, "open", from);
	}
	for (uint64_t done = 0; done < s->length;) {
		uint64_t left = s->length - done;
		ssize_t n = pread(h->fd, h->chunk, left < CHUNK ? (size_t)left : CHUNK,
				  (off_t)(s->offset + done));
		if (n <= 0)
			return file_error(err, "read", from);
		sha256_update(&h->hash, h->chunk, (size_t)n);
		done += (uint64_t)n;
	}
	return interrupt_check(err);
}

struct stored_list {
	struct stored *v; /* owned */
	size_t count, cap;
};

static void stored_list_done(struct stored_list *l)
{
	free(l->v);
}

static bool add_stored(struct stored_list *l, struct stored s, struct err *err)
{
	if (l->count == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 256;
		struct stored *v = realloc(l->v, cap * sizeof(*v));
		if (!v)
			return err_no_memory(err);
		l->v = v;
		l->cap = cap;
	}
	l->v[l->count++] = s;
	return true;
}

/* Every piece of @o, as a reader will see them. */
static bool list_stored(const struct opened *o, const struct groups *g, struct stored_list *l,
			struct err *err)
{
	uint64_t at = 0;
	for (size_t i = 0; i < o->part_count; i++) {
		const struct opened_part *p = &o->parts[i];
		uint32_t file = o->contents[p->content].file;
		if (o->contents[p->content].made) {
			at += p->length;
			continue;
		}
		for (uint64_t done = 0; done < p->length;) {
			struct group_piece first = groups_piece(g, file, p->offset + done);
			uint64_t left = p->length - done;
			uint64_t n = first.length < left ? first.length : left;
			struct stored s = { first, file, p->offset + done, n, at };
			if (!add_stored(l, s, err))
				return false;
			done += n;
			at += n;
		}
	}
	return true;
}

static bool find_stored_digest(struct opened *o, const struct groups *g, struct err *err)
{
	AUTO(stored_list_done) struct stored_list l = { 0 };
	AUTO(hashing_done) struct hashing h = { .g = g, .fd = -1, .chunk = malloc(CHUNK) };
	if (!h.chunk)
		return err_no_memory(err);
	if (!list_stored(o, g, &l, err) || !sha256_init(&h.hash, err))
		return false;
	qsort(l.v, l.count, sizeof(*l.v), compare_stored);
	for (size_t i = 0; i < l.count; i++)
		if (!hash_stored(&h, &l.v[i], err))
			return false;
	sha256_final(&h.hash, o->stored_sha256);
	o->stored_known = true;
	return true;
}

static struct tree_recipe recipe_of(const struct opened *o)
{
	struct tree_recipe r = { .kind = RECIPE_NONE, .size = o->vendor_size };
	if (o->exact) {
		r.kind = RECIPE_OPERATIONS;
		r.parameters = buf_slice(&o->recipe);
	}
	memcpy(r.sha256, o->vendor_sha256, SHA256_SIZE);
	return r;
}

/* --- what is made -------------------------------------------------------------------------------- */

/* The piece that is all of what @o makes; its recipe comes when those of entries are there. */
static bool add_made(struct tree_draft *d, struct opened *o, struct err *err)
{
	if (o->recipe_number >= d->made_count || d->made[o->recipe_number] != o) {
		if (d->made_count == d->made_cap) {
			size_t cap = d->made_cap ? d->made_cap * 2 : 64;
			struct opened **made = realloc(d->made, cap * sizeof(*made));
			if (!made)
				return err_no_memory(err);
			d->made = made;
			d->made_cap = cap;
		}
		o->recipe_number = (uint32_t)d->made_count;
		d->made[d->made_count++] = o;
	}
	return add_piece(
		d, (struct tree_piece) { TREE_PIECE_MADE, o->recipe_number, o->vendor_size }, err);
}

/* The pieces of its parts, and their digest. */
static bool add_parts(struct tree_draft *d, struct opened *o, const struct groups *g,
		      struct tree_recipe *r, struct err *err)
{
	if (!o->stored_known && !find_stored_digest(o, g, err))
		return false;
	memcpy(r->stored_sha256, o->stored_sha256, SHA256_SIZE);
	for (size_t i = 0; i < o->part_count; i++) {
		const struct opened_part *p = &o->parts[i];
		const struct opened_content *c = &o->contents[p->content];
		if (c->made ? !add_made(d, c->made, err)
			    : !add_pieces(d, g, c->file, p->offset, p->length, err))
			return false;
	}
	return true;
}

static bool add_opened(struct tree_draft *d, struct opened *o, const struct groups *g,
		       struct tree_entry *e, struct err *err)
{
	struct tree_recipe r = recipe_of(o);
	if (!add_parts(d, o, g, &r, err) || !add_recipe(d, &r, err))
		return false;
	e->recipe = d->tree.recipe_count;
	return true;
}

/* A recipe with pieces of its own: @name is a container's, or empty. */
static bool add_own(struct tree_draft *d, struct opened *o, struct slice name,
		    const struct groups *g, struct err *err)
{
	struct tree_recipe r = recipe_of(o);
	r.name = name;
	if (o->exact) {
		r.input_size = o->size;
		r.first_piece = d->tree.piece_count;
		if (!add_parts(d, o, g, &r, err))
			return false;
		r.piece_count = d->tree.piece_count - r.first_piece;
	}
	return add_recipe(d, &r, err);
}

/*
 * Recipes that make pieces come last, when all that need one have named theirs by its number among
 * them; they are moved to where they really are.
 */
static bool add_all_made(struct tree_draft *d, const struct groups *g, struct err *err)
{
	uint32_t before = d->tree.recipe_count;
	for (uint32_t i = 0; i < d->tree.piece_count; i++)
		if (d->tree.pieces[i].block == TREE_PIECE_MADE)
			d->tree.pieces[i].offset += before;
	for (size_t i = 0; i < d->made_count; i++)
		if (!add_own(d, d->made[i], (struct slice) { 0 }, g, err))
			return false;
	return true;
}

/* --- all of it ----------------------------------------------------------------------------------- */

static bool add_entry(struct tree_draft *d, const struct payload_entry *from,
		      const struct groups *g, struct err *err)
{
	struct tree_entry *e = &d->tree.entries[d->tree.entry_count++];
	*e = (struct tree_entry) { .path = slice_str(from->path),
				   .target = slice_str(from->target ? from->target : ""),
				   .type = from->type,
				   .mode = from->mode,
				   .mtime = from->mtime,
				   .first_piece = d->tree.piece_count };
	if (from->type != TREE_FILE)
		return true;
	e->size = from->size;
	memcpy(e->sha256, from->sha256, sizeof(e->sha256));
	if (from->opened ? !add_opened(d, from->opened, g, e, err)
			 : !add_pieces(d, g, from->file, 0, from->size, err))
		return false;
	e->piece_count = d->tree.piece_count - e->first_piece;
	d->tree.total_size += from->size;
	d->tree.file_count++;
	return true;
}

bool tree_draft_make(struct tree_draft *d, const struct payload *p, const struct groups *g,
		     struct err *err)
{
	d->tree.entries = calloc(p->count ? p->count : 1, sizeof(*d->tree.entries));
	if (!d->tree.entries)
		return err_no_memory(err);
	for (size_t i = 0; i < p->count; i++)
		if (!add_entry(d, &p->entries[i], g, err))
			return false;
	for (size_t i = 0; i < p->container_count; i++)
		if (!add_own(d, p->containers[i].opened, slice_str(p->containers[i].path), g, err))
			return false;
	return add_all_made(d, g, err);
}
