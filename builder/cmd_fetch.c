/* SPDX-License-Identifier: MIT */
/* cmd_fetch.c - `ibbundle fetch`: everything a lock names, into the cache. */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "file.h"
#include "lock_fetch.h"
#include "manifest.h"
#include "options.h"
#include "progress.h"
#include "supply.h"

#define JOBS_MAX 32

const char cmd_fetch_help[] =
	"Downloads what the cache lacks of the files in MANIFEST's lock, and checks each SHA-256.\n"
	"A later 'ibbundle build --offline' needs no network.  What was cut short goes on where\n"
	"it ended: run it again.\n"
	"\n"
	"  --lock FILE     the lock; default: MANIFEST with .lock.json in place of .json\n"
	"  --cache DIR     the cache; default: $XDG_CACHE_HOME/ibbundle or ~/.cache/ibbundle\n"
	"  --cacert FILE   trust the certificate authorities in FILE (PEM) and no others for "
	"https\n"
	"  -j, --jobs N    downloads at a time, 1 to 32; default 4\n"
	"  --supply ID=PATH  a file that nobody publishes, as it was given to 'ibbundle lock'; "
	"may\n"
	"                  be given again\n"
	"  --offline       only tell whether everything is there\n"
	"\n"
	"Proxies are taken from http_proxy, https_proxy, all_proxy and no_proxy.\n";

static double seconds_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool digest_file(const char *path, uint8_t digest[SHA256_SIZE], struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(0);
	return file_read(path, MANIFEST_SIZE_MAX, &text, err) &&
	       sha256_of(buf_slice(&text), digest, err);
}

/* Each must be the file that was locked. */
static bool take_supplied(const struct lock *lock, struct cache *cache,
			  const struct option_list *given, struct err *err)
{
	AUTO(auto_free) struct supply_slot *slots = NULL;
	size_t count = 0, at = 0;
	if (!supply_slots_of_lock(lock, &slots, &count, err) ||
	    !supply_match(given->v, given->count, slots, count, err))
		return false;
	for (size_t i = 0; i < lock->package_count; i++)
		for (size_t k = 0; k < lock->packages[i].file_count; k++) {
			const struct lock_file *f = &lock->files[lock->packages[i].files[k].file];
			uint8_t digest[SHA256_SIZE];
			uint64_t size;
			const char *path = f->trust == LOCK_SUPPLIED ? slots[at++].given : NULL;
			if (path &&
			    !supply_take(cache, path, f->sha256, f->size, digest, &size, err))
				return false;
		}
	return true;
}

static bool fetch_manifest(const char *manifest, const char *lock_file, const char *cache_name,
			   const struct option_list *supply, const struct fetch_options *options,
			   struct err *err)
{
	double start = seconds_now();
	AUTO(auto_free) char *beside = NULL;
	uint8_t digest[SHA256_SIZE];
	if (!digest_file(manifest, digest, err))
		return false;
	if (!lock_file && !lock_path(manifest, &beside, err))
		return false;
	if (!lock_file)
		lock_file = beside;
	AUTO(lock_done) struct lock lock = { 0 };
	if (!lock_read(lock_file, &lock, err))
		return false;
	/* a lock of another state of the manifest names the wrong files */
	if (memcmp(digest, lock.manifest_sha256, SHA256_SIZE) != 0)
		return err_set(err, ERR_FORMAT,
			       "'%s' changed since '%s' was made: run 'ibbundle lock %s'", manifest,
			       lock_file, manifest);
	AUTO(cache_auto_free) struct cache *cache = cache_open(cache_name, err);
	if (!cache)
		return false;
	struct fetch_totals totals;
	if (!take_supplied(&lock, cache, supply, err) ||
	    !lock_fetch(&lock, cache, options, &totals, err))
		return false;
	char bytes[BYTES_TEXT_SIZE];
	printf("%s %s: %llu files, %s, all in the cache (%llu were there) after %.1f s\n",
	       lock.name, lock.version, (unsigned long long)totals.files,
	       bytes_text(totals.bytes, bytes), (unsigned long long)totals.cached_files,
	       seconds_now() - start);
	return true;
}

bool cmd_fetch(int argc, char **argv, struct err *err)
{
	const char *lock = NULL, *cache = NULL;
	uint64_t jobs = 0;
	struct option_list supply = { 0 };
	struct fetch_options fetch = { 0 };
	const struct option options[] = {
		{ .name = "lock", .kind = OPTION_TEXT, .out = &lock },
		{ .name = "cache", .kind = OPTION_TEXT, .out = &cache },
		{ .name = "cacert", .kind = OPTION_TEXT, .out = &fetch.cacert },
		{ .name = "jobs",
		  .letter = 'j',
		  .kind = OPTION_NUMBER,
		  .out = &jobs,
		  .min = 1,
		  .max = JOBS_MAX },
		{ .name = "supply", .kind = OPTION_LIST, .out = &supply },
		{ .name = "offline", .kind = OPTION_FLAG, .out = &fetch.offline },
		{ 0 },
	};
	struct operands operands;
	if (!options_parse(argc, argv, options, 1, 1, &operands, err))
		return false;
	if (fetch.cacert && access(fetch.cacert, R_OK) != 0)
		return file_error(err, "read", fetch.cacert);
	fetch.jobs = (unsigned)jobs;
	return fetch_manifest(operands.v[0], lock, cache, &supply, &fetch, err);
}
