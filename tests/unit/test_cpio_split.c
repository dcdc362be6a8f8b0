/* SPDX-License-Identifier: MIT */
/* test_cpio_split.c - payloads of .rpm files cut into parts that are, together, the payload. */
#include "cpio_split.h"

#include "support.h"

#define STREAM_MAX (1u << 16)

/* What was seen: files by name, and all bytes in order. */
struct seen {
	struct buf names, all;
	uint64_t left;
};

static bool rest(void *ctx, const uint8_t *p, size_t n, struct err *err)
{
	struct seen *s = ctx;
	(void)err;
	assert_int_equal(s->left, 0);
	buf_add(&s->all, p, n);
	return true;
}

static bool file_begin(void *ctx, const char *name, uint64_t size, struct err *err)
{
	struct seen *s = ctx;
	(void)err;
	buf_printf(&s->names, "%.20s %llu|", name, (unsigned long long)size);
	s->left = size;
	return true;
}

static bool file_bytes(void *ctx, const uint8_t *p, size_t n, struct err *err)
{
	struct seen *s = ctx;
	(void)err;
	assert_true(n <= s->left);
	s->left -= n;
	buf_add(&s->all, p, n);
	return true;
}

static bool file_end(void *ctx, struct err *err)
{
	struct seen *s = ctx;
	(void)err;
	assert_int_equal(s->left, 0);
	return true;
}

static const struct cpio_file stripped_files[] = {
	{ "/usr/", "a", 200 },
	{ "/usr/", "b", 0 },
	{ "/usr/", "small", 5 },
	{ "/usr/", "too large", UINT64_C(1) << 41 },
};

/* In steps of @step bytes: nothing may depend on where the stream is cut. */
static void split(struct slice stream, size_t step, struct seen *out)
{
	struct tar_sink sink = { out, rest, file_begin, file_bytes, file_end };
	AUTO(cpio_split_done) struct cpio_split c;
	struct err err = { 0 };
	*out = (struct seen) { .names = BUF_INIT(STREAM_MAX), .all = BUF_INIT(STREAM_MAX) };
	cpio_split_init(&c, &sink, stripped_files, COUNT_OF(stripped_files));
	for (size_t at = 0; at < stream.len; at += step) {
		struct slice part = slice_part(stream, at, at + step);
		assert_ok(cpio_split_feed(&c, part.p, part.len, &err));
	}
	assert_ok(cpio_split_finish(&c, &err));
	assert_true(slice_equal(buf_slice(&out->all), stream));
}

static void pad(struct buf *b)
{
	while (b->len % 4)
		buf_add(b, "", 1);
}

static void content(struct buf *b, size_t size)
{
	for (size_t i = 0; i < size; i++)
		buf_add(b, &"0707"[i % 4], 1); /* as good as a header */
	pad(b);
}

static void newc(struct buf *b, const char *magic, uint32_t mode, const char *name, size_t size)
{
	buf_printf(b, "%s%08X%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", magic, 1, mode, 0,
		   0, 1, 0x64000000, (unsigned)size, 0, 0, 0, 0, (unsigned)strlen(name) + 1, 0);
	buf_add(b, name, strlen(name) + 1);
	pad(b);
	content(b, size);
}

static void stripped(struct buf *b, uint32_t number, size_t size)
{
	buf_printf(b, "07070X%08x", number);
	pad(b);
	content(b, size);
}

enum { FILE_MODE = 0100644, DIR_MODE = 040755, LINK_MODE = 0120777 };

static void make_plain(struct buf *b)
{
	newc(b, "070701", DIR_MODE, "./usr", 0);
	newc(b, "070701", FILE_MODE, "./usr/a", 201);
	newc(b, "070702", FILE_MODE, "./usr/bc", 130);
	newc(b, "070701", LINK_MODE, "./usr/l", 129);
	newc(b, "070701", FILE_MODE, "./usr/small", 127);
	newc(b, "070701", FILE_MODE, "./usr/hard", 0);
	newc(b, "070701", FILE_MODE, "./usr/d", 128);
	newc(b, "070701", 0, "TRAILER!!!", 0);
}

static void make_more(struct buf *b)
{
	make_plain(b);
	newc(b, "070701", FILE_MODE, "./usr/e", 128);
}

static void make_stripped(struct buf *b)
{
	stripped(b, 0, 200);
	stripped(b, 1, 0);
	stripped(b, 2, 5);
	stripped(b, 0, 200);
	newc(b, "070701", 0, "TRAILER!!!", 0);
}

static void make_number(struct buf *b)
{
	stripped(b, 0, 200);
	stripped(b, 4, 200);
	stripped(b, 0, 200);
}

static void make_huge(struct buf *b)
{
	stripped(b, 3, 200);
	stripped(b, 0, 200);
}

static void make_digits(struct buf *b)
{
	newc(b, "070701", FILE_MODE, "./a", 200);
	size_t at = b->len;
	newc(b, "070701", FILE_MODE, "./b", 200);
	b->p[at + 14] = 'g';
}

static void make_odd(struct buf *b)
{
	newc(b, "070707", FILE_MODE, "./a", 200);
}

static void make_long(struct buf *b)
{
	char name[TAR_NAME_MAX + 2];
	memset(name, 'n', sizeof(name) - 1);
	name[TAR_NAME_MAX - 1] = '\0';
	newc(b, "070701", FILE_MODE, name, 200);
	name[TAR_NAME_MAX - 1] = 'n';
	name[TAR_NAME_MAX] = '\0';
	newc(b, "070701", FILE_MODE, name, 200);
	newc(b, "070701", FILE_MODE, "./a", 200);
}

static void make_short(struct buf *b)
{
	newc(b, "070701", FILE_MODE, "./a", 200);
	b->len -= 10;
}

static void make_cut(struct buf *b)
{
	newc(b, "070701", FILE_MODE, "./a", 200);
	newc(b, "070701", FILE_MODE, "./b", 200);
	b->len -= 250;
}

static void make_nothing(struct buf *b)
{
	(void)b;
}

static void make_three(struct buf *b)
{
	buf_add_str(b, "070");
}

#define LONG_START "nnnnnnnnnnnnnnnnnnnn"

static const struct {
	void (*make)(struct buf *b);
	const char *names, *why;
} streams[] = {
	{ make_plain, "./usr/a 201|./usr/bc 130|./usr/d 128|",
	  "files of some size; no directories, links, small ones" },
	{ make_more, "./usr/a 201|./usr/bc 130|./usr/d 128|", "what comes after the end is rest" },
	{ make_stripped, "./usr/a 200|./usr/a 200|", "headers of numbers" },
	{ make_number, "./usr/a 200|", "a number that the package does not have" },
	{ make_huge, "", "a size that nobody has" },
	{ make_digits, "./a 200|", "a digit that is none" },
	{ make_odd, "", "cpio of another kind" },
	{ make_long, LONG_START " 200|", "names up to a limit" },
	{ make_short, "./a 200|", "cut in a file" },
	{ make_cut, "./a 200|", "cut in a header" },
	{ make_nothing, "", "nothing" },
	{ make_three, "", "not even a magic" },
};

static void test_streams(void **state)
{
	(void)state;
	static const size_t steps[] = { STREAM_MAX, 1, 7, 110, 112, 512 };
	for (size_t i = 0; i < COUNT_OF(streams); i++) {
		AUTO(buf_done) struct buf b = BUF_INIT(STREAM_MAX);
		streams[i].make(&b);
		assert_false(b.bad);
		for (size_t k = 0; k < COUNT_OF(steps); k++) {
			struct seen s;
			split(buf_slice(&b), steps[k], &s);
			if (strcmp(buf_str(&s.names), streams[i].names) != 0)
				fail_msg("%s, in steps of %zu: %s", streams[i].why, steps[k],
					 buf_str(&s.names));
			buf_done(&s.names);
			buf_done(&s.all);
		}
	}
}

static bool refuse(void *ctx, const uint8_t *p, size_t n, struct err *err)
{
	(void)ctx;
	(void)p;
	(void)n;
	return err_set(err, ERR_SYSTEM, "full");
}

static bool refuse_file(void *ctx, const char *name, uint64_t size, struct err *err)
{
	(void)name;
	(void)size;
	return refuse(ctx, NULL, 0, err);
}

static bool refuse_end(void *ctx, struct err *err)
{
	return refuse(ctx, NULL, 0, err);
}

/* A sink that fails ends it, wherever it is. */
static void test_sink_fails(void **state)
{
	(void)state;
	AUTO(buf_done) struct buf b = BUF_INIT(STREAM_MAX);
	make_plain(&b);
	for (int which = 0; which < 4; which++) {
		struct seen s = { .names = BUF_INIT(STREAM_MAX), .all = BUF_INIT(STREAM_MAX) };
		struct tar_sink sink = { &s, which == 0 ? refuse : rest,
					 which == 1 ? refuse_file : file_begin,
					 which == 2 ? refuse : file_bytes,
					 which == 3 ? refuse_end : file_end };
		AUTO(cpio_split_done) struct cpio_split c;
		struct err err = { 0 };
		cpio_split_init(&c, &sink, NULL, 0);
		assert_fails(cpio_split_feed(&c, b.p, b.len, &err), ERR_SYSTEM, "full");
		buf_done(&s.names);
		buf_done(&s.all);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_sink_fails),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
