/* SPDX-License-Identifier: MIT */
/* staging.c - see staging.h. */
#include "staging.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "file.h"

/* What fits is written only once it is known not to be there yet. */
#define SMALL_MAX (1u << 20)

bool staging_open(struct staging *s, const char *near, struct err *err)
{
	char *t = NULL;
	if (asprintf(&t, "%.*s.ibbundle-unpack.XXXXXX", (int)file_dir_length(near), near) < 0)
		return err_no_memory(err);
	if (!mkdtemp(t)) {
		free(t);
		return file_error(err, "make a directory beside", near);
	}
	s->path = t;
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
	s->path = NULL;
}

char *staging_path(const struct staging *s, const uint8_t sha256[SHA256_SIZE])
{
	char hex[SHA256_HEX_SIZE], *path = NULL;
	sha256_hex(sha256, hex);
	return asprintf(&path, "%s/%s", s->path, hex) < 0 ? NULL : path;
}

bool staged_begin(struct staged *f, struct staging *s, struct err *err)
{
	staged_done(f);
	f->staging = s;
	f->small = BUF_INIT(SMALL_MAX);
	return sha256_init(&f->hash, err);
}

static bool open_temp(struct staged *f, struct err *err)
{
	if (asprintf(&f->temp, "%s/new-%u", f->staging->path,
		     atomic_fetch_add(&f->staging->next, 1)) < 0) {
		f->temp = NULL;
		return err_no_memory(err);
	}
	f->fd = open(f->temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (f->fd < 0)
		return file_error(err, "create", f->temp);
	return file_write_all(f->fd, f->staging->path, f->small.p, f->small.len, err);
}

bool staged_write(struct staged *f, const void *p, size_t n, struct err *err)
{
	sha256_update(&f->hash, p, n);
	f->size += n;
	if (f->fd < 0 && n <= SMALL_MAX - f->small.len) {
		buf_add(&f->small, p, n);
		return buf_ok(&f->small, "a file", err);
	}
	return (f->fd >= 0 || open_temp(f, err)) &&
	       file_write_all(f->fd, f->staging->path, p, n, err);
}

bool staged_end(struct staged *f, uint8_t sha256[SHA256_SIZE], struct err *err)
{
	sha256_final(&f->hash, sha256);
	AUTO(auto_free) char *final = staging_path(f->staging, sha256);
	if (!final)
		return err_no_memory(err);
	if (access(final, F_OK) == 0)
		return true; /* staged_done() drops this one */
	if (f->fd < 0 && !open_temp(f, err))
		return false;
	int fd = f->fd;
	f->fd = -1;
	if (close(fd) != 0 || rename(f->temp, final) != 0)
		return file_error(err, "write", final);
	free(f->temp);
	f->temp = NULL;
	return true;
}

void staged_done(struct staged *f)
{
	if (f->fd >= 0)
		close(f->fd);
	if (f->temp)
		unlink(f->temp);
	free(f->temp);
	buf_done(&f->small);
	sha256_done(&f->hash);
	*f = STAGED_INIT;
}
