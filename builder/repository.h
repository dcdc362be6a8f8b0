/* SPDX-License-Identifier: MIT */
/*
 * repository.h - an apt repository: from its signed Release files down to the digest of every .deb.
 *
 *   InRelease --gpgv--> text -> SHA-256 and size of Packages -> SHA-256 and size of each .deb
 */
#ifndef REPOSITORY_H
#define REPOSITORY_H

#include "apt_config.h"
#include "apt_index.h"
#include "fetch.h"
#include "manifest.h"
#include "release.h"
#include "texts.h"

#define REPOSITORY_SUITES_MAX 16

struct repository_suite {
	const char *name;
	const char **bases; /* owned array; base URIs in order, no slash at the end */
	size_t base_count;
	struct release release;
	uint8_t release_sha256[SHA256_SIZE]; /* of the InRelease file as fetched */
};

struct repository {
	const struct manifest_repository *manifest;
	const char *keyring;
	bool check_valid_until;
	struct repository_suite *suites; /* owned; in the manifest's order */
	size_t suite_count;
	struct texts texts;
};

/* From the command line; each overrides what the manifest says. */
struct repository_override {
	const char *const *mirrors; /* "NAME=URL": a repository, or an archive label of "@apt:" */
	size_t mirror_count;
	const char *keyring; /* or NULL */
};

/* Refuse a --mirror that isn't NAME=URL, or names nothing that @m has. */
bool repository_check_override(const struct repository_override *o, const struct manifest *m,
			       struct err *err) MUST_CHECK;

/*
 * Work out where @manifest's suites are, with which keys.  @apt is read on first need: a zeroed
 * struct that the caller releases.
 */
bool repository_locate(const struct manifest_repository *manifest,
		       const struct repository_override *o, struct apt_config *apt,
		       struct repository *out, struct err *err) MUST_CHECK;
void repository_done(struct repository *r); /* accepts a zeroed struct; for AUTO() */

/*
 * Fetch and check the Release files of all @repositories, at time @now.  Those that are past their
 * Valid-Until where that is not checked are named in *stale ("suite 'x' (2026-11-28)"), to be
 * warned of.
 */
bool repository_open_all(struct repository *repositories, size_t count, struct cache *cache,
			 const struct fetch_options *options, uint64_t now, struct buf *stale,
			 struct err *err) MUST_CHECK;

/* One repository's package lists for one architecture, and "all". */
struct repository_lists {
	const struct repository *repository;
	const char *arch;
	struct apt_index *indexes; /* owned; one per suite, set by repository_load */
	size_t index_count;
};

/* Fetch all lists that repository_load will read. */
bool repository_fetch_lists(struct repository_lists *lists, size_t count, struct cache *cache,
			    const struct fetch_options *options, struct err *err) MUST_CHECK;

/* Decompress and parse.  Large: unload before the next. */
bool repository_load(struct repository_lists *lists, struct cache *cache, struct err *err)
	MUST_CHECK;
void repository_unload(struct repository_lists *lists);

/* The URL of @filename below @base, special characters escaped. */
const char *repository_url(struct texts *t, const char *base, struct slice filename);

#endif
