/* SPDX-License-Identifier: MIT */
/*
 * platform.h - everything the runtime asks of the operating system, in its own verbs.
 *
 * platform_linux.c (and facts_linux.c, runner_linux.c for their parts) is the whole of Linux.
 * All paths are absolute paths of this machine; rootpath.h makes them from paths in an image root.
 */
#ifndef PLATFORM_H
#define PLATFORM_H

#include <stdio.h>

#include "buf.h"
#include "layout.h"
#include "source.h"

#define PLATFORM_PATH_MAX 4096

/* --- who and when ------------------------------------------------------------------------------ */

/* May this process install drivers? */
bool platform_is_admin(void);
uint64_t platform_now(void);       /* seconds since 1970 */
uint64_t platform_monotonic(void); /* milliseconds since some moment */
void platform_sleep(uint32_t milliseconds);
uint32_t platform_process_id(void);

/* "2026-11-03T17:20:01Z" */
#define PLATFORM_TIME_SIZE 32
void platform_format_time(uint64_t when, char out[PLATFORM_TIME_SIZE]);

/* After this, SIGINT and SIGTERM only count; platform_stops() says how often. */
void platform_catch_stop(void);
unsigned platform_stops(void);
bool platform_is_terminal(FILE *f);

/* --- files ------------------------------------------------------------------------------------- */

/* Open a file for source_read(); "" or NULL is the running executable itself. */
bool platform_source_open(const char *path, struct source *out, struct err *err) MUST_CHECK;
void platform_source_close(struct source *s); /* for AUTO() */

/* Append the whole of a file; refused above out->max.  ERR_NO when there is no such file. */
bool platform_read_file(const char *path, struct buf *out, struct err *err) MUST_CHECK;

/* A new file with its final content, or none: temporary name, fsync, rename. */
bool platform_write_file(const char *path, struct slice data, unsigned mode, struct err *err)
	MUST_CHECK;
bool platform_exists(const char *path); /* does not follow a final link */
bool platform_remove_file(const char *path, struct err *err) MUST_CHECK;
bool platform_make_dirs(const char *path, unsigned mode, struct err *err) MUST_CHECK;
bool platform_remove_tree(const char *path, struct err *err) MUST_CHECK;
FILE *platform_open_log(const char *path, struct err *err) MUST_CHECK; /* append, mode 0644 */

/*
 * Names in a directory, sorted, without "." and ".."; freed with platform_free_names().
 * A directory that is not there has none.
 */
struct platform_names {
	char **names;
	size_t count;
};
bool platform_list_dir(const char *path, struct platform_names *out, struct err *err) MUST_CHECK;
void platform_free_names(struct platform_names *n); /* for AUTO() */

/* A file or directory that only the administrator can write. */
bool platform_is_protected(const char *path);

/* Free bytes for root at the nearest directory that exists, and what it forbids. */
struct platform_space {
	uint64_t free_bytes;
	uint64_t device; /* equal for two paths on one file system */
	bool read_only, no_exec;
};
bool platform_space(const char *path, struct platform_space *out, struct err *err) MUST_CHECK;

/* --- staging ----------------------------------------------------------------------------------- */

/* Make "PARENT/staging-XXXXXX", 0700, exclusively; @out is its path. */
bool platform_make_staging(const char *parent, char out[PLATFORM_PATH_MAX], struct err *err)
	MUST_CHECK;

/* An open directory that layout_tree() writes into: never through a name outside it. */
struct platform_dir {
	int fd;
	int file; /* the file that is being written, or -1 */
	const char *name;
	bool (*progress)(void *ctx, uint64_t done, uint64_t total);
	void *progress_ctx;
};
bool platform_dir_open(const char *path, struct platform_dir *out, struct err *err) MUST_CHECK;
void platform_dir_close(struct platform_dir *d); /* for AUTO() */
struct layout_sink platform_dir_sink(struct platform_dir *d);

/* --- locks ------------------------------------------------------------------------------------- */

/*
 * One instance at a time: a lock on the directory @path for the life of this process, or until it
 * is given back.  ERR_LOCKED when another process holds it.
 */
bool platform_lock(const char *path, int *handle, struct err *err) MUST_CHECK;
void platform_unlock(int *handle); /* for AUTO(); -1 is none */

#endif
