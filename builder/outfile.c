/* SPDX-License-Identifier: MIT */
/* outfile.c - see outfile.h. */
#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "interrupt.h"
#include "progress.h"

#define COPY_CHUNK (1u << 20)
#define COPY_STEP (64u << 20) /* of the kernel's, so that an interrupt is seen */

/* "dir/name" -> "dir/.name.XXXXXX" */
static char *make_template(const char *path)
{
	size_t dir = file_dir_length(path);
	char *t = NULL;
	return asprintf(&t, "%.*s.%s.XXXXXX", (int)dir, path, path + dir) < 0 ? NULL : t;
}

/*
 * A file without any name, where the file system has such: whatever ends the program, nothing is
 * left behind.  It is read through /proc.
 */
static bool open_nameless(struct outfile *f)
{
	size_t len = file_dir_length(f->path);
	AUTO(auto_free) char *dir = len ? strndup(f->path, len) : strdup(".");
	AUTO(auto_close) int fd = dir ? open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) : -1;
	char *reading = NULL;
	if (fd < 0 || asprintf(&reading, "/proc/self/fd/%d", fd) < 0)
		return false;
	if (access(reading, R_OK) != 0) { /* no /proc here */
		free(reading);
		return false;
	}
	f->temp = reading;
	f->fd = fd;
	fd = -1;
	return true;
}

static bool open_named(struct outfile *f, struct err *err)
{
	AUTO(auto_free) char *temp = make_template(f->path);
	if (!temp)
		return err_no_memory(err);
	f->fd = mkostemp(temp, O_CLOEXEC);
	if (f->fd < 0)
		return file_error(err, "create", f->path);
	f->temp = temp;
	f->named = true;
	temp = NULL;
	return true;
}

bool outfile_open(struct outfile *f, const char *path, struct err *err)
{
	struct stat st;
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return err_set(err, ERR_USAGE, "'%s' exists and is not a file", path);
	*f = OUTFILE_INIT;
	f->path = strdup(path);
	if (!f->path)
		return err_no_memory(err);
	return open_nameless(f) || open_named(f, err);
}

/* rename() needs a name to start from: one that mkstemp() finds free, and frees again. */
static bool give_name(struct outfile *f, struct err *err)
{
	for (int tries = 0; tries < 100; tries++) {
		AUTO(auto_free) char *name = make_template(f->path);
		if (!name)
			return err_no_memory(err);
		AUTO(auto_close) int fd = mkostemp(name, O_CLOEXEC);
		if (fd < 0 || unlink(name) != 0)
			return file_error(err, "create", f->path);
		if (linkat(AT_FDCWD, f->temp, AT_FDCWD, name, AT_SYMLINK_FOLLOW) != 0) {
			if (errno == EEXIST)
				continue;
			return file_error(err, "write", f->path);
		}
		free(f->temp);
		f->temp = name;
		f->named = true;
		name = NULL;
		return true;
	}
	return err_set(err, ERR_SYSTEM, "cannot find a free name beside '%s'", f->path);
}

bool outfile_write_at(struct outfile *f, uint64_t offset, const void *p, size_t n, struct err *err)
{
	const uint8_t *at = p;
	while (n > 0) {
		ssize_t w = pwrite(f->fd, at, n, (off_t)offset);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return file_error(err, "write", f->path);
		at += w;
		offset += (uint64_t)w;
		n -= (size_t)w;
	}
	return true;
}

bool outfile_write(struct outfile *f, const void *p, size_t n, struct err *err)
{
	if (!outfile_write_at(f, f->offset, p, n, err))
		return false;
	f->offset += n;
	return true;
}

/* One step of outfile_copy() without the kernel's help; how much is left decides how much it is. */
static bool copy_by_hand(struct outfile *f, int from, const char *name, uint64_t offset,
			 uint64_t left, uint8_t *chunk, struct err *err)
{
	size_t n = left < COPY_CHUNK ? (size_t)left : COPY_CHUNK;
	ssize_t got = pread(from, chunk, n, (off_t)offset);
	if (got < 0 && errno == EINTR)
		return true;
	if (got < 0)
		return file_error(err, "read", name);
	if (got == 0)
		return err_set(err, ERR_FORMAT, "'%s' became shorter while it was read", name);
	return outfile_write(f, chunk, (size_t)got, err);
}

/* False, with nothing said, when the file systems or the kernel can't do it. */
static bool copy_in_kernel(struct outfile *f, int from, uint64_t offset, uint64_t left)
{
	off_t in = (off_t)offset, out = (off_t)f->offset;
	size_t n = left < COPY_STEP ? (size_t)left : COPY_STEP;
	ssize_t got = copy_file_range(from, &in, f->fd, &out, n, 0);
	f->offset += got > 0 ? (uint64_t)got : 0;
	return got > 0;
}

bool outfile_copy(struct outfile *f, int from, const char *name, uint64_t offset, uint64_t size,
		  struct err *err)
{
	uint64_t begin = f->offset;
	AUTO(auto_free) uint8_t *chunk = malloc(COPY_CHUNK);
	if (!chunk)
		return err_no_memory(err);
	for (bool kernel = true; f->offset - begin < size;) {
		uint64_t done = f->offset - begin;
		if (!interrupt_check(err))
			return false;
		kernel = kernel && copy_in_kernel(f, from, offset + done, size - done);
		if (!kernel && !copy_by_hand(f, from, name, offset + done, size - done, chunk, err))
			return false;
		progress_add(f->offset - begin - done);
	}
	return true;
}

bool outfile_replace(struct outfile *f, const char *path, struct err *err)
{
	AUTO(outfile_done) struct outfile new = OUTFILE_INIT;
	new.path = strdup(f->path);
	if (!new.path)
		return err_no_memory(err);
	if (!open_named(&new, err))
		return false;
	struct stat st;
	AUTO(auto_close) int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &st) != 0 || rename(path, new.temp) != 0)
		return file_error(err, "take over", path);
	int old = new.fd;
	new.fd = fd;
	fd = old;
	new.offset = (uint64_t)st.st_size;
	struct outfile before = *f;
	*f = new;
	new = before;
	return true;
}

bool outfile_sync(struct outfile *f, struct err *err)
{
	return fsync(f->fd) == 0 || file_error(err, "write", f->path);
}

bool outfile_commit(struct outfile *f, unsigned mode, struct err *err)
{
	mode_t mask = umask(0);
	umask(mask);
	if (fchmod(f->fd, (mode_t)mode & ~mask) != 0)
		return file_error(err, "set the mode of", f->path);
	if (!outfile_sync(f, err) || (!f->named && !give_name(f, err)))
		return false;
	if (!file_rename(f->temp, f->path, err))
		return false;
	free(f->temp);
	f->temp = NULL;
	return true;
}

void outfile_done(struct outfile *f)
{
	if (f->fd >= 0)
		close(f->fd);
	if (f->temp && f->named)
		unlink(f->temp);
	free(f->temp);
	free(f->path);
	*f = OUTFILE_INIT;
}
