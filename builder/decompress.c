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

bool decompress(const char *what, struct slice data, struct buf *out, struct err *err)
{
	AUTO(reader_free) struct archive *a = archive_read_new();
	AUTO(auto_free) uint8_t *chunk = malloc(CHUNK);
	if (!a || !chunk)
		return err_no_memory(err);
	if (!data.len)
		return true;
	archive_read_support_filter_xz(a);
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_format_raw(a);
	archive_read_support_format_empty(a);
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
