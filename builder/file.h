/* SPDX-License-Identifier: MIT */
/* file.h - files of this machine: whole reads, atomic writes, a source for bundles. */
#ifndef FILE_H
#define FILE_H

#include <sys/types.h>

#include "buf.h"
#include "crypto.h"
#include "err.h"
#include "source.h"

/* Read @path whole; larger than @max is ERR_FORMAT.  *out is the caller's: buf_done(). */
bool file_read(const char *path, size_t max, struct buf *out, struct err *err) MUST_CHECK;

/*
 * Write @content to a temporary name beside @path, fsync, and rename over @path.  @mode is set
 * exactly, whatever the umask.  On failure nothing is left behind and an old @path still stands.
 */
bool file_write_atomic(const char *path, struct slice content, mode_t mode, struct err *err)
	MUST_CHECK;

/* write(2) until all is written.  @path is for messages; a full disk is ERR_NO_SPACE. */
bool file_write_all(int fd, const char *path, const void *p, size_t n, struct err *err) MUST_CHECK;

/* The same with pwrite(2): from offset @at on. */
bool file_write_at(int fd, const char *path, uint64_t at, const void *p, size_t n, struct err *err)
	MUST_CHECK;

/* Length of the directory part of @path, its slash included; 0 for a plain name. */
size_t file_dir_length(const char *path);

/* Rename and make the rename itself durable. */
bool file_rename(const char *from, const char *to, struct err *err) MUST_CHECK;

/* A regular file for the readers in common/: pread on one handle.  Close with the second. */
bool file_source_open(const char *path, struct source *out, struct err *err) MUST_CHECK;
void file_source_close(struct source *src); /* accepts a zeroed struct; for AUTO() */

/* Of all of @src. */
bool file_sha256(const struct source *src, uint8_t out[SHA256_SIZE], struct err *err) MUST_CHECK;

/* Is it what was locked?  ERR_DIGEST says what to do. */
bool file_check_sha256(const struct source *src, const uint8_t expected[SHA256_SIZE],
		       struct err *err) MUST_CHECK;

int file_source_fd(const struct source *src); /* of an open one; it stays the source's */

/* A path by which a child process can open what @fd is open on. */
#define FD_PATH_SIZE 64
const char *fd_path(int fd, char out[FD_PATH_SIZE]);

/* Make directory @path and its parents; one that stands is fine. */
bool dir_make(const char *path, struct err *err) MUST_CHECK;

/* ERR_SYSTEM, or ERR_NO_SPACE where errno says so: "cannot VERB 'PATH': reason". */
bool file_error(struct err *err, const char *verb, const char *path);

void auto_close(const int *fd); /* for AUTO(): closes what is not negative; keeps errno */

#endif
