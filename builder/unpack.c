/* SPDX-License-Identifier: MIT */
/* unpack.c - see unpack.h.  The only file that includes libarchive. */
#include "unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "file.h"
#include "interrupt.h"

#define READ_SIZE (1u << 20)

const char *unpack_version(void)
{
	const char *text = archive_version_string(); /* "libarchive 3.6.2" */
	const char *space = strrchr(text, ' ');
	return space ? space + 1 : text;
}

/* --- one archive --------------------------------------------------------------------------------- */

struct unpack {
	struct archive *a;
	struct staging *staging;
	struct payload *out;
	uint64_t total;
};

static void auto_archive(struct archive **slot)
{
	archive_read_free(*slot);
}

static bool archive_failed(const struct unpack *u, struct err *err)
{
	const char *text = archive_error_string(u->a);
	return err_set(err, ERR_FORMAT, "%s", text ? text : "unknown error");
}

/* Until the entry's end, hashing.  The size in the header, where there is one, is exact. */
static bool copy_data(struct unpack *u, struct archive_entry *entry, struct staged *f,
		      struct payload_entry *e, struct err *err)
{
	AUTO(auto_free) uint8_t *chunk = malloc(READ_SIZE);
	if (!chunk)
		return err_no_memory(err);
	for (;;) {
		la_ssize_t n = archive_read_data(u->a, chunk, READ_SIZE);
		if (n < 0)
			return archive_failed(u, err);
		if (n == 0)
			break;
		e->size += (uint64_t)n;
		u->total += (uint64_t)n;
		if (u->total > UNPACK_BYTES_MAX)
			return err_set(err, ERR_FORMAT, "it unpacks to more than %llu bytes",
				       (unsigned long long)UNPACK_BYTES_MAX);
		if (!interrupt_check(err) || !staged_write(f, chunk, (size_t)n, err))
			return false;
	}
	if (archive_entry_size_is_set(entry) && e->size != (uint64_t)archive_entry_size(entry))
		return err_set(err, ERR_FORMAT, "'%.200s' is cut short", e->path);
	return staged_end(f, e->sha256, err);
}

static bool add_file(struct unpack *u, struct archive_entry *entry, struct payload_entry *e,
		     struct err *err)
{
	AUTO(staged_done) struct staged f = STAGED_INIT;
	if (!staged_begin(&f, u->staging, err) || !copy_data(u, entry, &f, e, err))
		return false;
	AUTO(auto_free) char *final = staging_path(u->staging, e->sha256);
	if (!final)
		return err_no_memory(err);
	e->from = final;
	return payload_add(u->out, "", e, err);
}

/* A second name of a file that stands before it in the archive: the same content again. */
static bool add_hardlink(struct unpack *u, struct payload_entry *e, const char *to, struct err *err)
{
	while (strncmp(to, "./", 2) == 0)
		to += 2;
	for (size_t i = u->out->count; i > 0; i--) {
		struct payload_entry first = u->out->entries[i - 1];
		if (first.type != TREE_FILE || strcmp(first.path, to) != 0)
			continue;
		first.path = e->path;
		return payload_add(u->out, "", &first, err);
	}
	return err_set(err, ERR_FORMAT, "'%.200s' is a hard link to nothing", e->path);
}

static int64_t entry_time(struct archive_entry *entry)
{
	int64_t t = archive_entry_mtime_is_set(entry) ? (int64_t)archive_entry_mtime(entry) : 0;
	return t < 0 ? 0 : t > TREE_MTIME_MAX ? TREE_MTIME_MAX : t;
}

/* The path without a leading "./" and a final "/"; "" for the archive's own top. */
static char *entry_path(struct archive_entry *entry)
{
	const char *raw = archive_entry_pathname_utf8(entry);
	if (!raw)
		raw = archive_entry_pathname(entry);
	if (!raw)
		raw = "/"; /* refused as unsafe */
	while (strncmp(raw, "./", 2) == 0)
		raw += 2;
	if (strcmp(raw, ".") == 0)
		raw = "";
	size_t n = strlen(raw);
	if (n > 1 && raw[n - 1] == '/')
		n--;
	return strndup(raw, n);
}

static bool add_entry(struct unpack *u, struct archive_entry *entry, struct err *err)
{
	AUTO(auto_free) char *path = entry_path(entry);
	if (!path)
		return err_no_memory(err);
	if (!*path)
		return true;
	uint32_t mode = (uint32_t)archive_entry_perm(entry);
	struct payload_entry e = { .path = path, .mtime = entry_time(entry) };
	const char *hardlink = archive_entry_hardlink(entry);
	if (hardlink) {
		e.type = TREE_FILE;
		return add_hardlink(u, &e, hardlink, err);
	}
	switch (archive_entry_filetype(entry)) {
	case AE_IFREG:
		e.type = TREE_FILE;
		e.mode = mode & 0777;
		return add_file(u, entry, &e, err);
	case AE_IFDIR:
		e.type = TREE_DIR;
		e.mode = mode & TREE_MODE_MASK;
		return payload_add(u->out, "", &e, err);
	case AE_IFLNK:
		e.type = TREE_SYMLINK;
		e.mode = 0777;
		e.target = (char *)(uintptr_t)archive_entry_symlink(entry);
		return e.target ? payload_add(u->out, "", &e, err) : archive_failed(u, err);
	default:
		return err_set(err, ERR_FORMAT,
			       "'%.200s' is neither file nor directory nor symlink", path);
	}
}

static void enable_formats(struct archive *a)
{
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_format_tar(a);
	archive_read_support_format_zip(a);
	archive_read_support_format_iso9660(a);
	archive_read_support_format_cab(a);
}

static bool read_entries(struct unpack *u, const char *archive, struct err *err)
{
	if (archive_read_open_filename(u->a, archive, READ_SIZE) != ARCHIVE_OK)
		return archive_failed(u, err);
	for (;;) {
		struct archive_entry *entry;
		int rc = archive_read_next_header(u->a, &entry);
		if (rc == ARCHIVE_EOF)
			return true;
		if (rc < ARCHIVE_WARN)
			return archive_failed(u, err);
		if (!add_entry(u, entry, err))
			return false;
	}
}

bool unpack_archive(const char *archive, const char *name, const uint8_t sha256[SHA256_SIZE],
		    struct staging *s, struct payload *out, struct err *err)
{
	AUTO(file_source_close) struct source src = { 0 };
	if (!file_source_open(archive, &src, err) || !file_check_sha256(&src, sha256, err))
		return false;
	AUTO(auto_archive) struct archive *a = archive_read_new();
	if (!a)
		return err_no_memory(err);
	enable_formats(a);
	struct unpack u = { .a = a, .staging = s, .out = out };
	return read_entries(&u, archive, err) || err_wrap(err, "cannot unpack '%s'", name);
}
