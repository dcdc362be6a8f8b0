/* SPDX-License-Identifier: MIT */
/* unpack.c - see unpack.h.  The only file that includes libarchive. */
#include "unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "interrupt.h"

#define READ_SIZE (1u << 20)

const char *unpack_version(void)
{
	const char *text = archive_version_string(); /* "libarchive 3.6.2" */
	const char *space = strrchr(text, ' ');
	return space ? space + 1 : text;
}

/* --- the private directory ---------------------------------------------------------------------- */

bool staging_open(struct staging *s, const char *near, struct err *err)
{
	char *t = NULL;
	if (asprintf(&t, "%.*s.ibbundle-unpack.XXXXXX", (int)file_dir_length(near), near) < 0)
		return err_no_memory(err);
	if (!mkdtemp(t)) {
		free(t);
		return file_error(err, "make a directory beside", near);
	}
	*s = (struct staging) { .path = t };
	return true;
}

void staging_done(struct staging *s)
{
	DIR *dir = s->path ? opendir(s->path) : NULL;
	for (struct dirent *d; dir && (d = readdir(dir));)
		unlinkat(dirfd(dir), d->d_name, 0); /* flat: "." and ".." just fail */
	if (dir)
		closedir(dir);
	if (s->path)
		rmdir(s->path);
	free(s->path);
	*s = (struct staging) { 0 };
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
static bool copy_data(struct unpack *u, struct archive_entry *entry, int fd,
		      struct payload_entry *e, struct err *err)
{
	AUTO(auto_free) uint8_t *chunk = malloc(READ_SIZE);
	AUTO(sha256_done) struct sha256 hash = { 0 };
	if (!chunk)
		return err_no_memory(err);
	if (!sha256_init(&hash, err))
		return false;
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
		sha256_update(&hash, chunk, (size_t)n);
		if (!interrupt_check(err) ||
		    !file_write_all(fd, u->staging->path, chunk, (size_t)n, err))
			return false;
	}
	if (archive_entry_size_is_set(entry) && e->size != (uint64_t)archive_entry_size(entry))
		return err_set(err, ERR_FORMAT, "'%.200s' is cut short", e->path);
	sha256_final(&hash, e->sha256);
	return true;
}

static bool add_file(struct unpack *u, struct archive_entry *entry, struct payload_entry *e,
		     struct err *err)
{
	AUTO(auto_free) char *temp = NULL;
	AUTO(auto_free) char *final = NULL;
	if (asprintf(&temp, "%s/new-%u", u->staging->path, u->staging->next++) < 0) {
		temp = NULL;
		return err_no_memory(err);
	}
	AUTO(auto_close)
	int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return file_error(err, "create", temp);
	if (!copy_data(u, entry, fd, e, err))
		return false;
	char hex[SHA256_HEX_SIZE];
	sha256_hex(e->sha256, hex);
	if (asprintf(&final, "%s/%s", u->staging->path, hex) < 0) {
		final = NULL;
		return err_no_memory(err);
	}
	if (rename(temp, final) != 0)
		return file_error(err, "write", final);
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

/* What is unpacked is what was locked. */
static bool check_digest(const char *archive, const uint8_t expected[SHA256_SIZE], struct err *err)
{
	AUTO(file_source_close) struct source src = { 0 };
	AUTO(auto_free) uint8_t *chunk = malloc(READ_SIZE);
	AUTO(sha256_done) struct sha256 hash = { 0 };
	if (!chunk)
		return err_no_memory(err);
	if (!file_source_open(archive, &src, err) || !sha256_init(&hash, err))
		return false;
	for (uint64_t at = 0; at < src.size;) {
		size_t n = src.size - at < READ_SIZE ? (size_t)(src.size - at) : READ_SIZE;
		if (!interrupt_check(err) || !source_read(&src, at, chunk, n, err))
			return false;
		sha256_update(&hash, chunk, n);
		at += n;
	}
	uint8_t found[SHA256_SIZE];
	char want[SHA256_HEX_SIZE], have[SHA256_HEX_SIZE];
	sha256_final(&hash, found);
	if (memcmp(found, expected, SHA256_SIZE) == 0)
		return true;
	sha256_hex(expected, want);
	sha256_hex(found, have);
	return err_set(err, ERR_DIGEST,
		       "'%s' has changed since it was verified: expected sha256 %s, found %s; "
		       "delete it and fetch again",
		       archive, want, have);
}

bool unpack_archive(const char *archive, const char *name, const uint8_t sha256[SHA256_SIZE],
		    struct staging *s, struct payload *out, struct err *err)
{
	if (!check_digest(archive, sha256, err))
		return false;
	AUTO(auto_archive) struct archive *a = archive_read_new();
	if (!a)
		return err_no_memory(err);
	enable_formats(a);
	struct unpack u = { .a = a, .staging = s, .out = out };
	return read_entries(&u, archive, err) || err_wrap(err, "cannot unpack '%s'", name);
}
