/* SPDX-License-Identifier: MIT */
/* outdir.c - see outdir.h. */
#include "outdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "interrupt.h"
#include "progress.h"

#define PREALLOCATE_MIN (1u << 20) /* smaller files are not worth the call */
#define WRITE_BACK_SIZE (8u << 20) /* that may wait in memory for each file */

/* "dir/name/" -> "dir/.name.XXXXXX" */
static char *make_template(const char *path)
{
	size_t len = strlen(path);
	while (len > 1 && path[len - 1] == '/')
		len--;
	size_t name = len;
	while (name > 0 && path[name - 1] != '/')
		name--;
	char *t = NULL;
	if (asprintf(&t, "%.*s.%.*s.XXXXXX", (int)name, path, (int)(len - name), path + name) < 0)
		return NULL;
	return t;
}

static bool is_empty_dir(const char *path)
{
	DIR *dir = opendir(path);
	if (!dir)
		return false;
	size_t entries = 0;
	while (entries < 3 && readdir(dir))
		entries++;
	closedir(dir);
	return entries == 2; /* "." and ".." */
}

bool outdir_open(struct outdir *d, const char *path, struct err *err)
{
	struct stat st;
	*d = OUTDIR_INIT;
	if (lstat(path, &st) == 0 && !is_empty_dir(path))
		return err_set(err, ERR_USAGE, "'%s' exists; give the name of a new directory",
			       path);
	d->path = strdup(path);
	char *temp = make_template(path);
	if (!d->path || !temp) {
		free(temp);
		return err_no_memory(err);
	}
	if (!mkdtemp(temp)) {
		free(temp);
		return file_error(err, "make directory", path);
	}
	d->temp = temp;
	d->top = open(temp, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	d->base = d->top;
	return d->top >= 0 || file_error(err, "open", temp);
}

static void forget_parent(struct outdir *d)
{
	if (d->parent >= 0)
		close(d->parent);
	d->parent = -1;
	free(d->parent_path);
	d->parent_path = NULL;
}

bool outdir_enter(struct outdir *d, const char *name, struct err *err)
{
	if (!name_is_safe(name))
		return err_set(err, ERR_FORMAT, "'%s' is not an allowed name", name);
	forget_parent(d);
	if (mkdirat(d->top, name, 0777) != 0)
		return file_error(err, "make directory", name);
	int fd = openat(d->top, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return file_error(err, "open", name);
	if (d->base != d->top)
		close(d->base);
	d->base = fd;
	return true;
}

/* --- the sink ----------------------------------------------------------------------------------- */

/* Open the directory @path under @base, one component after the other, following no symlink. */
static int open_below(int base, char *path)
{
	int fd = fcntl(base, F_DUPFD_CLOEXEC, 0);
	for (char *part = path; fd >= 0 && *part;) {
		char *slash = strchr(part, '/');
		if (slash)
			*slash = '\0';
		int next = openat(fd, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		auto_close(&fd);
		fd = next;
		if (!slash)
			break;
		*slash = '/';
		part = slash + 1;
	}
	return fd;
}

/*
 * The last component of @e, and the directory it goes to.  Entries of one directory mostly come
 * together, so the last directory stays open.
 */
static bool find_parent(struct outdir *d, const struct tree_entry *e, char name[PATH_SAFE_MAX + 1],
			struct err *err)
{
	char path[PATH_SAFE_MAX + 1];
	if (e->path.len > PATH_SAFE_MAX)
		return err_set(err, ERR_FORMAT, "a path is too long");
	memcpy(path, e->path.p, e->path.len);
	path[e->path.len] = '\0';
	char *slash = strrchr(path, '/');
	const char *last = slash ? slash + 1 : path;
	memcpy(name, last, strlen(last) + 1);
	if (slash)
		*slash = '\0';
	else
		path[0] = '\0';
	if (d->parent >= 0 && strcmp(d->parent_path, path) == 0)
		return true;
	forget_parent(d);
	d->parent = open_below(d->base, path);
	if (d->parent < 0)
		return file_error(err, "open directory", path);
	d->parent_path = strdup(path);
	return d->parent_path || err_no_memory(err);
}

static bool remember(struct outdir *d, const struct tree_entry *e, struct err *err)
{
	if (d->made_count == d->made_cap) {
		size_t cap = d->made_cap ? d->made_cap * 2 : 64;
		struct outdir_made *made = realloc(d->made, cap * sizeof(*made));
		if (!made)
			return err_no_memory(err);
		d->made = made;
		d->made_cap = cap;
	}
	char *path = strndup((const char *)e->path.p, e->path.len);
	if (!path)
		return err_no_memory(err);
	d->made[d->made_count++] = (struct outdir_made) { path, e->mode, e->mtime };
	return true;
}

static bool sink_dir(void *ctx, const struct tree_entry *e, struct err *err)
{
	struct outdir *d = ctx;
	char name[PATH_SAFE_MAX + 1];
	if (!find_parent(d, e, name, err))
		return false;
	if (mkdirat(d->parent, name, 0700) != 0)
		return file_error(err, "make directory", name);
	return remember(d, e, err);
}

static void entry_times(const struct tree_entry *e, struct timespec times[2])
{
	times[0] = times[1] = (struct timespec) { .tv_sec = (time_t)e->mtime };
}

static bool sink_symlink(void *ctx, const struct tree_entry *e, struct err *err)
{
	struct outdir *d = ctx;
	char name[PATH_SAFE_MAX + 1];
	if (!find_parent(d, e, name, err))
		return false;
	AUTO(auto_free) char *target = strndup((const char *)e->target.p, e->target.len);
	if (!target)
		return err_no_memory(err);
	struct timespec times[2];
	entry_times(e, times);
	if (symlinkat(target, d->parent, name) != 0 ||
	    utimensat(d->parent, name, times, AT_SYMLINK_NOFOLLOW) != 0)
		return file_error(err, "make symlink", name);
	return true;
}

/* All of its room at once: less scattered, and a full disk is told of before it is filled. */
static bool preallocate(int fd, uint64_t size)
{
	return size < PREALLOCATE_MIN || fallocate(fd, 0, 0, (off_t)size) == 0 ||
	       (errno != ENOSPC && errno != EDQUOT && errno != EFBIG); /* or it can't */
}

/* Have the disk begin with what is in memory, so that it has little left to do at the end. */
static void write_back(struct outdir *d, uint64_t at_least)
{
	if (d->unwritten < at_least)
		return;
	sync_file_range(d->file, 0, 0, SYNC_FILE_RANGE_WRITE); /* or later, with all else */
	d->unwritten = 0;
}

static bool sink_file_begin(void *ctx, const struct tree_entry *e, struct err *err)
{
	struct outdir *d = ctx;
	char name[PATH_SAFE_MAX + 1];
	if (!interrupt_check(err) || !find_parent(d, e, name, err))
		return false;
	d->file =
		openat(d->parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	d->unwritten = 0;
	return (d->file >= 0 && preallocate(d->file, e->size)) || file_error(err, "create", name);
}

static bool sink_file_write(void *ctx, uint64_t at, const uint8_t *p, size_t n, struct err *err)
{
	struct outdir *d = ctx;
	if (!file_write_at(d->file, d->path, at, p, n, err))
		return false;
	d->unwritten += n;
	write_back(d, WRITE_BACK_SIZE);
	return true;
}

static bool sink_file_leave(void *ctx, UNUSED const struct tree_entry *e, struct err *err)
{
	struct outdir *d = ctx;
	int fd = d->file;
	write_back(d, PREALLOCATE_MIN);
	d->unwritten = 0;
	d->file = -1;
	return close(fd) == 0 || file_error(err, "write", d->path);
}

static bool sink_file_resume(void *ctx, const struct tree_entry *e, struct err *err)
{
	struct outdir *d = ctx;
	char name[PATH_SAFE_MAX + 1];
	if (!find_parent(d, e, name, err))
		return false;
	d->file = openat(d->parent, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	return d->file >= 0 || file_error(err, "open", name);
}

static bool sink_file_end(void *ctx, const struct tree_entry *e, struct err *err)
{
	struct outdir *d = ctx;
	struct timespec times[2];
	entry_times(e, times);
	write_back(d, PREALLOCATE_MIN);
	d->unwritten = 0;
	AUTO(auto_close) int fd = d->file;
	d->file = -1;
	return (fchmod(fd, (mode_t)e->mode) == 0 && futimens(fd, times) == 0) ||
	       file_error(err, "set the mode of a file in", d->path);
}

static bool sink_progress(UNUSED void *ctx, uint64_t done, UNUSED uint64_t total)
{
	progress_update(done);
	return !interrupt_seen();
}

/* On any thread. */
static bool sink_stops(UNUSED void *ctx)
{
	return interrupt_seen();
}

struct layout_sink outdir_sink(struct outdir *d)
{
	return (struct layout_sink) { .ctx = d,
				      .dir = sink_dir,
				      .symlink = sink_symlink,
				      .file_begin = sink_file_begin,
				      .file_write = sink_file_write,
				      .file_leave = sink_file_leave,
				      .file_resume = sink_file_resume,
				      .file_end = sink_file_end,
				      .stops = sink_stops,
				      .progress = sink_progress };
}

/* --- the end ------------------------------------------------------------------------------------ */

/* Deepest first, so that a directory's mode is not yet in the way of what is in it. */
static bool finish_dirs(struct outdir *d, struct err *err)
{
	for (size_t i = d->made_count; i > 0; i--) {
		struct outdir_made *m = &d->made[i - 1];
		AUTO(auto_close) int fd = open_below(d->base, m->path);
		struct timespec times[2] = { { .tv_sec = (time_t)m->mtime },
					     { .tv_sec = (time_t)m->mtime } };
		if (fd < 0 || fchmod(fd, (mode_t)m->mode) != 0 || futimens(fd, times) != 0)
			return file_error(err, "set the mode of", m->path);
	}
	return true;
}

bool outdir_finish_tree(struct outdir *d, struct err *err)
{
	forget_parent(d);
	bool ok = finish_dirs(d, err);
	for (size_t i = 0; i < d->made_count; i++)
		free(d->made[i].path);
	d->made_count = 0;
	return ok;
}

bool outdir_commit(struct outdir *d, struct err *err)
{
	mode_t mask = umask(0);
	umask(mask);
	if (fchmod(d->top, 0777 & ~mask) != 0)
		return file_error(err, "set the mode of", d->path);
	if (syncfs(d->top) != 0)
		return file_error(err, "write", d->path);
	if (!file_rename(d->temp, d->path, err))
		return false;
	free(d->temp);
	d->temp = NULL;
	return true;
}

static int remove_one(const char *path, UNUSED const struct stat *st, UNUSED int type,
		      UNUSED struct FTW *where)
{
	return remove(path);
}

/* Directories that can't be entered would keep what is in them. */
static int open_one(const char *path, UNUSED const struct stat *st, int type,
		    UNUSED struct FTW *where)
{
	if (type == FTW_D || type == FTW_DNR)
		chmod(path, 0700);
	return 0;
}

void outdir_done(struct outdir *d)
{
	forget_parent(d);
	if (d->file >= 0)
		close(d->file);
	if (d->base >= 0 && d->base != d->top)
		close(d->base);
	if (d->top >= 0)
		close(d->top);
	if (d->temp) {
		nftw(d->temp, open_one, 16, FTW_PHYS);
		nftw(d->temp, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	}
	for (size_t i = 0; i < d->made_count; i++)
		free(d->made[i].path);
	free(d->made);
	free(d->temp);
	free(d->path);
	*d = OUTDIR_INIT;
}
