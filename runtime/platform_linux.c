/* SPDX-License-Identifier: MIT */
/*
 * platform_linux.c - platform.h for Linux: time, signals, locks and whole files.
 *
 * Trees (listing, staging, removing) are in platform_tree_linux.c.  Nothing here needs a system
 * call that Linux 3.10 does not have.
 */
#include "platform.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

const bool platform_has_roots = true;
const char platform_admin[] = "root";
const char platform_admin_hint[] = "try sudo";

/*
 * Who starts us may have closed a standard descriptor: the next file that is opened would get its
 * number, and be written what is meant for people.  What takes its place can't be used, so that
 * reading or writing it stays the error it was.
 */
static bool fill_standard_descriptors(struct err *err)
{
	static const int unusable[] = { O_WRONLY, O_RDONLY, O_RDONLY };
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", unusable[fd] | O_NOCTTY) != fd)
			return err_set(err, ERR_SYSTEM,
				       "descriptor %d is closed, and '/dev/null' can't stand in",
				       fd);
	return true;
}

bool platform_start(int *argc UNUSED, char ***argv UNUSED, struct err *err)
{
	umask(022); /* as the files are meant to be, whoever starts us */
	return fill_standard_descriptors(err);
}

const char *platform_place(enum platform_place place)
{
	static const char *const places[] = {
		[PLACE_STATE] = "/var/lib/ibbundle",
		[PLACE_TRUST] = "/etc/ibbundle/trust.d",
		[PLACE_POLICY] = "/etc/ibbundle/policy.json",
		[PLACE_LOG] = "/var/log/azure/ib-vmext-status",
		[PLACE_SYSTEM] = "/usr",
		[PLACE_ANYWHERE] = "/",
	};
	return places[place];
}

/* --- who and when ------------------------------------------------------------------------------ */

bool platform_is_admin(void)
{
	return geteuid() == 0;
}

uint32_t platform_process_id(void)
{
	return (uint32_t)getpid();
}

uint64_t platform_now(void)
{
	time_t t = time(NULL);
	return t > 0 ? (uint64_t)t : 0;
}

uint64_t platform_monotonic(void)
{
	struct timespec ts;
	if (clock_gettime(CLOCK_MONOTONIC, &ts))
		return 0;
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

void platform_sleep(uint32_t milliseconds)
{
	struct timespec ts = { milliseconds / 1000, (long)(milliseconds % 1000) * 1000000 };
	nanosleep(&ts, NULL); /* a signal ends it early: the caller looks at platform_stops() */
}

void platform_format_time(uint64_t when, char out[PLATFORM_TIME_SIZE])
{
	time_t t = (time_t)when;
	struct tm tm;
	if (!gmtime_r(&t, &tm) || !strftime(out, PLATFORM_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm))
		memcpy(out, "unknown", sizeof("unknown"));
}

static volatile sig_atomic_t stops;

static void on_stop(int sig)
{
	(void)sig;
	if (stops < 1000)
		stops = stops + 1;
}

void platform_catch_stop(void)
{
	struct sigaction sa = { .sa_handler = on_stop };
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigaction(SIGPIPE, &ignore, NULL);
}

unsigned platform_stops(void)
{
	return (unsigned)stops;
}

bool platform_is_terminal(FILE *f)
{
	return isatty(fileno(f)) == 1;
}

/* --- files ------------------------------------------------------------------------------------- */

static bool source_pread(void *ctx, uint64_t offset, void *out, size_t len, struct err *err)
{
	int fd = *(int *)ctx;
	uint8_t *p = out;
	while (len) {
		ssize_t n = pread(fd, p, len, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(err, ERR_SYSTEM, "cannot read the bundle: %s",
				       strerror(errno));
		if (n == 0)
			return err_set(err, ERR_FORMAT, "the bundle ends early: it was cut short");
		p += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
	}
	return true;
}

bool platform_program(char out[PLATFORM_PATH_MAX], struct err *err)
{
	ssize_t n = readlink("/proc/self/exe", out, PLATFORM_PATH_MAX);
	if (n < 0 || n >= PLATFORM_PATH_MAX)
		return err_set(err, ERR_SYSTEM, "cannot tell where this program is: %s",
			       n < 0 ? strerror(errno) : "its path is too long");
	out[n] = '\0';
	return true;
}

bool platform_source_open(const char *path, struct source *out, struct err *err)
{
	bool own = !path || !path[0];
	const char *name = own ? "this file" : path;
	AUTO(auto_free) int *fd = malloc(sizeof(*fd));
	if (!fd)
		return err_no_memory(err);
	/* O_NONBLOCK: a pipe would wait for somebody who writes, perhaps for ever */
	*fd = open(own ? "/proc/self/exe" : path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (*fd < 0)
		return err_set(err, ERR_SYSTEM, "cannot open '%s': %s%s", name, strerror(errno),
			       own ? " (is /proc mounted?)" : "");
	struct stat st;
	if (fstat(*fd, &st) || !S_ISREG(st.st_mode)) {
		close(*fd);
		return err_set(err, ERR_FORMAT, "'%s' is not a regular file", name);
	}
	*out = (struct source) { name, (uint64_t)st.st_size, fd, source_pread };
	fd = NULL;
	return true;
}

void platform_source_close(struct source *s)
{
	if (s->ctx) {
		close(*(int *)s->ctx);
		free(s->ctx);
	}
	*s = (struct source) { 0 };
}

static bool open_failed(const char *path, struct err *err)
{
	return err_set(err, errno == ENOENT || errno == ENOTDIR ? ERR_NO : ERR_SYSTEM,
		       "cannot open '%s': %s", path, strerror(errno));
}

/* All of @fd, which is closed. */
static bool read_all(int fd, const char *path, struct buf *out, struct err *err)
{
	uint8_t chunk[16384];
	ssize_t n;
	do {
		n = read(fd, chunk, sizeof(chunk));
		if (n > 0)
			buf_add(out, chunk, (size_t)n);
	} while ((n > 0 && !out->bad) || (n < 0 && errno == EINTR));
	int saved = errno;
	close(fd);
	if (n < 0)
		return err_set(err, ERR_SYSTEM, "cannot read '%s': %s", path, strerror(saved));
	return buf_ok(out, path, err);
}

bool platform_read_file(const char *path, struct buf *out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	return fd < 0 ? open_failed(path, err) : read_all(fd, path, out, err);
}

static bool is_roots_own(const struct stat *st)
{
	return st->st_uid == 0 && (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

bool platform_read_protected(const char *path, struct buf *out, struct err *err)
{
	static const char hint[] = "only root may own and write it (chown root, chmod go-w)";
	char dir[PLATFORM_PATH_MAX];
	struct stat st;
	const char *slash = strrchr(path, '/');
	int n = snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - path) : 1,
			 slash ? path : ".");
	if (n < 0 || (size_t)n >= sizeof(dir))
		return err_set(err, ERR_SYSTEM, "path is too long: '%.200s...'", path);
	if (stat(dir, &st) == 0 && !is_roots_own(&st))
		return err_set(err, ERR_POLICY,
			       "others may have put or removed '%s', which decides about trust: "
			       "of its directory, %s",
			       path, hint);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
	if (fd < 0 && errno == ELOOP)
		return err_set(err, ERR_POLICY, "'%s', which decides about trust, is a link", path);
	if (fd < 0)
		return open_failed(path, err);
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || !is_roots_own(&st)) {
		close(fd);
		return err_set(err, ERR_POLICY, "'%s', which decides about trust, is not used: %s",
			       path, hint);
	}
	return read_all(fd, path, out, err);
}

static bool write_all(int fd, const uint8_t *p, size_t n)
{
	while (n) {
		ssize_t w = write(fd, p, n);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return false;
		p += w;
		n -= (size_t)w;
	}
	return true;
}

/* The rename itself must survive a power cut, so the directory is synced too. */
static void sync_parent(const char *path)
{
	char dir[PLATFORM_PATH_MAX];
	const char *slash = strrchr(path, '/');
	if (!slash || (size_t)(slash - path) >= sizeof(dir))
		return;
	memcpy(dir, path, (size_t)(slash - path));
	dir[slash - path] = '\0';
	int fd = open(dir[0] ? dir : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
}

static enum err_code write_error(int number)
{
	return number == ENOSPC || number == EDQUOT ? ERR_NO_SPACE : ERR_SYSTEM;
}

bool platform_write_file(const char *path, struct slice data, unsigned mode, struct err *err)
{
	char temp[PLATFORM_PATH_MAX];
	int len = snprintf(temp, sizeof(temp), "%s.XXXXXX", path);
	if (len < 0 || (size_t)len >= sizeof(temp))
		return err_set(err, ERR_SYSTEM, "path is too long: '%.200s...'", path);
	int fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0)
		return err_set(err, write_error(errno), "cannot write '%s': %s", path,
			       strerror(errno));
	bool ok = write_all(fd, data.p, data.len) && fchmod(fd, mode) == 0 && fsync(fd) == 0;
	int saved = errno;
	close(fd);
	if (ok && rename(temp, path)) {
		ok = false;
		saved = errno;
	}
	if (!ok) {
		unlink(temp);
		return err_set(err, write_error(saved), "cannot write '%s': %s", path,
			       strerror(saved));
	}
	sync_parent(path);
	return true;
}

bool platform_exists(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0;
}

bool platform_remove_file(const char *path, struct err *err)
{
	if (unlink(path) && errno != ENOENT)
		return err_set(err, ERR_SYSTEM, "cannot remove '%s': %s", path, strerror(errno));
	return true;
}

bool platform_make_dirs(const char *path, unsigned mode, struct err *err)
{
	char part[PLATFORM_PATH_MAX];
	size_t len = strlen(path);
	if (len >= sizeof(part))
		return err_set(err, ERR_SYSTEM, "path is too long: '%.200s...'", path);
	for (size_t i = 1; i <= len; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, i == len ? mode : 0755) && errno != EEXIST)
			return err_set(err, write_error(errno), "cannot make directory '%s': %s",
				       part, strerror(errno));
	}
	struct stat st;
	if (stat(path, &st) || !S_ISDIR(st.st_mode))
		return err_set(err, ERR_SYSTEM, "'%s' is not a directory", path);
	return true;
}

/* What is read from there is run: nobody else may have put it there, or may do so later. */
bool platform_make_state(const char *path, struct err *err)
{
	return platform_make_dirs(path, 0755, err) &&
	       (platform_is_protected(path) ||
		err_set(err, ERR_SYSTEM,
			"'%s' is a link, or is not root's alone: remove it, or give it to root "
			"(chown root, chmod 755)",
			path));
}

static bool make_parent(const char *path, struct err *err)
{
	char dir[PLATFORM_PATH_MAX];
	const char *slash = strrchr(path, '/');
	if (!slash || slash == path || (size_t)(slash - path) >= sizeof(dir))
		return true;
	memcpy(dir, path, (size_t)(slash - path));
	dir[slash - path] = '\0';
	return platform_make_dirs(dir, 0755, err);
}

bool platform_make_new_dir(const char *path, struct err *err)
{
	char bare[PLATFORM_PATH_MAX];
	size_t len = strlen(path);
	while (len > 1 && path[len - 1] == '/')
		len--;
	if (len >= sizeof(bare))
		return err_set(err, ERR_SYSTEM, "path is too long: '%.200s...'", path);
	memcpy(bare, path, len);
	bare[len] = '\0';
	if (!make_parent(bare, err))
		return false;
	if (mkdir(bare, 0700))
		return err_set(err, errno == EEXIST ? ERR_USAGE : write_error(errno),
			       "cannot make directory '%s': %s", path, strerror(errno));
	return true;
}

void platform_event(bool failure UNUSED, const char *text UNUSED)
{
	/* administrators look into the log */
}

/*
 * Its directory may be one where others make files (--log): a log has one name, and is no link.
 */
static int open_log(const char *path, struct err *err)
{
	const int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	int fd = open(path, flags | O_NOFOLLOW, 0644);
	struct stat st;
	if (fd < 0 && errno != ELOOP) {
		err_set(err, write_error(errno), "cannot write the log '%s': %s", path,
			strerror(errno));
		return -1;
	}
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1)
		return fd;
	if (fd >= 0)
		close(fd);
	err_set(err, ERR_SYSTEM,
		"cannot write the log '%s': it is a link, has another name, or is no file", path);
	return -1;
}

FILE *platform_open_log(const char *path, struct err *err)
{
	int fd = make_parent(path, err) ? open_log(path, err) : -1;
	FILE *f = fd < 0 ? NULL : fdopen(fd, "a");
	if (fd >= 0 && !f) {
		err_no_memory(err);
		close(fd);
	}
	return f;
}

bool platform_is_protected(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) &&
	       is_roots_own(&st);
}

bool platform_space(const char *path, struct platform_space *out, struct err *err)
{
	char at[PLATFORM_PATH_MAX];
	size_t len = strlen(path);
	if (len >= sizeof(at))
		return err_set(err, ERR_SYSTEM, "path is too long: '%.200s...'", path);
	memcpy(at, path, len + 1);
	struct stat st;
	while (stat(at, &st) && (errno == ENOENT || errno == ENOTDIR)) {
		char *slash = strrchr(at, '/');
		if (!slash)
			break;
		slash[slash == at ? 1 : 0] = '\0'; /* "/x" leaves "/" */
	}
	struct statvfs fs;
	if (statvfs(at, &fs) || stat(at, &st))
		return err_set(err, ERR_SYSTEM, "cannot tell the free space at '%s': %s", path,
			       strerror(errno));
	*out = (struct platform_space) {
		.free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize,
		.device = st.st_dev,
		.read_only = fs.f_flag & ST_RDONLY,
		.no_exec = fs.f_flag & ST_NOEXEC,
	};
	return true;
}

/* --- locks ------------------------------------------------------------------------------------- */

bool platform_lock(const char *path, intptr_t *handle, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return err_set(err, ERR_SYSTEM, "cannot open '%s': %s", path, strerror(errno));
	/* The runner was forked before, so it does not hold this lock, too. */
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		close(fd);
		return err_set(err, ERR_LOCKED,
			       "another install or uninstall is running in '%s': wait for it",
			       path);
	}
	*handle = fd;
	return true;
}

void platform_unlock(intptr_t *handle)
{
	if (*handle >= 0)
		close((int)*handle);
	*handle = -1;
}
