/* SPDX-License-Identifier: MIT */
/*
 * cmd_build.c - `ibbundle build`: from a lock to a signed bundle.
 *
 *   lock -> fetch what the cache lacks -> payloads -> blocks, trees, table, catalog, root
 *        -> sign -> read all of it back -> sync, final name
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bundle_write.h"
#include "catalog_write.h"
#include "cmd.h"
#include "file.h"
#include "lock.h"
#include "lock_fetch.h"
#include "manifest.h"
#include "options.h"
#include "progress.h"
#include "seal.h"
#include "stub.h"
#include "supply.h"
#include "unpack.h"

const char cmd_build_help[] =
	"Packs what the lock of MANIFEST names into BUNDLE, fetching what the cache lacks,\n"
	"signs it, and reads all of it back before it gets its name.  Same lock, same bytes,\n"
	"up to the signatures; SOURCE_DATE_EPOCH replaces the lock's time.\n\n"
	"  -o, --output BUNDLE  the file to write; BUNDLE.p7s is a signature over all of it\n"
	"  --key FILE           private key (PEM, not encrypted)\n"
	"  --cert FILE          its certificate (PEM), with the code-signing purpose\n"
	"  --chain FILE         certificates between it and the one that readers trust (PEM)\n"
	"  --unsigned           no signature yet: 'ibbundle sign' makes it later\n"
	"  --lock FILE          instead of MANIFEST's own, beside it\n"
	"  --cache DIR          instead of $XDG_CACHE_HOME/ibbundle\n"
	"  --cacert FILE        certificates for https (PEM)\n"
	"  --offline            a file that is not in the cache is an error\n"
	"  --require-pinned     refuse files whose SHA-256 nobody has published\n"
	"  --stub FILE          the runtime at the head (default: stub/linux-x86_64 beside this\n"
	"                       program)\n"
	"  --no-stub            a data file for --bundle, with no runtime\n"
	"  --level N            zstd level, 0 to 19; 0 stores (default: 19)\n"
	"  -j, --jobs N         threads that compress, up to 8 (default: one per processor)\n";

struct build {
	const char *manifest, *output, *lock_file, *cache_dir, *cacert;
	const char *key_file, *cert_file, *chain_file, *stub_file;
	bool offline, is_unsigned, require_pinned, no_stub;
	uint64_t level, jobs, now, created;

	struct lock lock;
	struct cache *cache;
	struct sign_key *key;
	struct buf stub;
	const char *stub_name;
	struct staging staging;
	struct payload *payloads; /* one per package of the lock */
	struct payload *unpacked; /* one per file of the lock; empty where it is not unpacked */
};

static void build_done(struct build *b)
{
	for (size_t i = 0; b->payloads && i < b->lock.package_count; i++)
		payload_done(&b->payloads[i]);
	for (size_t i = 0; b->unpacked && i < b->lock.file_count; i++)
		payload_done(&b->unpacked[i]);
	free(b->payloads);
	free(b->unpacked);
	staging_done(&b->staging);
	buf_done(&b->stub);
	sign_key_free(b->key);
	cache_free(b->cache);
	lock_done(&b->lock);
}

/* --- what is asked for -------------------------------------------------------------------------- */

static bool parse(int argc, char **argv, struct build *b, struct err *err)
{
	const struct option options[] = {
		{ "output", 'o', OPTION_TEXT, &b->output, 0, 0 },
		{ "key", 0, OPTION_TEXT, &b->key_file, 0, 0 },
		{ "cert", 0, OPTION_TEXT, &b->cert_file, 0, 0 },
		{ "chain", 0, OPTION_TEXT, &b->chain_file, 0, 0 },
		{ "unsigned", 0, OPTION_FLAG, &b->is_unsigned, 0, 0 },
		{ "lock", 0, OPTION_TEXT, &b->lock_file, 0, 0 },
		{ "cache", 0, OPTION_TEXT, &b->cache_dir, 0, 0 },
		{ "cacert", 0, OPTION_TEXT, &b->cacert, 0, 0 },
		{ "offline", 0, OPTION_FLAG, &b->offline, 0, 0 },
		{ "require-pinned", 0, OPTION_FLAG, &b->require_pinned, 0, 0 },
		{ "stub", 0, OPTION_TEXT, &b->stub_file, 0, 0 },
		{ "no-stub", 0, OPTION_FLAG, &b->no_stub, 0, 0 },
		{ "level", 0, OPTION_NUMBER, &b->level, 0, PACK_LEVEL_MAX },
		{ "jobs", 'j', OPTION_NUMBER, &b->jobs, 1, PACK_JOBS_MAX },
		{ 0 },
	};
	struct operands operands;
	if (!options_parse(argc, argv, options, 1, 1, &operands, err))
		return false;
	b->manifest = operands.v[0];
	if (!b->output)
		return err_set(err, ERR_USAGE,
			       "build: -o BUNDLE is missing; see 'ibbundle help build'");
	bool pair = b->key_file && b->cert_file, any = b->key_file || b->cert_file || b->chain_file;
	if (b->is_unsigned ? any : !pair)
		return err_set(err, ERR_USAGE,
			       "build: give --key and --cert, or --unsigned; see 'ibbundle help "
			       "build'");
	if (b->stub_file && b->no_stub)
		return err_set(err, ERR_USAGE, "build: --stub and --no-stub exclude each other");
	return true;
}

static bool read_created(struct build *b, struct err *err)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	b->created = b->lock.created;
	if (!text || !*text) {
		/* 1970 is no time that a certificate was valid at. */
		return b->created ||
		       err_set(err, ERR_USAGE,
			       "the lock names no repository and so has no time: set "
			       "SOURCE_DATE_EPOCH to the time that the bundle shall carry");
	}
	char *end = NULL;
	errno = 0;
	unsigned long long n = strtoull(text, &end, 10);
	if (errno || *end || *text < '0' || *text > '9' || n > (unsigned long long)TREE_MTIME_MAX)
		return err_set(err, ERR_USAGE,
			       "SOURCE_DATE_EPOCH is '%s', not a number of seconds since 1970",
			       text);
	b->created = n;
	return true;
}

static bool read_lock(struct build *b, struct err *err)
{
	AUTO(manifest_done) struct manifest m = { 0 };
	AUTO(auto_free) char *beside = NULL;
	const char *path = b->lock_file;
	if (!manifest_read(b->manifest, &m, err) ||
	    (!path && !lock_path(b->manifest, &beside, err)))
		return false;
	path = path ? path : beside;
	if (!lock_read(path, &b->lock, err))
		return false;
	if (memcmp(m.sha256, b->lock.manifest_sha256, SHA256_SIZE) != 0)
		return err_set(err, ERR_FORMAT,
			       "'%s' changed since '%s' was made: run 'ibbundle lock %s'",
			       b->manifest, path, b->manifest);
	supply_warn_left_out(&b->lock);
	for (size_t i = 0; b->require_pinned && i < b->lock.file_count; i++)
		if (b->lock.files[i].trust == LOCK_FIRST_USE)
			return err_set(err, ERR_UNPINNED,
				       "--require-pinned: nobody published the SHA-256 of '%s'; "
				       "'lock' wrote down what it saw",
				       b->lock.files[i].name);
	return true;
}

/* The runtime that was built with this program. */
static bool default_stub(char out[PATH_MAX], struct err *err)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n < 0)
		return file_error(err, "read link", "/proc/self/exe");
	self[n] = '\0';
	char *slash = strrchr(self, '/');
	if (slash)
		*slash = '\0';
	int len = snprintf(out, PATH_MAX, "%s/stub/linux-x86_64", self);
	if (len < 0 || len >= PATH_MAX)
		return err_set(err, ERR_SYSTEM, "the path of this program is too long");
	return true;
}

static bool read_stub(struct build *b, struct err *err)
{
	char path[PATH_MAX];
	if (b->no_stub)
		return true;
	if (!b->stub_file && !default_stub(path, err))
		return false;
	const char *from = b->stub_file ? b->stub_file : path;
	if (!b->stub_file && access(from, F_OK) != 0)
		return err_set(err, ERR_SYSTEM,
			       "there is no runtime at '%s': build it, or give --stub or --no-stub",
			       from);
	size_t at;
	if (!file_read(from, STUB_SIZE_MAX, &b->stub, err))
		return false;
	if (!stub_platform(buf_slice(&b->stub), &b->stub_name, err) ||
	    !stub_find_placeholder(buf_slice(&b->stub), &at, err))
		return err_wrap(err, "cannot use '%s' as the stub", from);
	if (stub_locator_offset(buf_slice(&b->stub), at) != 0)
		return err_set(err, ERR_FORMAT, "'%s' is a bundle, or the stub of one", from);
	return true;
}

/* --- what goes in ------------------------------------------------------------------------------- */

static bool fetch_files(struct build *b, struct err *err)
{
	struct fetch_options how = { .offline = b->offline, .cacert = b->cacert };
	struct fetch_totals totals;
	return lock_fetch(&b->lock, b->cache, &how, &totals, err);
}

static bool add_plain(struct build *b, struct payload *p, const struct lock_file *f,
		      const char *path, uint32_t mode, struct err *err)
{
	AUTO(auto_free) char *from = cache_path(b->cache, f->sha256);
	if (!from)
		return err_no_memory(err);
	struct payload_entry e = { .path = (char *)(uintptr_t)path,
				   .type = TREE_FILE,
				   .mode = mode,
				   .mtime = (int64_t)b->created,
				   .size = f->size,
				   .from = from };
	memcpy(e.sha256, f->sha256, SHA256_SIZE);
	return payload_add(p, "", &e, err);
}

/* An archive is unpacked once, however many packages use it. */
static bool add_unpacked(struct build *b, struct payload *p, const struct lock_package_file *pf,
			 struct err *err)
{
	const struct lock_file *f = &b->lock.files[pf->file];
	struct payload *content = &b->unpacked[pf->file];
	if (content->count == 0) {
		AUTO(auto_free) char *from = cache_path(b->cache, f->sha256);
		if (!from)
			return err_no_memory(err);
		progress_note("unpacking %s", f->name);
		if ((!b->staging.path && !staging_open(&b->staging, b->output, err)) ||
		    !unpack_archive(from, f->name, f->sha256, &b->staging, content, err))
			return false;
	}
	for (size_t i = 0; i < content->count; i++)
		if (!payload_add(p, pf->path, &content->entries[i], err))
			return err_wrap(err, "'%s'", f->name);
	return true;
}

static bool collect_package(struct build *b, size_t index, struct err *err)
{
	const struct lock_package *lp = &b->lock.packages[index];
	struct payload *p = &b->payloads[index];
	for (size_t i = 0; i < lp->deb_count; i++) {
		const struct lock_file *f = &b->lock.files[lp->debs[i].file];
		AUTO(auto_free) char *path = catalog_deb_path(&f->deb);
		if (!path)
			return err_no_memory(err);
		if (!add_plain(b, p, f, path, 0644, err))
			return false;
	}
	for (size_t i = 0; i < lp->file_count; i++) {
		const struct lock_package_file *pf = &lp->files[i];
		/* A file of its own may be a program to run. */
		if (pf->unpack ? !add_unpacked(b, p, pf, err)
			       : !add_plain(b, p, &b->lock.files[pf->file], pf->path, 0755, err))
			return false;
	}
	return payload_finish(p, (int64_t)b->created, err);
}

static bool collect(struct build *b, struct err *err)
{
	b->payloads = calloc(b->lock.package_count + 1, sizeof(*b->payloads));
	b->unpacked = calloc(b->lock.file_count + 1, sizeof(*b->unpacked));
	if (!b->payloads || !b->unpacked)
		return err_no_memory(err);
	for (size_t i = 0; i < b->lock.package_count; i++)
		if (!collect_package(b, i, err))
			return err_wrap(err, "package '%s'", b->lock.packages[i].id);
	return true;
}

/* --- what comes out ----------------------------------------------------------------------------- */

static unsigned default_jobs(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	return n < 1 ? 1 : n > PACK_JOBS_MAX ? PACK_JOBS_MAX : (unsigned)n;
}

static bool write_bundle(struct build *b, struct seal *s, struct err *err)
{
	struct bundle_input in = {
		.lock = &b->lock,
		.payloads = b->payloads,
		.created = b->created,
		.stub = buf_slice(&b->stub),
		.stub_name = b->stub_name,
		.pack = { .level = (int)b->level,
			  .jobs = b->jobs ? (unsigned)b->jobs : default_jobs() },
	};
	if (!bundle_write(&in, &s->bundle, err))
		return false;
	if (b->key && !seal_root(s, b->key, false, b->now, err))
		return false;
	return seal_verify(s, !b->key, b->now, err) &&
	       (!b->key || seal_whole(s, b->key, b->created, b->now, err)) &&
	       seal_commit(s, 0777, err);
}

static void print_result(const struct build *b, const struct seal *s)
{
	uint64_t vendor = 0;
	char size[BYTES_TEXT_SIZE], of[BYTES_TEXT_SIZE];
	for (size_t i = 0; i < b->lock.file_count; i++)
		vendor += b->lock.files[i].size;
	bytes_text(s->bundle.offset, size);
	bytes_text(vendor, of);
	printf("%s: %zu packages, %s for %zu files of %s", b->output, b->lock.package_count, size,
	       b->lock.file_count, of);
	if (b->key)
		printf(", signed by '%s'\n", s->signer.subject);
	else
		printf(", not signed\n");
}

bool cmd_build(int argc, char **argv, struct err *err)
{
	AUTO(build_done) struct build b = { .level = PACK_LEVEL_DEFAULT,
					    .now = (uint64_t)time(NULL) };
	AUTO(seal_done) struct seal s = SEAL_INIT;
	if (!parse(argc, argv, &b, err) || !read_lock(&b, err) || !read_created(&b, err) ||
	    !catalog_check(&b.lock, err) || !read_stub(&b, err))
		return false;
	if (b.key_file) {
		b.key = sign_key_read(b.key_file, b.cert_file, b.chain_file, err);
		if (!b.key)
			return false;
	}
	b.cache = cache_open(b.cache_dir, err);
	/* The output is opened first: where it can't be written, nothing need be fetched. */
	if (!b.cache || !outfile_open(&s.bundle, b.output, err) || !fetch_files(&b, err) ||
	    !collect(&b, err) || !write_bundle(&b, &s, err))
		return false;
	print_result(&b, &s);
	return true;
}
