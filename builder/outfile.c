/* SPDX-License-Identifier: MIT */
/* outfile.c - see outfile.h. */
#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"

/* "dir/name" -> "dir/.name.XXXXXX" */
static char *make_template(const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t dir = slash ? (size_t)(slash - path) + 1 : 0;
	char *t = NULL;
	if (asprintf(&t, "%.*s.%s.XXXXXX", (int)dir, path, path + dir) < 0)
		return NULL;
	return t;
}

bool outfile_open(struct outfile *f, const char *path, struct err *err)
{
	struct stat st;
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return err_set(err, ERR_USAGE, "'%s' exists and is not a file", path);
	*f = OUTFILE_INIT;
	f->path = strdup(path);
	char *temp = make_template(path);
	if (!f->path || !temp) {
		free(temp);
		return err_no_memory(err);
	}
	f->fd = mkostemp(temp, O_CLOEXEC);
	if (f->fd < 0) {
		free(temp);
		return file_error(err, "create", path);
	}
	f->temp = temp;
	return true;
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
	if (!outfile_sync(f, err))
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
	if (f->temp)
		unlink(f->temp);
	free(f->temp);
	free(f->path);
	*f = OUTFILE_INIT;
}
