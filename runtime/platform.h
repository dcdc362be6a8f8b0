/* SPDX-License-Identifier: MIT */
/*
 * platform.h - everything the runtime asks of the operating system, in its own verbs.
 *
 * One file per system implements it whole: NAME_linux.c and NAME_windows.c are for one system, any
 * other file is for all.  Beside this: facts_gather.h (what machine is this), runner_child.h
 * (executing), system.h (installing), step.h (kinds of steps).
 *
 * Texts and paths are UTF-8.  All paths are absolute paths of this machine; rootpath.h makes them
 * from paths in an image root.
 */
#ifndef PLATFORM_H
#define PLATFORM_H

#include <stdio.h>

#include "buf.h"
#include "layout.h"
#include "source.h"

#define PLATFORM_PATH_MAX 4096
#ifdef _WIN32
#define PLATFORM_SLASH "\\"
#define PLATFORM_SLASHES "\\/:" /* whatever ends the directory part of a path that somebody gave */
#define PLATFORM_TRUST_HELP "%ProgramData%\\ibbundle\\trust.d"
#define PLATFORM_POLICY_HELP "%ProgramData%\\ibbundle\\policy.json"
#define PLATFORM_LOG_HELP "the extension's own place"
#else
#define PLATFORM_SLASH "/"
#define PLATFORM_SLASHES "/"
#define PLATFORM_TRUST_HELP "/etc/ibbundle/trust.d"
#define PLATFORM_POLICY_HELP "/etc/ibbundle/policy.json"
#define PLATFORM_LOG_HELP "/var/log/azure/ib-vmext-status"
#endif

/*
 * First of all: nothing may be loaded from where this program lies, arguments and output become
 * UTF-8.  *argc and *argv are replaced where the system has better ones.
 */
bool platform_start(int *argc, char ***argv, struct err *err) MUST_CHECK;

/* Can it install into an image root (--root)? */
extern const bool platform_has_roots;

/* Where things are on this system, as paths inside its root. */
enum platform_place {
	PLACE_STATE,   /* the directory of state, journal and staging */
	PLACE_TRUST,   /* certificates that this machine trusts */
	PLACE_POLICY,  /* the file that says what it asks of a bundle */
	PLACE_LOG,     /* where the extension has its log */
	PLACE_SYSTEM,  /* a directory on the file system that packages are installed to */
	PLACE_ANYWHERE /* where a step without a payload runs */
};
const char *platform_place(enum platform_place place);

/* Who may do what is refused to others, for messages: "root", "an administrator". */
extern const char platform_admin[];
/* How to become that: "try sudo". */
extern const char platform_admin_hint[];

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

/* The path of the running executable. */
bool platform_program(char out[PLATFORM_PATH_MAX], struct err *err) MUST_CHECK;

/* Open a file for source_read(); "" or NULL is the running executable itself. */
bool platform_source_open(const char *path, struct source *out, struct err *err) MUST_CHECK;
void platform_source_close(struct source *s); /* for AUTO() */

/* Append the whole of a file; refused above out->max.  ERR_NO when there is no such file. */
bool platform_read_file(const char *path, struct buf *out, struct err *err) MUST_CHECK;

/*
 * The same for what decides about trust: the file and its directory are the administrator's, nobody
 * else may write them, and the file is no link.  ERR_POLICY where that is not so; and where there is
 * no file in a directory from which others may have removed it.
 */
bool platform_read_protected(const char *path, struct buf *out, struct err *err) MUST_CHECK;

/* A new file with its final content, or none: temporary name, fsync, rename. */
bool platform_write_file(const char *path, struct slice data, unsigned mode, struct err *err)
	MUST_CHECK;
bool platform_exists(const char *path); /* does not follow a final link */
bool platform_remove_file(const char *path, struct err *err) MUST_CHECK;
bool platform_make_dirs(const char *path, unsigned mode, struct err *err) MUST_CHECK;
/* Made by this call and nobody else; its parents may be there.  The user's own until it is shared. */
bool platform_make_new_dir(const char *path, struct err *err) MUST_CHECK;

/* The directory of PLACE_STATE: all may read, only the administrator may write, and nobody else did. */
bool platform_make_state(const char *path, struct err *err) MUST_CHECK;
bool platform_remove_tree(const char *path, struct err *err) MUST_CHECK;
/* Append; all may read, the administrator writes.  Its directory is made.  No link, and one name. */
FILE *platform_open_log(const char *path, struct err *err) MUST_CHECK;

/*
 * For the system's own journal of events, where it has one that administrators look at: the start
 * and the end of a change.  Best effort.
 */
void platform_event(bool failure, const char *text);

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
/* For platform_list_dir() itself: a copy of @name, up to a limit; in byte order. */
bool platform_add_name(struct platform_names *n, const char *name, struct err *err) MUST_CHECK;
void platform_sort_names(struct platform_names *n);

/* A file or directory that only the administrator can write, and no link. */
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
	intptr_t dir;
	intptr_t file; /* the file that is being written, or -1 */
	const char *name;
	/*
	 * It is to stay, and not only until it was installed from: what was written goes to the disk
	 * meanwhile, a little at a time, and platform_dir_sync() need not wait for all of it.
	 */
	bool durable;
	uint64_t unwritten; /* of @file: bytes that nobody has sent to the disk so far */
	bool (*progress)(void *ctx, uint64_t done, uint64_t total);
	void *progress_ctx;
};
bool platform_dir_open(const char *path, struct platform_dir *out, struct err *err) MUST_CHECK;
bool platform_dir_share(const struct platform_dir *d, struct err *err)
	MUST_CHECK; /* all may read */
/* All files and directories in it are on the disk afterwards, where the system lets everybody ask. */
bool platform_dir_sync(const struct platform_dir *d, struct err *err) MUST_CHECK;
void platform_dir_close(struct platform_dir *d); /* for AUTO() */
struct layout_sink platform_dir_sink(struct platform_dir *d);

/* --- locks ------------------------------------------------------------------------------------- */

/*
 * One instance at a time: a lock on the directory @path for the life of this process, or until it
 * is given back.  ERR_LOCKED when another process holds it; ERR_NOT_ROOT when this process may not
 * even ask (on Windows, where who may ask could hold it for ever).
 */
bool platform_lock(const char *path, intptr_t *handle, struct err *err) MUST_CHECK;
void platform_unlock(intptr_t *handle); /* for AUTO(); -1 is none */

#endif
