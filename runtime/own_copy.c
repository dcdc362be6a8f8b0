/* SPDX-License-Identifier: MIT */
/* own_copy.c - see own_copy.h. */
#include "own_copy.h"

#include "platform.h"
#include "self.h"
#include "stub.h"

/* This program is a stub alone, or that of a bundle: of this one or of any other. */
static bool own_stub_size(const struct source *self, uint64_t *out, struct err *err)
{
	struct locator_place place;
	struct locator l;
	*out = self->size;
	if (!self_locator_offset())
		return true;
	if (!locator_find(self, &place, err) || !locator_read(self, &place, &l, err))
		return false;
	*out = l.stub_size;
	return true;
}

static bool add_bytes(const struct source *src, uint64_t from, uint64_t to, struct buf *out,
		      struct err *err)
{
	AUTO(auto_free) uint8_t *bytes = NULL;
	if (to == from)
		return true;
	if (!source_read_alloc(src, src->name, from, to - from, OWN_COPY_MAX, &bytes, err))
		return false;
	buf_add(out, bytes, (size_t)(to - from));
	return buf_ok(out, "a copy of this program", err);
}

/* The place of every block: not in this file. */
static void add_places(const struct bundle *b, struct buf *out)
{
	for (uint32_t i = 0; i < b->table.count; i++)
		buf_add_u64le(out, BLOCK_NOT_HERE);
}

static bool set_placeholder(struct buf *out, size_t stub_size, uint64_t offset, struct err *err)
{
	size_t at;
	if (!stub_find_placeholder((struct slice) { out->p, stub_size }, &at, err))
		return false;
	for (size_t i = 0; i < sizeof(offset); i++)
		out->p[at + STUB_MAGIC_SIZE + i] = (uint8_t)(offset >> 8 * i);
	return true;
}

bool own_copy_make(const struct bundle *b, struct buf *out, struct err *err)
{
	AUTO(platform_source_close) struct source self = { 0 };
	uint64_t stub_size;
	if (!platform_source_open("", &self, err) || !own_stub_size(&self, &stub_size, err) ||
	    !add_bytes(&self, 0, stub_size, out, err))
		return false;
	struct locator l = locator_moved(&b->locator, stub_size, stub_size);
	add_places(b, out);
	return add_bytes(&b->src, b->locator.table.offset, b->place.offset, out, err) &&
	       set_placeholder(out, (size_t)stub_size, out->len, err) &&
	       locator_write(&l, out, err) && buf_ok(out, "a copy of this program", err);
}
