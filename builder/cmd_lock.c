/* SPDX-License-Identifier: MIT */
/* cmd_lock.c - `ibbundle lock`: resolve a manifest to the exact files, and write them down. */
#include <time.h>

#include "cmd.h"
#include "file.h"
#include "lock_make.h"
#include "options.h"
#include "progress.h"
#include "supply.h"

#define DIFF_TEXT_MAX (16u << 20)

const char cmd_lock_help[] =
	"Reads repositories whose signature it checks, resolves every package of MANIFEST\n"
	"to exact files, and writes their URLs, sizes and SHA-256 to the lock.  The same\n"
	"manifest and the same state of the repositories give the same lock.\n"
	"\n"
	"  --lock FILE        the lock (default: MANIFEST with .lock.json for .json)\n"
	"  --diff             say what would change in the lock, write nothing\n"
	"  --mirror NAME=URL  where repository NAME is, or the archive that the manifest\n"
	"                     calls @apt:NAME; may be given again\n"
	"  --supply ID=PATH   a file that nobody publishes, for package ID (ID/FILE where it\n"
	"                     needs several); may be given again.  A package that lacks one\n"
	"                     is left out, and the lock says so\n"
	"  --keyring FILE     OpenPGP keys that Release files must be signed by\n"
	"  --cache DIR        the cache (default: $XDG_CACHE_HOME/ibbundle)\n"
	"  --cacert FILE      certificates that replace the system's for https\n"
	"  -j, --jobs N       transfers at a time (default 4)\n"
	"\n"
	"What the manifest leaves to @apt (mirror, keyring, check_valid_until) is taken\n"
	"from this machine's apt.\n";

struct lock_options {
	const char *manifest;
	const char *lock, *keyring, *cache, *cacert;
	struct option_list mirrors, supply;
	uint64_t jobs;
	bool diff;
};

static bool parse_options(int argc, char **argv, struct lock_options *o, struct err *err)
{
	const struct option options[] = {
		{ "lock", 0, OPTION_TEXT, &o->lock, 0, 0 },
		{ "diff", 0, OPTION_FLAG, &o->diff, 0, 0 },
		{ "mirror", 0, OPTION_LIST, &o->mirrors, 0, 0 },
		{ "supply", 0, OPTION_LIST, &o->supply, 0, 0 },
		{ "keyring", 0, OPTION_TEXT, &o->keyring, 0, 0 },
		{ "cache", 0, OPTION_TEXT, &o->cache, 0, 0 },
		{ "cacert", 0, OPTION_TEXT, &o->cacert, 0, 0 },
		{ "jobs", 'j', OPTION_NUMBER, &o->jobs, 1, 32 },
		{ 0 },
	};
	struct operands operands;
	if (!options_parse(argc, argv, options, 1, 1, &operands, err))
		return false;
	o->manifest = operands.v[0];
	return true;
}

static bool make_text(const struct lock_options *o, struct buf *text, struct err *err)
{
	AUTO(manifest_done) struct manifest manifest = { 0 };
	if (!manifest_read(o->manifest, &manifest, err))
		return false;
	AUTO(cache_auto_free) struct cache *cache = cache_open(o->cache, err);
	if (!cache)
		return false;
	const struct repository_override override = {
		.mirrors = o->mirrors.v,
		.mirror_count = o->mirrors.count,
		.keyring = o->keyring,
	};
	const struct fetch_options fetch = { .cacert = o->cacert, .jobs = (unsigned)o->jobs };
	const struct lock_request request = {
		.manifest = &manifest,
		.override = &override,
		.cache = cache,
		.fetch = &fetch,
		.supply = o->supply.v,
		.supply_count = o->supply.count,
		.now = (uint64_t)time(NULL),
	};
	struct lock_warnings warnings = { BUF_INIT(64u << 10), BUF_INIT(1u << 20) };
	bool ok = lock_make(&request, text, &warnings, err);
	if (ok && warnings.stale.len)
		fprintf(stderr,
			"ibbundle: warning: old repository data is taken, as Valid-Until is not to "
			"be checked: %s\n",
			buf_str(&warnings.stale));
	if (ok && warnings.missing.len)
		fprintf(stderr,
			"ibbundle: warning: older versions are taken, as the mirrors no longer "
			"have what the index lists: %s\n",
			buf_str(&warnings.missing));
	buf_done(&warnings.stale);
	buf_done(&warnings.missing);
	return ok;
}

static void print_summary(const struct lock *l, const char *path)
{
	uint64_t bytes = 0;
	size_t first_use = 0;
	char text[BYTES_TEXT_SIZE];
	for (size_t i = 0; i < l->file_count; i++) {
		bytes += l->files[i].size;
		first_use += l->files[i].trust == LOCK_FIRST_USE;
	}
	printf("%s: %zu packages, %zu files, %s\n", path, l->package_count, l->file_count,
	       bytes_text(bytes, text));
	if (first_use)
		printf("%zu files have no pinned SHA-256: recorded as seen now (first-use)\n",
		       first_use);
}

static bool print_diff(const struct lock *new, const char *path, struct err *err)
{
	AUTO(lock_done) struct lock old = { 0 };
	AUTO(buf_done) struct buf text = BUF_INIT(DIFF_TEXT_MAX);
	if (!lock_read(path, &old, err) || !lock_diff(&old, new, &text, err))
		return false;
	if (text.len)
		fputs(buf_str(&text), stdout);
	else
		printf("%s: nothing changes\n", path);
	return true;
}

bool cmd_lock(int argc, char **argv, struct err *err)
{
	struct lock_options o = { .jobs = 4 };
	AUTO(auto_free) char *default_path = NULL;
	if (!parse_options(argc, argv, &o, err) || !lock_path(o.manifest, &default_path, err))
		return false;
	const char *path = o.lock ? o.lock : default_path;
	AUTO(buf_done) struct buf text = BUF_INIT(LOCK_SIZE_MAX);
	AUTO(lock_done) struct lock made = { 0 };
	/* what is written must be readable: parse it as fetch and build will */
	if (!make_text(&o, &text, err) || !lock_parse(path, buf_slice(&text), &made, err))
		return false;
	supply_warn_left_out(&made);
	if (o.diff)
		return print_diff(&made, path, err);
	if (!file_write_atomic(path, buf_slice(&text), 0644, err))
		return false;
	print_summary(&made, path);
	return true;
}
