/* SPDX-License-Identifier: MIT */
/* file.c - see file.h. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "interrupt.h"

#define HASH_CHUNK (1u << 20)

void auto_close(const int *fd)
{
	int saved = errno;
	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

bool file_error(struct err *err, const char *verb, const char *path)
{
	bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
	return err_set(err, full ? ERR_NO_SPACE : ERR_SYSTEM, "cannot %s '%s': %s", verb, path,
		       strerror(errno));
}

static ssize_t read_some(int fd, void *p, size_t n)
{
	ssize_t got;
	do
		got = read(fd, p, n);
	while (got < 0 && errno == EINTR);
	return got;
}

bool file_read(const char *path, size_t max, struct buf *out, struct err *err)
{
	AUTO(auto_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return file_error(err, "open", path);
	AUTO(buf_done) struct buf content = BUF_INIT(max);
	uint8_t chunk[16384];
	ssize_t n;
	while ((n = read_some(fd, chunk, sizeof(chunk))) > 0 && !content.bad)
		buf_add(&content, chunk, (size_t)n);
	if (n < 0)
		return file_error(err, "read", path);
	char name[PATH_MAX + 2];
	snprintf(name, sizeof(name), "'%s'", path);
	if (!buf_ok(&content, name, err))
		return false;
	*out = content;
	content = (struct buf) { 0 };
	return true;
}

bool file_write_at(int fd, const char *path, uint64_t at, const void *p, size_t n, struct err *err)
{
	const uint8_t *from = p;
	while (n > 0) {
		ssize_t done = pwrite(fd, from, n, (off_t)at);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return file_error(err, "write", path);
		from += done;
		n -= (size_t)done;
		at += (uint64_t)done;
	}
	return true;
}

bool file_write_all(int fd, const char *path, const void *p, size_t n, struct err *err)
{
	const uint8_t *at = p;
	while (n > 0) {
		ssize_t done = write(fd, at, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return file_error(err, "write", path);
		at += done;
		n -= (size_t)done;
	}
	return true;
}

size_t file_dir_length(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? (size_t)(slash - path) + 1 : 0;
}

static bool dir_sync(const char *path, struct err *err)
{
	size_t len = file_dir_length(path);
	char dir[PATH_MAX];
	if (len >= sizeof(dir))
		return err_set(err, ERR_SYSTEM, "the path '%.60s...' is too long", path);
	memcpy(dir, len ? path : ".", len ? len : 1);
	dir[len ? len : 1] = '\0';
	AUTO(auto_close) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* some network file systems can't sync a directory: then the rename is as durable as it gets */
	if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL && errno != ENOTSUP))
		return file_error(err, "sync directory", dir);
	return true;
}

bool file_rename(const char *from, const char *to, struct err *err)
{
	if (rename(from, to) != 0)
		return file_error(err, "rename to", to);
	return dir_sync(to, err);
}

static bool write_temp(int fd, const char *temp, struct slice content, mode_t mode, struct err *err)
{
	if (!file_write_all(fd, temp, content.p, content.len, err))
		return false;
	if (fchmod(fd, mode) != 0 || fsync(fd) != 0)
		return file_error(err, "write", temp);
	return true;
}

bool file_write_atomic(const char *path, struct slice content, mode_t mode, struct err *err)
{
	size_t dir = file_dir_length(path);
	char temp[PATH_MAX];
	int n = snprintf(temp, sizeof(temp), "%.*s.%s.XXXXXX", (int)dir, path, path + dir);
	if (n < 0 || (size_t)n >= sizeof(temp))
		return err_set(err, ERR_SYSTEM, "the path '%.60s...' is too long", path);
	AUTO(auto_close) int fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0)
		return file_error(err, "create a file beside", path);
	if (!write_temp(fd, temp, content, mode, err) || !file_rename(temp, path, err)) {
		unlink(temp);
		return false;
	}
	return true;
}

struct open_file {
	int fd;
	char path[]; /* what source.name points at */
};

static bool read_at(void *ctx, uint64_t offset, void *out, size_t len, struct err *err)
{
	const struct open_file *h = ctx;
	uint8_t *at = out;
	while (len > 0) {
		ssize_t n = pread(h->fd, at, len, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return file_error(err, "read", h->path);
		if (n == 0)
			return err_set(err, ERR_FORMAT, "'%s' became shorter while it was read",
				       h->path);
		at += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
	}
	return true;
}

bool file_source_open(const char *path, struct source *out, struct err *err)
{
	/* O_NONBLOCK: a pipe would wait for somebody who writes, perhaps for ever */
	AUTO(auto_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) != 0)
		return file_error(err, "open", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_SYSTEM, "'%s' is not a regular file", path);
	size_t name_size = strlen(path) + 1;
	struct open_file *h = malloc(sizeof(*h) + name_size);
	if (!h)
		return err_no_memory(err);
	h->fd = fd;
	fd = -1;
	memcpy(h->path, path, name_size);
	*out = (struct source) { h->path, (uint64_t)st.st_size, h, read_at };
	return true;
}

void file_source_close(struct source *src)
{
	struct open_file *h = src->ctx;
	if (h) {
		close(h->fd);
		free(h);
	}
	*src = (struct source) { 0 };
}

int file_source_fd(const struct source *src)
{
	const struct open_file *h = src->ctx;
	return h->fd;
}

const char *fd_path(int fd, char out[FD_PATH_SIZE])
{
	snprintf(out, FD_PATH_SIZE, "/proc/%ld/fd/%d", (long)getpid(), fd);
	return out;
}

bool dir_make(const char *path, struct err *err)
{
	char part[PATH_MAX];
	size_t len = strlen(path);
	if (len >= sizeof(part))
		return err_set(err, ERR_SYSTEM, "the path '%.60s...' is too long", path);
	for (size_t i = 1; i <= len; i++) {
		if (i < len && path[i] != '/')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0777) != 0 && errno != EEXIST)
			return file_error(err, "make directory", part);
	}
	struct stat st;
	if (stat(path, &st) != 0)
		return file_error(err, "make directory", path);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, ERR_SYSTEM, "'%s' is not a directory", path);
	return true;
}

bool file_sha256(const struct source *src, uint8_t out[SHA256_SIZE], struct err *err)
{
	AUTO(auto_free) uint8_t *chunk = malloc(HASH_CHUNK);
	AUTO(sha256_done) struct sha256 hash = { 0 };
	if (!chunk)
		return err_no_memory(err);
	if (!sha256_init(&hash, err))
		return false;
	for (uint64_t at = 0; at < src->size;) {
		size_t n = src->size - at < HASH_CHUNK ? (size_t)(src->size - at) : HASH_CHUNK;
		if (!interrupt_check(err) || !source_read(src, at, chunk, n, err))
			return false;
		sha256_update(&hash, chunk, n);
		at += n;
	}
	sha256_final(&hash, out);
	return true;
}

bool file_check_sha256(const struct source *src, const uint8_t expected[SHA256_SIZE],
		       struct err *err)
{
	uint8_t found[SHA256_SIZE];
	char want[SHA256_HEX_SIZE], have[SHA256_HEX_SIZE];
	if (!file_sha256(src, found, err))
		return false;
	if (memcmp(found, expected, SHA256_SIZE) == 0)
		return true;
	sha256_hex(expected, want);
	sha256_hex(found, have);
	return err_set(err, ERR_DIGEST,
		       "'%s' has changed since it was verified: expected sha256 %s, found %s; "
		       "delete it and fetch again",
		       src->name, want, have);
}
