/* SPDX-License-Identifier: MIT */
/*
 * platform_tree_linux.c - directories on Linux: listing, staging, writing into, removing.
 *
 * Everything below an open directory is reached by openat() without following links, so that a
 * name can't lead elsewhere even if somebody swaps a directory meanwhile.
 */
#include "platform.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREALLOCATE_MIN (1u << 20) /* smaller files are not worth the call */
#define WRITE_BACK_SIZE (8u << 20) /* that may wait in memory for each file */
#define DEPTH_MAX 256 /* path_is_safe() allows 1024 bytes; a component has at least two */

static void auto_closedir(DIR **d)
{
	if (*d)
		closedir(*d);
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

bool platform_list_dir(const char *path, struct platform_names *out, struct err *err)
{
	AUTO(platform_free_names) struct platform_names list = { 0 };
	AUTO(auto_closedir) DIR *d = opendir(path);
	if (!d && errno != ENOENT && errno != ENOTDIR)
		return err_set(err, ERR_SYSTEM, "cannot list '%s': %s", path, strerror(errno));
	for (const struct dirent *e; d && (e = readdir(d));)
		if (!is_dots(e->d_name) && !platform_add_name(&list, e->d_name, err))
			return false;
	platform_sort_names(&list);
	*out = list;
	list = (struct platform_names) { 0 };
	return true;
}

/* Remove what @parent calls @name, be it a file or a whole tree; a link is removed, not followed. */
static bool remove_at(int parent, const char *name, unsigned depth, struct err *err)
{
	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return true;
	if (errno != EISDIR && errno != EPERM)
		return err_set(err, ERR_SYSTEM, "cannot remove '%s': %s", name, strerror(errno));
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	AUTO(auto_closedir) DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (!d || depth == DEPTH_MAX) {
		if (fd >= 0 && !d)
			close(fd);
		return err_set(err, ERR_SYSTEM, "cannot remove directory '%s'", name);
	}
	for (const struct dirent *e; (e = readdir(d));)
		if (!is_dots(e->d_name) && !remove_at(fd, e->d_name, depth + 1, err))
			return false;
	if (unlinkat(parent, name, AT_REMOVEDIR))
		return err_set(err, ERR_SYSTEM, "cannot remove directory '%s': %s", name,
			       strerror(errno));
	return true;
}

bool platform_remove_tree(const char *path, struct err *err)
{
	return remove_at(AT_FDCWD, path, 0, err);
}

bool platform_make_staging(const char *parent, char out[PLATFORM_PATH_MAX], struct err *err)
{
	char path[PLATFORM_PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/staging-XXXXXX", parent);
	if (n < 0 || (size_t)n >= sizeof(path))
		return err_set(err, ERR_SYSTEM, "path is too long: '%.200s...'", parent);
	if (!mkdtemp(path)) /* exclusively, 0700 */
		return err_set(err, errno == ENOSPC ? ERR_NO_SPACE : ERR_SYSTEM,
			       "cannot make a staging directory in '%s': %s", parent,
			       strerror(errno));
	memcpy(out, path, (size_t)n + 1);
	return true;
}

/* --- a sink for layout.h ----------------------------------------------------------------------- */

bool platform_dir_open(const char *path, struct platform_dir *out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_set(err, ERR_SYSTEM, "cannot open directory '%s': %s", path,
			       strerror(errno));
	*out = (struct platform_dir) { .dir = fd, .file = -1, .name = path };
	return true;
}

bool platform_dir_share(const struct platform_dir *d, struct err *err)
{
	return fchmod((int)d->dir, 0755) == 0 ||
	       err_set(err, ERR_SYSTEM, "cannot set the mode of '%s': %s", d->name,
		       strerror(errno));
}

/* One call for all files and then the directories: syncing each by itself takes many times as long. */
bool platform_dir_sync(const struct platform_dir *d, struct err *err)
{
	return syncfs((int)d->dir) == 0 ||
	       err_set(err, ERR_SYSTEM, "cannot write '%s': %s", d->name, strerror(errno));
}

void platform_dir_close(struct platform_dir *d)
{
	if (d->name) { /* a zeroed struct holds nothing */
		if (d->file >= 0)
			close((int)d->file);
		close((int)d->dir);
	}
	*d = (struct platform_dir) { .dir = -1, .file = -1 };
}

static bool entry_path(const struct tree_entry *e, char out[PLATFORM_PATH_MAX], struct err *err)
{
	if (e->path.len >= PLATFORM_PATH_MAX)
		return err_set(err, ERR_FORMAT, "a path in the payload is too long");
	memcpy(out, e->path.p, e->path.len);
	out[e->path.len] = '\0';
	return true;
}

static bool entry_failed(const struct platform_dir *d, const char *path, struct err *err)
{
	int number = errno;
	bool full = number == ENOSPC || number == EDQUOT || number == EFBIG;
	return err_set(err, full ? ERR_NO_SPACE : ERR_SYSTEM, "cannot write '%s/%s': %s", d->name,
		       path, strerror(number));
}

static bool sink_dir(void *ctx, const struct tree_entry *e, struct err *err)
{
	struct platform_dir *d = ctx;
	char path[PLATFORM_PATH_MAX];
	if (!entry_path(e, path, err))
		return false;
	/* Writable and private while it fills; only the staging directory itself guards it. */
	if (mkdirat((int)d->dir, path, 0700) ||
	    fchmodat((int)d->dir, path, (e->mode & 0777) | 0700, 0))
		return entry_failed(d, path, err);
	return true;
}

static bool sink_symlink(void *ctx, const struct tree_entry *e, struct err *err)
{
	struct platform_dir *d = ctx;
	char path[PLATFORM_PATH_MAX], target[PLATFORM_PATH_MAX];
	if (!entry_path(e, path, err))
		return false;
	if (e->target.len >= sizeof(target))
		return err_set(err, ERR_FORMAT, "a link target in the payload is too long");
	memcpy(target, e->target.p, e->target.len);
	target[e->target.len] = '\0';
	return symlinkat(target, (int)d->dir, path) == 0 || entry_failed(d, path, err);
}

/* All of its room at once: less scattered, and a full disk is told of before it is filled. */
static bool preallocate(int fd, uint64_t size)
{
	return size < PREALLOCATE_MIN || fallocate(fd, 0, 0, (off_t)size) == 0 ||
	       (errno != ENOSPC && errno != EDQUOT && errno != EFBIG); /* or it can't */
}

static bool sink_file_begin(void *ctx, const struct tree_entry *e, struct err *err)
{
	struct platform_dir *d = ctx;
	char path[PLATFORM_PATH_MAX];
	if (!entry_path(e, path, err))
		return false;
	d->file = openat((int)d->dir, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			 0600);
	return (d->file >= 0 && preallocate((int)d->file, e->size)) || entry_failed(d, path, err);
}

/* Have the disk begin with what is in memory, so that it has little left to do at the end. */
static void write_back(struct platform_dir *d, uint64_t at_least)
{
	if (!d->durable || d->unwritten < at_least)
		return;
	sync_file_range((int)d->file, 0, 0, SYNC_FILE_RANGE_WRITE); /* or later, with all else */
	d->unwritten = 0;
}

static bool sink_file_leave(void *ctx, const struct tree_entry *e, struct err *err)
{
	struct platform_dir *d = ctx;
	int fd = (int)d->file;
	char path[PLATFORM_PATH_MAX];
	write_back(d, PREALLOCATE_MIN);
	d->unwritten = 0;
	d->file = -1;
	return close(fd) == 0 || (entry_path(e, path, err) && entry_failed(d, path, err));
}

static bool sink_file_resume(void *ctx, const struct tree_entry *e, struct err *err)
{
	struct platform_dir *d = ctx;
	char path[PLATFORM_PATH_MAX];
	if (!entry_path(e, path, err))
		return false;
	d->file = openat((int)d->dir, path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	return d->file >= 0 || entry_failed(d, path, err);
}

static bool sink_file_write(void *ctx, uint64_t at, const uint8_t *p, size_t n, struct err *err)
{
	struct platform_dir *d = ctx;
	while (n) {
		ssize_t w = pwrite((int)d->file, p, n, (off_t)at);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return entry_failed(d, "...", err);
		p += w;
		n -= (size_t)w;
		at += (uint64_t)w;
		d->unwritten += (uint64_t)w;
	}
	write_back(d, WRITE_BACK_SIZE);
	return true;
}

static bool sink_file_end(void *ctx, const struct tree_entry *e, struct err *err)
{
	struct platform_dir *d = ctx;
	char path[PLATFORM_PATH_MAX];
	if (!entry_path(e, path, err))
		return false;
	struct timespec times[2] = { { .tv_sec = (time_t)e->mtime },
				     { .tv_sec = (time_t)e->mtime } };
	write_back(d, PREALLOCATE_MIN);
	d->unwritten = 0;
	bool ok = fchmod((int)d->file, e->mode & 0777) == 0 && futimens((int)d->file, times) == 0;
	if (close((int)d->file))
		ok = false;
	d->file = -1;
	return ok || entry_failed(d, path, err);
}

static bool sink_progress(void *ctx, uint64_t done, uint64_t total)
{
	struct platform_dir *d = ctx;
	if (platform_stops())
		return false;
	return !d->progress || d->progress(d->progress_ctx, done, total);
}

/* On any thread. */
static bool sink_stops(void *ctx UNUSED)
{
	return platform_stops() != 0;
}

struct layout_sink platform_dir_sink(struct platform_dir *d)
{
	return (struct layout_sink) {
		.ctx = d,
		.dir = sink_dir,
		.symlink = sink_symlink,
		.file_begin = sink_file_begin,
		.file_write = sink_file_write,
		.file_leave = sink_file_leave,
		.file_resume = sink_file_resume,
		.file_end = sink_file_end,
		.stops = sink_stops,
		.progress = sink_progress,
	};
}
