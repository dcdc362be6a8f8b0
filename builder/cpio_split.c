/* SPDX-License-Identifier: MIT */
/*
 * cpio_split.c - see cpio_split.h.
 *
 * Headers and contents begin at multiples of 4 from the start of the stream, so no offset is kept: the
 * padding follows from the sizes alone.
 */
#include "cpio_split.h"

#include <string.h>

#define MAGIC_SIZE 6
#define FIELD_SIZE 8
#define STRIPPED_SIZE 14
#define STRIPPED_NAME_MAX 2000 /* of either part of a name */
#define CPIO_SIZE_MAX (UINT64_C(1) << 40)
#define PADDING(n) ((4 - (n) % 4) % 4)

/* Fields of a newc header, counted from 0. */
enum { FIELD_MODE = 1, FIELD_SIZE_OF_FILE = 6, FIELD_NAME_SIZE = 11 };

#define MODE_TYPE 0170000u
#define MODE_FILE 0100000u

void cpio_split_init(struct cpio_split *c, const struct tar_sink *sink,
		     const struct cpio_file *files, size_t file_count)
{
	*c = (struct cpio_split) { .sink = *sink,
				   .files = files,
				   .file_count = file_count,
				   .want = MAGIC_SIZE,
				   .name = BUF_INIT(TAR_NAME_MAX) };
}

void cpio_split_done(struct cpio_split *c)
{
	buf_done(&c->name);
}

/* Eight hex digits of the header. */
static bool field(const struct cpio_split *c, size_t index, uint32_t *out)
{
	const uint8_t *p = c->header + MAGIC_SIZE + index * FIELD_SIZE;
	uint32_t v = 0;
	for (size_t i = 0; i < FIELD_SIZE; i++) {
		uint32_t low = p[i] | 0x20u;
		if (p[i] >= '0' && p[i] <= '9')
			v = v << 4 | (uint32_t)(p[i] - '0');
		else if (low >= 'a' && low <= 'f')
			v = v << 4 | (low - 'a' + 10);
		else
			return false;
	}
	*out = v;
	return true;
}

static void expect_header(struct cpio_split *c)
{
	c->state = CPIO_HEADER;
	c->have = 0;
	c->want = MAGIC_SIZE;
}

static void begin_name(struct cpio_split *c)
{
	uint32_t mode, size, name_size;
	if (!field(c, FIELD_MODE, &mode) || !field(c, FIELD_SIZE_OF_FILE, &size) ||
	    !field(c, FIELD_NAME_SIZE, &name_size) || name_size > TAR_NAME_MAX) {
		c->state = CPIO_REST;
		return;
	}
	c->is_file = (mode & MODE_TYPE) == MODE_FILE;
	c->size = size;
	c->left = name_size;
	c->padding = PADDING(CPIO_HEADER_SIZE + name_size);
	c->state = CPIO_NAME;
}

/* A header that has only the number of a file: all else is known from the package's. */
static void begin_stripped(struct cpio_split *c)
{
	uint32_t index;
	if (!field(c, 0, &index) || index >= c->file_count ||
	    c->files[index].size > CPIO_SIZE_MAX) {
		c->state = CPIO_REST;
		return;
	}
	const struct cpio_file *f = &c->files[index];
	buf_printf(&c->name, ".%.*s%.*s", STRIPPED_NAME_MAX, f->dir, STRIPPED_NAME_MAX, f->base);
	c->is_file = true;
	c->size = f->size;
	c->left = 0;
	c->padding = PADDING(STRIPPED_SIZE);
	c->state = CPIO_NAME;
}

/* All that was asked for of a header is there. */
static bool take_header(struct cpio_split *c, struct err *err)
{
	bool newc = memcmp(c->header, "070701", MAGIC_SIZE) == 0 ||
		    memcmp(c->header, "070702", MAGIC_SIZE) == 0;
	bool stripped = memcmp(c->header, "07070X", MAGIC_SIZE) == 0;
	if (c->have == MAGIC_SIZE && (newc || stripped)) {
		c->want = newc ? CPIO_HEADER_SIZE : STRIPPED_SIZE;
		return true;
	}
	size_t have = c->have;
	c->have = 0;
	buf_done(&c->name);
	c->name = BUF_INIT(TAR_NAME_MAX);
	if (newc)
		begin_name(c);
	else if (stripped)
		begin_stripped(c);
	else
		c->state = CPIO_REST;
	return c->sink.rest(c->sink.ctx, c->header, have, err);
}

/* The header and its name are there: the content follows. */
static bool begin_content(struct cpio_split *c, struct err *err)
{
	if (c->name.bad)
		return buf_ok(&c->name, "a name", err);
	if (strcmp(buf_str(&c->name), "TRAILER!!!") == 0) {
		c->state = CPIO_REST;
		return true;
	}
	bool file = c->is_file && c->size >= CPIO_FILE_MIN;
	c->state = file ? CPIO_FILE : CPIO_SKIP;
	c->left = file ? c->size : c->size + PADDING(c->size);
	return !file || c->sink.file_begin(c->sink.ctx, buf_str(&c->name), c->size, err);
}

/* What was being read has been seen to its end. */
static bool next(struct cpio_split *c, struct err *err)
{
	switch (c->state) {
	case CPIO_NAME:
		c->state = CPIO_NAME_END;
		c->left = c->padding;
		return true;
	case CPIO_NAME_END:
		return begin_content(c, err);
	case CPIO_FILE:
		c->state = CPIO_SKIP;
		c->left = PADDING(c->size);
		return c->sink.file_end(c->sink.ctx, err);
	default:
		expect_header(c);
		return true;
	}
}

static bool take_data(struct cpio_split *c, struct slice s, struct err *err)
{
	c->left -= s.len;
	if (c->state == CPIO_NAME)
		buf_add(&c->name, s.p, s.len);
	return c->state == CPIO_FILE ? c->sink.file_bytes(c->sink.ctx, s.p, s.len, err)
				     : c->sink.rest(c->sink.ctx, s.p, s.len, err);
}

bool cpio_split_feed(struct cpio_split *c, const uint8_t *p, size_t n, struct err *err)
{
	for (struct rd r = rd_new((struct slice) { p, n }); r.left;) {
		if (c->state == CPIO_REST)
			return c->sink.rest(c->sink.ctx, r.p, r.left, err);
		if (c->state == CPIO_HEADER) {
			size_t want = c->want - c->have;
			struct slice s = rd_take(&r, r.left < want ? r.left : want);
			memcpy(c->header + c->have, s.p, s.len);
			c->have += s.len;
			if (c->have == c->want && !take_header(c, err))
				return false;
		} else if (!take_data(c, rd_take(&r, r.left < c->left ? r.left : c->left), err)) {
			return false;
		}
		while (c->state != CPIO_HEADER && c->state != CPIO_REST && c->left == 0)
			if (!next(c, err))
				return false;
	}
	return true;
}

bool cpio_split_finish(struct cpio_split *c, struct err *err)
{
	size_t have = c->have;
	c->have = 0;
	return have == 0 || c->sink.rest(c->sink.ctx, c->header, have, err);
}
