/* SPDX-License-Identifier: MIT */
/* decompress.c - see decompress.h.  libarchive's filters, with its "raw" format of one file. */
#include "decompress.h"

#include <archive.h>

#define CHUNK (256u << 10)

static void reader_free(struct archive **slot)
{
	if (*slot)
		archive_read_free(*slot);
}

static void enable_filters(struct archive *a)
{
	archive_read_support_filter_xz(a);
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_format_raw(a);
	archive_read_support_format_empty(a);
}

bool decompress(const char *what, struct slice data, struct buf *out, struct err *err)
{
	AUTO(reader_free) struct archive *a = archive_read_new();
	AUTO(auto_free) uint8_t *chunk = malloc(CHUNK);
	if (!a || !chunk)
		return err_no_memory(err);
	if (!data.len)
		return true;
	enable_filters(a);
	struct archive_entry *entry;
	int r = archive_read_open_memory(a, data.p, data.len);
	if (r == ARCHIVE_OK)
		r = archive_read_next_header(a, &entry);
	if (r == ARCHIVE_EOF)
		return true; /* nothing inside */
	while (r == ARCHIVE_OK) {
		la_ssize_t n = archive_read_data(a, chunk, CHUNK);
		if (n < 0)
			r = ARCHIVE_FATAL;
		else if (n == 0)
			return buf_ok(out, what, err);
		else
			buf_add(out, chunk, (size_t)n);
		if (!buf_ok(out, what, err))
			return false;
	}
	const char *why = archive_error_string(a);
	return err_set(err, ERR_FORMAT, "%s cannot be decompressed: %s", what,
		       why ? why : "unknown reason");
}

/* --- in pieces ----------------------------------------------------------------------------------- */

struct decoder {
	struct archive *a;
	const struct source *src;
	uint64_t at, left;
	bool end;
	struct err err; /* of the source */
	uint8_t chunk[CHUNK];
};

static la_ssize_t read_more(UNUSED struct archive *a, void *ctx, const void **out)
{
	struct decoder *d = ctx;
	size_t n = d->left < CHUNK ? (size_t)d->left : CHUNK;
	if (!source_read(d->src, d->at, d->chunk, n, &d->err)) {
		archive_set_error(d->a, 5, "%s", d->err.msg);
		return -1;
	}
	d->at += n;
	d->left -= n;
	*out = d->chunk;
	return (la_ssize_t)n;
}

static bool decoder_failed(struct decoder *d, struct err *err)
{
	const char *why = archive_error_string(d->a);
	if (d->err.code != ERR_NONE)
		return err_set(err, d->err.code, "%s", d->err.msg);
	return err_set(err, ERR_FORMAT, "it cannot be decompressed: %s",
		       why ? why : "unknown reason");
}

struct decoder *decoder_open(const struct source *src, uint64_t offset, uint64_t size,
			     struct err *err)
{
	AUTO(decoder_auto_free) struct decoder *d = calloc(1, sizeof(*d));
	if (d)
		d->a = archive_read_new();
	if (!d || !d->a) {
		err_no_memory(err);
		return NULL;
	}
	d->src = src;
	d->at = offset;
	d->left = size;
	enable_filters(d->a);
	struct archive_entry *entry;
	int r = archive_read_open(d->a, d, NULL, read_more, NULL);
	if (r == ARCHIVE_OK)
		r = archive_read_next_header(d->a, &entry);
	d->end = r == ARCHIVE_EOF;
	if (r != ARCHIVE_OK && r != ARCHIVE_EOF) {
		decoder_failed(d, err);
		return NULL;
	}
	struct decoder *out = d;
	d = NULL;
	return out;
}

bool decoder_read(struct decoder *d, uint8_t *p, size_t n, size_t *got, struct err *err)
{
	la_ssize_t have = d->end ? 0 : archive_read_data(d->a, p, n);
	if (have < 0)
		return decoder_failed(d, err);
	d->end = have == 0;
	*got = (size_t)have;
	return true;
}

void decoder_free(struct decoder *d)
{
	if (d && d->a)
		archive_read_free(d->a);
	free(d);
}

void decoder_auto_free(struct decoder **slot)
{
	decoder_free(*slot);
}
