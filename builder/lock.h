/* SPDX-License-Identifier: MIT */
/*
 * lock.h - what `ibbundle lock` writes: every file of a manifest, closure included, with URLs,
 * size and SHA-256.  `fetch` and `build` need nothing else.
 *
 * The text is canonical pretty JSON (json.h): same manifest and same repository snapshot, same
 * bytes.
 */
#ifndef LOCK_H
#define LOCK_H

#include "crypto.h"
#include "json.h"
#include "terms.h"

#define LOCK_SIZE_MAX (64u << 20)
#define LOCK_FILES_MAX 65536
#define LOCK_PACKAGES_MAX 4096
#define LOCK_URLS_MAX 16
#define LOCK_SUFFIX ".lock.json"

/* Where a file's SHA-256 comes from. */
enum lock_trust {
	LOCK_REPOSITORY, /* signed repository metadata */
	LOCK_PINNED,     /* the manifest */
	LOCK_FIRST_USE,  /* what `lock` saw; `build --require-pinned` refuses it */
	LOCK_SUPPLIED    /* who gave it with --supply; it has no URLs */
};

struct lock_deb { /* the fields of the control file that plan and install need; "" when absent */
	const char *package, *version, *arch;
	const char *depends;   /* "Pre-Depends, Depends" */
	const char *conflicts; /* "Breaks, Conflicts" */
	const char *provides;
	bool essential;
	uint64_t installed_size; /* bytes */
	/* For the bill of materials; "" where the archive does not say. */
	const char *origin; /* of the archive: "Debian" */
	const char *distro; /* codename of the main suite: "bookworm" */
	const char *source; /* source package, where its name or version is another: "a (1.0)" */
};

struct lock_file {
	const char *name;  /* last part of its URL: "rdma-core_44.0-2_amd64.deb" */
	const char **urls; /* owned array; mirrors in order; none of LOCK_SUPPLIED */
	size_t url_count;
	uint64_t size;
	uint8_t sha256[SHA256_SIZE]; /* no two files of a lock have the same */
	enum lock_trust trust;
	bool is_deb;
	struct lock_deb deb; /* set when is_deb */
};

struct lock_package_deb {
	uint32_t file;  /* index into the lock's files; is_deb */
	uint32_t batch; /* ascending from 0; one dpkg call each */
};

struct lock_package_file {
	uint32_t file;
	const char *path;               /* in the payload; path_is_safe */
	const char *license, *supplier; /* or NULL: what the package says */
	bool unpack;
	bool keep_exact; /* of what is unpacked: in any case give the file itself back, too */
};

struct lock_package {
	const char *id, *title, *version, *license;
	const char *supplier; /* who made its files, or NULL */
	struct terms terms;   /* id NULL: none */
	const char *kernel;   /* the kernel ABI that this package brings, or NULL */
	uint64_t priority;
	/* As the catalog has them.  check, uninstall: or NULL */
	const struct json_value *match, *install, *check, *uninstall, *needs;
	struct lock_package_deb *debs; /* owned; in install order (batch, then name) */
	size_t deb_count;
	struct lock_package_file *files; /* owned; in the manifest's order */
	size_t file_count;
};

struct lock_suite { /* the state of a repository that was locked */
	const char *repository, *suite;
	uint64_t date;
	uint8_t release_sha256[SHA256_SIZE]; /* of InRelease as fetched */
};

struct lock_left_out {           /* a package of the manifest that is not in the lock */
	const char *id, *reason; /* "needs 'nd/setup.exe', ..." */
};

struct lock {
	struct json *doc; /* owns every text below */
	const char *name, *version;
	uint64_t created; /* seconds since 1970: the newest Date of the Release files, or 0 */
	uint8_t manifest_sha256[SHA256_SIZE];
	uint8_t sha256[SHA256_SIZE]; /* of the text that was parsed */
	struct lock_file *files;     /* sorted by name, then SHA-256 */
	size_t file_count;
	struct lock_package *packages; /* sorted by id */
	size_t package_count;
	struct lock_suite *suites; /* owned; sorted by repository, then suite */
	size_t suite_count;
	struct lock_left_out *left_out; /* owned; in the manifest's order */
	size_t left_out_count;
};

/* @name is what errors call the document. */
bool lock_parse(const char *name, struct slice text, struct lock *out, struct err *err) MUST_CHECK;

/* ERR_USAGE with the command to run when there is no file at @path. */
bool lock_read(const char *path, struct lock *out, struct err *err) MUST_CHECK;
/* Drop all but the first @packages and @files. */
void lock_truncate(struct lock *l, size_t packages, size_t files);
void lock_done(struct lock *l); /* accepts a zeroed struct; for AUTO() */

/* The order of a lock's files: by name, then SHA-256. */
int lock_file_compare(const void *a, const void *b);

/* The first address of the web, or NULL: paths on the machine that locked are nobody else's source. */
const char *lock_file_url(const struct lock_file *f);

/* The text of a lock (doc is not read). */
bool lock_print(const struct lock *l, struct buf *out, struct err *err) MUST_CHECK;

/*
 * What a person sees of the way from @old to @new: packages, and in each the .debs and files, that
 * are added, removed or changed, "old -> new".  Empty when nothing is.
 */
bool lock_diff(const struct lock *old, const struct lock *new, struct buf *out, struct err *err)
	MUST_CHECK;

/* The lock's place by default: MANIFEST with ".json" replaced by ".lock.json". */
bool lock_path(const char *manifest_path, char **out, struct err *err) MUST_CHECK;

#endif
