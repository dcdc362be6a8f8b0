/* SPDX-License-Identifier: MIT */
/* cache.c - see cache.h. */
#include "cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "file.h"

#define PARTIAL_SECONDS_MAX (14 * 24 * 3600) /* then nobody comes back to resume it */
#define HASH_CHUNK 65536

struct cache {
	char *dir; /* absolute or relative, as given; no slash at its end is needed */
};

struct cache_add {
	struct cache *cache; /* borrowed */
	char *path;
	int fd;
	bool keep; /* for resuming */
	uint64_t size;
	struct sha256 hash;
};

/* "DIR/a/b", or NULL without memory. */
static char *join(const char *dir, const char *a, const char *b)
{
	size_t size = strlen(dir) + strlen(a) + strlen(b) + 3;
	char *path = malloc(size);
	if (path)
		snprintf(path, size, "%s/%s/%s", dir, a, b);
	return path;
}

static void auto_closedir(DIR **slot)
{
	if (*slot)
		closedir(*slot);
}

/* Remove what an ended builder left long ago.  A failure here costs disk space and nothing else. */
static void sweep(const struct cache *c)
{
	AUTO(auto_free) char *dir = join(c->dir, "partial", "");
	AUTO(auto_closedir) DIR *entries = dir ? opendir(dir) : NULL;
	if (!entries)
		return;
	int at = dirfd(entries);
	time_t now = time(NULL);
	for (const struct dirent *e = readdir(entries); e; e = readdir(entries)) {
		struct stat st;
		if (fstatat(at, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode) ||
		    now - st.st_mtime < PARTIAL_SECONDS_MAX)
			continue;
		AUTO(auto_close) int fd = openat(at, e->d_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
			unlinkat(at, e->d_name, 0);
	}
}

/* Where the cache is when nobody says: see cache.h.  free() it. */
static char *default_dir(struct err *err)
{
	const char *base = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");
	char *dir;
	if (base && base[0] == '/') { /* relative ones are invalid by the XDG specification */
		dir = join(base, "ibbundle", "");
	} else if (home && home[0] == '/') {
		dir = join(home, ".cache", "ibbundle");
	} else {
		err_set(err, ERR_USAGE, "no cache directory: give --cache DIR or set HOME");
		return NULL;
	}
	if (!dir)
		err_no_memory(err);
	return dir;
}

static bool make_dirs(const struct cache *c, struct err *err)
{
	AUTO(auto_free) char *final = join(c->dir, "sha256", "");
	AUTO(auto_free) char *partial = join(c->dir, "partial", "");
	if (!final || !partial)
		return err_no_memory(err);
	if (!dir_make(final, err) || !dir_make(partial, err))
		return err_wrap(err, "cannot use the cache");
	return true;
}

struct cache *cache_open(const char *dir, struct err *err)
{
	AUTO(cache_auto_free) struct cache *c = calloc(1, sizeof(*c));
	if (!c) {
		err_no_memory(err);
		return NULL;
	}
	if (dir && !*dir) {
		err_set(err, ERR_USAGE, "the name of the cache directory is empty");
		return NULL;
	}
	c->dir = dir ? strdup(dir) : default_dir(err);
	if (!c->dir) {
		if (dir)
			err_no_memory(err);
		return NULL;
	}
	for (size_t n = strlen(c->dir); n > 1 && c->dir[n - 1] == '/'; n--)
		c->dir[n - 1] = '\0';
	if (!make_dirs(c, err))
		return NULL;
	sweep(c);
	struct cache *out = c;
	c = NULL;
	return out;
}

void cache_free(struct cache *c)
{
	if (c)
		free(c->dir);
	free(c);
}

void cache_auto_free(struct cache **slot)
{
	cache_free(*slot);
}

const char *cache_dir(const struct cache *c)
{
	return c->dir;
}

char *cache_path(const struct cache *c, const uint8_t digest[SHA256_SIZE])
{
	char hex[SHA256_HEX_SIZE];
	char tail[sizeof("ab/") + SHA256_HEX_SIZE];
	sha256_hex(digest, hex);
	snprintf(tail, sizeof(tail), "%.2s/%s", hex, hex);
	return join(c->dir, "sha256", tail);
}

bool cache_size(const struct cache *c, const uint8_t digest[SHA256_SIZE], uint64_t *size)
{
	AUTO(auto_free) char *path = cache_path(c, digest);
	struct stat st;
	if (!path || stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return false;
	*size = (uint64_t)st.st_size;
	return true;
}

bool cache_has(const struct cache *c, const uint8_t digest[SHA256_SIZE], uint64_t size)
{
	uint64_t found;
	return cache_size(c, digest, &found) && (size == UINT64_MAX || size == found);
}

/* An add around @path and @fd, both of which it takes, also when it fails. */
static struct cache_add *add_new(struct cache *c, char *path, int fd, struct err *err)
{
	struct cache_add *a = calloc(1, sizeof(*a));
	if (!a) {
		close(fd);
		free(path);
		err_no_memory(err);
		return NULL;
	}
	*a = (struct cache_add) { .cache = c, .path = path, .fd = fd };
	if (sha256_init(&a->hash, err))
		return a;
	cache_add_free(a);
	return NULL;
}

struct cache_add *cache_add_begin(struct cache *c, struct err *err)
{
	AUTO(auto_free) char *path = join(c->dir, "partial", "add.XXXXXX");
	if (!path) {
		err_no_memory(err);
		return NULL;
	}
	int fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0) {
		file_error(err, "create", path);
		return NULL;
	}
	/* only sweep() of another builder asks for this lock, and only when the file is old */
	(void)flock(fd, LOCK_EX | LOCK_NB);
	char *taken = path;
	path = NULL;
	return add_new(c, taken, fd, err);
}

enum lock_result { LOCK_TAKEN, LOCK_BUSY, LOCK_STALE, LOCK_FAILED };

/* Open and lock @path.  LOCK_STALE: its last holder renamed or removed it meanwhile; try again. */
static enum lock_result open_locked(const char *path, int *out, struct err *err)
{
	AUTO(auto_close) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0) {
		file_error(err, "open", path);
		return LOCK_FAILED;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno == EWOULDBLOCK || errno == EINTR)
			return LOCK_BUSY;
		file_error(err, "lock", path);
		return LOCK_FAILED;
	}
	/* never write to a file that has its final name by now */
	struct stat mine, named;
	if (fstat(fd, &mine) != 0 || stat(path, &named) != 0 || mine.st_ino != named.st_ino ||
	    mine.st_dev != named.st_dev)
		return LOCK_STALE;
	/* nor to one that is another's, whoever shares this cache */
	if (!S_ISREG(mine.st_mode) || mine.st_nlink != 1) {
		err_set(err, ERR_SYSTEM, "'%s' has another name, or is no file: remove it", path);
		return LOCK_FAILED;
	}
	*out = fd;
	fd = -1;
	return LOCK_TAKEN;
}

/* Hash what is there already. */
static bool take_over(struct cache_add *a, struct err *err)
{
	uint8_t chunk[HASH_CHUNK];
	for (;;) {
		ssize_t n = read(a->fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return file_error(err, "read", a->path);
		if (n == 0)
			return true;
		sha256_update(&a->hash, chunk, (size_t)n);
		a->size += (uint64_t)n;
	}
}

struct cache_add *cache_add_resume(struct cache *c, const uint8_t digest[SHA256_SIZE], bool *busy,
				   struct err *err)
{
	char hex[SHA256_HEX_SIZE];
	sha256_hex(digest, hex);
	*busy = false;
	AUTO(auto_free) char *path = join(c->dir, "partial", hex);
	if (!path) {
		err_no_memory(err);
		return NULL;
	}
	int fd = -1;
	enum lock_result result;
	do
		result = open_locked(path, &fd, err);
	while (result == LOCK_STALE);
	*busy = result == LOCK_BUSY;
	if (result != LOCK_TAKEN)
		return NULL;
	char *taken = path;
	path = NULL;
	AUTO(cache_add_auto_free) struct cache_add *a = add_new(c, taken, fd, err);
	if (!a)
		return NULL;
	a->keep = true;
	if (!take_over(a, err))
		return NULL;
	struct cache_add *out = a;
	a = NULL;
	return out;
}

uint64_t cache_add_size(const struct cache_add *a)
{
	return a->size;
}

bool cache_add_write(struct cache_add *a, const void *p, size_t n, struct err *err)
{
	if (!file_write_all(a->fd, a->path, p, n, err))
		return false;
	sha256_update(&a->hash, p, n);
	a->size += n;
	return true;
}

bool cache_add_restart(struct cache_add *a, struct err *err)
{
	if (ftruncate(a->fd, 0) != 0 || lseek(a->fd, 0, SEEK_SET) != 0)
		return file_error(err, "empty", a->path);
	a->size = 0;
	sha256_done(&a->hash);
	a->hash = (struct sha256) { 0 };
	return sha256_init(&a->hash, err);
}

static bool give_name(struct cache_add *a, const uint8_t digest[SHA256_SIZE], struct err *err)
{
	AUTO(auto_free) char *final = cache_path(a->cache, digest);
	if (!final)
		return err_no_memory(err);
	char *slash = strrchr(final, '/');
	*slash = '\0';
	if (!dir_make(final, err))
		return false;
	*slash = '/';
	/* before the name: after a power cut it must not stand on a file without its content */
	if (fchmod(a->fd, 0644) != 0 || fsync(a->fd) != 0)
		return file_error(err, "write", a->path);
	if (rename(a->path, final) != 0)
		return file_error(err, "rename to", final);
	free(a->path); /* nothing left to remove or to keep */
	a->path = NULL;
	return true;
}

bool cache_add_commit(struct cache_add *a, const uint8_t *want, uint8_t digest[SHA256_SIZE],
		      struct err *err)
{
	sha256_final(&a->hash, digest);
	if (!want || memcmp(want, digest, SHA256_SIZE) == 0)
		return give_name(a, digest, err);
	char expected[SHA256_HEX_SIZE], found[SHA256_HEX_SIZE];
	sha256_hex(want, expected);
	sha256_hex(digest, found);
	if (!cache_add_restart(a, err))
		return false;
	return err_set(err, ERR_DIGEST, "expected sha256 %s, found %s", expected, found);
}

void cache_add_free(struct cache_add *a)
{
	if (!a)
		return;
	if (a->path && (!a->keep || a->size == 0))
		unlink(a->path); /* while its lock is held */
	close(a->fd);
	free(a->path);
	sha256_done(&a->hash);
	free(a);
}

void cache_add_auto_free(struct cache_add **slot)
{
	cache_add_free(*slot);
}
