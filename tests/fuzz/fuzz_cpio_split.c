/* SPDX-License-Identifier: MIT */
/*
 * fuzz_cpio_split.c - any bytes as a cpio stream, after one byte that says in what portions they come:
 * the parts are the stream, and the portions make no difference.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cpio_split.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

struct seen {
	struct buf bytes, events;
	bool in_file;
	uint64_t left; /* of the file, as it was told */
};

static bool on_rest(void *ctx, const uint8_t *p, size_t n, struct err *err)
{
	struct seen *s = ctx;
	(void)err;
	check(!s->in_file);
	buf_add(&s->bytes, p, n);
	return true;
}

static bool on_begin(void *ctx, const char *name, uint64_t size, struct err *err)
{
	struct seen *s = ctx;
	(void)err;
	check(!s->in_file && size > 0 && strlen(name) <= TAR_NAME_MAX);
	s->in_file = true;
	s->left = size;
	buf_printf(&s->events, "%zu: %s\n", s->bytes.len, name);
	return true;
}

static bool on_bytes(void *ctx, const uint8_t *p, size_t n, struct err *err)
{
	struct seen *s = ctx;
	(void)err;
	check(s->in_file && n <= s->left);
	s->left -= n;
	buf_add(&s->bytes, p, n);
	return true;
}

static bool on_end(void *ctx, struct err *err)
{
	struct seen *s = ctx;
	(void)err;
	check(s->in_file && s->left == 0);
	s->in_file = false;
	buf_printf(&s->events, "%zu\n", s->bytes.len);
	return true;
}

/* What headers that are numbers stand for. */
static const struct cpio_file files[] = {
	{ "/usr/", "a", 200 },
	{ "/usr/", "b", 0 },
	{ "", "", 130 },
	{ "/", "large", UINT64_MAX },
};

static void split(struct slice stream, size_t portion, struct seen *s)
{
	struct err err = { 0 };
	struct tar_sink sink = { s, on_rest, on_begin, on_bytes, on_end };
	AUTO(cpio_split_done) struct cpio_split c;
	cpio_split_init(&c, &sink, files, sizeof(files) / sizeof(files[0]));
	for (size_t at = 0; at < stream.len; at += portion) {
		struct slice part = slice_part(stream, at, at + portion);
		check(cpio_split_feed(&c, part.p, part.len, &err));
	}
	check(cpio_split_finish(&c, &err));
	check(slice_equal(buf_slice(&s->bytes), stream));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1 || size > (1u << 20))
		return 0;
	struct slice stream = { data + 1, size - 1 };
	struct seen whole = { .bytes = BUF_INIT(size), .events = BUF_INIT(4u << 20) };
	struct seen parts = { .bytes = BUF_INIT(size), .events = BUF_INIT(4u << 20) };
	split(stream, size, &whole);
	split(stream, (size_t)data[0] * 7 + 1, &parts);
	check(slice_equal(buf_slice(&whole.events), buf_slice(&parts.events)));
	buf_done(&whole.bytes);
	buf_done(&whole.events);
	buf_done(&parts.bytes);
	buf_done(&parts.events);
	return 0;
}
