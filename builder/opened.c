/* SPDX-License-Identifier: MIT */
/* opened.c - see opened.h. */
#include "opened.h"

#include <string.h>

void opened_done(struct opened *o)
{
	for (size_t i = 0; i < o->content_count; i++) {
		free(o->contents[i].name);
		free(o->contents[i].from);
	}
	free(o->contents);
	free(o->parts);
	buf_done(&o->recipe);
	*o = (struct opened) { 0 };
}

static bool add_content(struct opened *out, const char *name, struct err *err)
{
	if (out->content_count == OPENED_CONTENTS_MAX)
		return err_set(err, ERR_FORMAT, "there are more than %u files in it",
			       OPENED_CONTENTS_MAX);
	if (out->content_count == out->content_cap) {
		size_t cap = out->content_cap ? out->content_cap * 2 : 16;
		struct opened_content *contents = realloc(out->contents, cap * sizeof(*contents));
		if (!contents)
			return err_no_memory(err);
		out->contents = contents;
		out->content_cap = cap;
	}
	struct opened_content *c = &out->contents[out->content_count];
	*c = (struct opened_content) { .name = strdup(name) };
	out->content_count++;
	return c->name || err_no_memory(err);
}

/* @length more bytes of @content; runs that touch become one. */
static bool add_part(struct opened *out, uint32_t content, uint64_t offset, uint64_t length,
		     struct err *err)
{
	struct opened_part *last = out->part_count ? &out->parts[out->part_count - 1] : NULL;
	if (last && last->content == content && last->offset + last->length == offset) {
		last->length += length;
		return true;
	}
	if (out->part_count == out->part_cap) {
		size_t cap = out->part_cap ? out->part_cap * 2 : 32;
		struct opened_part *parts = realloc(out->parts, cap * sizeof(*parts));
		if (!parts)
			return err_no_memory(err);
		out->parts = parts;
		out->part_cap = cap;
	}
	out->parts[out->part_count++] = (struct opened_part) { content, offset, length };
	return true;
}

bool opened_set_whole(struct opened *o, const char *name, const char *from, struct err *err)
{
	if (!add_content(o, name, err))
		return false;
	struct opened_content *c = o->contents;
	c->size = o->size;
	memcpy(c->sha256, o->sha256, SHA256_SIZE);
	c->from = strdup(from);
	return c->from ? add_part(o, 0, 0, o->size, err) : err_no_memory(err);
}

char *opened_content_path(const struct opened *o, size_t index)
{
	const struct opened_content *c = &o->contents[index];
	return c->from ? strdup(c->from) : staging_path(o->staging, c->sha256);
}

bool opener_begin(struct opener *o, struct opened *out, struct staging *s, const char *name,
		  uint64_t limit, struct err *err)
{
	o->out = out;
	out->staging = s;
	o->staging = s;
	o->limit = limit;
	return add_content(out, name, err) && staged_begin(&o->frame, s, err) &&
	       sha256_init(&o->hash, err);
}

static bool count(struct opener *o, const void *p, size_t n, struct err *err)
{
	if (n > o->limit - o->out->size)
		return err_set(err, ERR_FORMAT, "it unpacks to more than %llu bytes",
			       (unsigned long long)o->limit);
	o->out->size += n;
	sha256_update(&o->hash, p, n);
	return true;
}

bool opener_frame(struct opener *o, const void *p, size_t n, struct err *err)
{
	uint64_t at = o->frame_size;
	if (n == 0)
		return true;
	o->frame_size += n;
	return count(o, p, n, err) && staged_write(&o->frame, p, n, err) &&
	       add_part(o->out, 0, at, n, err);
}

bool opener_file_begin(struct opener *o, const char *name, struct err *err)
{
	o->in_file = true;
	return add_content(o->out, name, err) && staged_begin(&o->file, o->staging, err);
}

bool opener_file_bytes(struct opener *o, const void *p, size_t n, struct err *err)
{
	return count(o, p, n, err) && staged_write(&o->file, p, n, err);
}

bool opener_file_end(struct opener *o, struct err *err)
{
	if (!o->in_file)
		return true;
	uint32_t index = (uint32_t)(o->out->content_count - 1);
	struct opened_content *c = &o->out->contents[index];
	c->size = o->file.size;
	o->in_file = false;
	if (c->size == 0) { /* cut short at once */
		free(c->name);
		o->out->content_count--;
		return true;
	}
	return staged_end(&o->file, c->sha256, err) && add_part(o->out, index, 0, c->size, err);
}

bool opener_end(struct opener *o, struct err *err)
{
	struct opened_content *frame = o->out->contents;
	if (!opener_file_end(o, err) || !staged_end(&o->frame, frame->sha256, err))
		return false;
	frame->size = o->frame_size;
	sha256_final(&o->hash, o->out->sha256);
	return true;
}

void opener_done(struct opener *o)
{
	staged_done(&o->frame);
	staged_done(&o->file);
	sha256_done(&o->hash);
}

/* --- as a sink --- */

static bool rest(void *ctx, const uint8_t *p, size_t n, struct err *err)
{
	return opener_frame(ctx, p, n, err);
}

static bool file_begin(void *ctx, const char *name, UNUSED uint64_t size, struct err *err)
{
	return opener_file_begin(ctx, name, err);
}

static bool file_bytes(void *ctx, const uint8_t *p, size_t n, struct err *err)
{
	return opener_file_bytes(ctx, p, n, err);
}

static bool file_end(void *ctx, struct err *err)
{
	return opener_file_end(ctx, err);
}

struct tar_sink opener_sink(struct opener *o)
{
	return (struct tar_sink) { o, rest, file_begin, file_bytes, file_end };
}
