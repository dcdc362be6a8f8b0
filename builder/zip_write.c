/* SPDX-License-Identifier: MIT */
/* zip_write.c - see zip_write.h. */
#include "zip_write.h"

#include <archive.h>
#include <archive_entry.h>
#include <time.h>

#include "interrupt.h"
#include "progress.h"

#define CHUNK_SIZE (1u << 20)

static void auto_entry(struct archive_entry **slot)
{
	archive_entry_free(*slot);
}

static bool zip_failed(const struct zip *z, struct err *err)
{
	const char *text = archive_error_string(z->archive);
	if (z->failed.code != ERR_NONE)
		return err_set(err, z->failed.code, "%s", z->failed.msg);
	return err_set(err, ERR_SYSTEM, "cannot write '%s': %s", z->file.path,
		       text ? text : "unknown error");
}

static la_ssize_t write_out(struct archive *a, void *ctx, const void *p, size_t n)
{
	struct zip *z = ctx;
	if (outfile_write(&z->file, p, n, &z->failed))
		return (la_ssize_t)n;
	archive_set_error(a, -1, "cannot write");
	return -1;
}

bool zip_open(struct zip *z, const char *path, uint64_t mtime, struct err *err)
{
	/* a ZIP file has local time in it, which must not be that of who made it */
	if (setenv("TZ", "UTC", 1))
		return err_no_memory(err);
	tzset();
	z->mtime = (int64_t)mtime;
	z->archive = archive_write_new();
	if (!z->archive)
		return err_no_memory(err);
	return outfile_open(&z->file, path, err) &&
	       ((archive_write_set_format_zip(z->archive) == ARCHIVE_OK &&
		 archive_write_zip_set_compression_store(z->archive) == ARCHIVE_OK &&
		 archive_write_set_bytes_per_block(z->archive, 0) == ARCHIVE_OK &&
		 archive_write_open(z->archive, z, NULL, write_out, NULL) == ARCHIVE_OK) ||
		zip_failed(z, err));
}

/* Of all there could be about a file, only what is needed. */
static bool add_header(struct zip *z, const char *name, unsigned mode, uint64_t size,
		       struct err *err)
{
	AUTO(auto_entry) struct archive_entry *e = archive_entry_new();
	if (!e)
		return err_no_memory(err);
	archive_entry_set_pathname(e, name);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, mode);
	archive_entry_set_size(e, (la_int64_t)size);
	archive_entry_set_mtime(e, z->mtime, 0);
	return archive_write_header(z->archive, e) == ARCHIVE_OK || zip_failed(z, err);
}

static bool add_data(struct zip *z, const void *p, size_t n, struct err *err)
{
	return archive_write_data(z->archive, p, n) == (la_ssize_t)n || zip_failed(z, err);
}

bool zip_add(struct zip *z, const char *name, unsigned mode, const struct source *src,
	     struct err *err)
{
	AUTO(auto_free) uint8_t *chunk = malloc(CHUNK_SIZE);
	if (!chunk)
		return err_no_memory(err);
	if (!add_header(z, name, mode, src->size, err))
		return false;
	for (uint64_t at = 0; at < src->size;) {
		size_t n = src->size - at < CHUNK_SIZE ? (size_t)(src->size - at) : CHUNK_SIZE;
		if (!interrupt_check(err) || !source_read(src, at, chunk, n, err) ||
		    !add_data(z, chunk, n, err))
			return false;
		at += n;
		progress_add(n);
	}
	return true;
}

bool zip_add_text(struct zip *z, const char *name, unsigned mode, struct slice text,
		  struct err *err)
{
	return add_header(z, name, mode, text.len, err) && add_data(z, text.p, text.len, err);
}

bool zip_commit(struct zip *z, struct err *err)
{
	return (archive_write_close(z->archive) == ARCHIVE_OK || zip_failed(z, err)) &&
	       outfile_sync(&z->file, err) && outfile_commit(&z->file, 0666, err);
}

void zip_done(struct zip *z)
{
	if (z->archive)
		archive_write_free(z->archive);
	z->archive = NULL;
	outfile_done(&z->file);
}
