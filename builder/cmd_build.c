/* SPDX-License-Identifier: MIT */
/*
 * cmd_build.c - `ibbundle build`: from a lock to a signed bundle.
 *
 *   lock -> fetch what the cache lacks -> payloads -> blocks, trees, table, catalog, root
 *        -> sign -> a copy for each platform -> read all of it back -> sync, final names
 */
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "acceptance.h"
#include "catalog_write.h"
#include "cmd.h"
#include "contents.h"
#include "file.h"
#include "lock.h"
#include "lock_fetch.h"
#include "manifest.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "rotation.h"
#include "supply.h"
#include "trust_documents.h"

const char cmd_build_help[] =
	"Packs what the lock of MANIFEST names into BUNDLE, fetching what the cache lacks,\n"
	"signs it, and reads all of it back before it gets its name.  Same lock, same bytes,\n"
	"up to the signatures; SOURCE_DATE_EPOCH replaces the lock's time.\n\n"
	"  -o, --output BUNDLE  the file to write, by its ending: NAME.run (Linux x86_64),\n"
	"                       NAME-aarch64.run, NAME.exe (Windows x86_64), NAME.ibb (no\n"
	"                       runtime, for --bundle); with no such ending, all of them.  They\n"
	"                       differ in the runtime only.  FILE.p7s signs all of FILE\n"
	"  --unsigned           no signature yet: 'ibbundle sign' makes it later\n"
	"  --lock FILE          instead of MANIFEST's own, beside it\n"
	"  --cache DIR          instead of $XDG_CACHE_HOME/ibbundle\n"
	"  --cacert FILE        certificates for https (PEM)\n"
	"  --offline            a file that is not in the cache is an error\n"
	"  --accept-license ID  accept these terms of packages, which build names, or 'all' (may\n"
	"                       be given again)\n"
	"  --crl FILE           a list of revoked certificates (PEM or DER, may be given again)\n"
	"  --rotation FILE      what 'ibbundle rotate' wrote: who signs from now on\n"
	"  --require-pinned     refuse files whose SHA-256 nobody has published\n"
	"  --stub FILE          a runtime for the head, one for each platform (may be given\n"
	"                       again; default: those in stub/ beside this program)\n"
	"  --no-stub            a data file for --bundle, whatever its name\n"
	"  --exe-max BYTES      where NAME.exe would be larger, it is the runtime alone, with\n"
	"                       NAME.ibb written beside it (default: 4 GiB less 64 MiB)\n"
	"  --prove              try every way of giving a .deb back, also where an earlier build\n"
	"                       with the same cache has found out which one does\n"
	"  --packed             leave .deb files as they come: much larger, but built in seconds\n"
	"  --recompress-budget SECONDS\n"
	"                       CPU seconds a package that installing may spend on compressing\n"
	"                       .xz files in it again, such as kernel modules, which are stored\n"
	"                       unpacked where it saves enough; 0: never (default: 240)\n"
	"  --recompress-gain PERCENT\n"
	"                       how much that is (default: 25); at 15 also a lone kernel's, for\n"
	"                       a small 'slice --without' for the next\n"
	"  --level N            zstd level, 0 to 19; 0 stores (default: 19)\n"
	"  --optimize GOAL      'size': whatever is smallest for each block; 'speed': nothing "
	"that\n"
	"                       takes longer to decode than zstd; 'balanced' (default): LZMA2\n"
	"                       for code where it is 8 % smaller, zstd for the rest\n"
	"  --block-size MIB     raw size of a block, at most; 1 to 24 (default: 12)\n"
	"  -j, --jobs N         threads that compress, up to 8 (default: one per "
	"processor)\n\nThe signature:\n" SIGN_HELP AUTHENTICODE_HELP;

#define BLOCK_MIB_MAX (GROUP_BLOCK_SIZE_MAX >> 20)

struct build {
	const char *manifest, *output, *lock_file, *cache_dir, *cacert;
	struct sign_files signer;
	struct option_list stub_files, accepted, crl_files;
	const char *rotation_file;
	struct buf crl, rotation; /* documents; empty: none */
	struct authenticode_key authenticode;
	bool offline, is_unsigned, require_pinned, no_stub, prove, packed;
	uint64_t level, block_mib, jobs, exe_max, now, created;
	struct recompress_rule recompress;
	const char *optimize;
	enum encode_goal goal;

	struct lock lock;
	struct cache *cache;
	struct sign_key *key;
	struct heads heads;
	struct outputs outputs;
	struct contents contents;
};

static void build_done(struct build *b)
{
	contents_done(&b->contents);
	outputs_done(&b->outputs);
	heads_done(&b->heads);
	sign_key_free(b->key);
	buf_done(&b->crl);
	buf_done(&b->rotation);
	cache_free(b->cache);
	lock_done(&b->lock);
}

/* --- what is asked for -------------------------------------------------------------------------- */

static bool parse(int argc, char **argv, struct build *b, struct err *err)
{
	const struct option options[] = {
		{ "output", 'o', OPTION_TEXT, &b->output, 0, 0 },
		SIGN_OPTIONS(b->signer),
		{ "unsigned", 0, OPTION_FLAG, &b->is_unsigned, 0, 0 },
		{ "lock", 0, OPTION_TEXT, &b->lock_file, 0, 0 },
		{ "cache", 0, OPTION_TEXT, &b->cache_dir, 0, 0 },
		{ "cacert", 0, OPTION_TEXT, &b->cacert, 0, 0 },
		{ "offline", 0, OPTION_FLAG, &b->offline, 0, 0 },
		{ "accept-license", 0, OPTION_LIST, &b->accepted, 0, 0 },
		{ "require-pinned", 0, OPTION_FLAG, &b->require_pinned, 0, 0 },
		{ "crl", 0, OPTION_LIST, &b->crl_files, 0, 0 },
		{ "rotation", 0, OPTION_TEXT, &b->rotation_file, 0, 0 },
		{ "stub", 0, OPTION_LIST, &b->stub_files, 0, 0 },
		{ "no-stub", 0, OPTION_FLAG, &b->no_stub, 0, 0 },
		{ "exe-max", 0, OPTION_NUMBER, &b->exe_max, 1, EXE_SIZE_MAX },
		AUTHENTICODE_OPTIONS(b->authenticode),
		{ "level", 0, OPTION_NUMBER, &b->level, 0, ENCODE_LEVEL_MAX },
		{ "optimize", 0, OPTION_TEXT, &b->optimize, 0, 0 },
		{ "block-size", 0, OPTION_NUMBER, &b->block_mib, 1, BLOCK_MIB_MAX },
		{ "prove", 0, OPTION_FLAG, &b->prove, 0, 0 },
		{ "packed", 0, OPTION_FLAG, &b->packed, 0, 0 },
		{ "recompress-budget", 0, OPTION_NUMBER, &b->recompress.budget, 0,
		  RECOMPRESS_BUDGET_MAX },
		{ "recompress-gain", 0, OPTION_NUMBER, &b->recompress.gain, 0,
		  RECOMPRESS_GAIN_MAX },
		{ "jobs", 'j', OPTION_NUMBER, &b->jobs, 1, PACK_JOBS_MAX },
		{ 0 },
	};
	struct operands operands;
	if (!options_parse(argc, argv, options, 1, 1, &operands, err))
		return false;
	b->manifest = operands.v[0];
	if (b->packed)
		b->recompress.budget = 0;
	if (b->optimize && !encode_goal_parse(b->optimize, &b->goal))
		return err_set(err, ERR_USAGE,
			       "build: --optimize takes 'size', 'balanced' or 'speed', not '%s'",
			       b->optimize);
	if (!b->output)
		return err_set(err, ERR_USAGE,
			       "build: -o BUNDLE is missing; see 'ibbundle help build'");
	const struct sign_files *f = &b->signer;
	bool pair = f->key.key && f->certificate, any = f->key.key || f->certificate || f->chain;
	if (b->is_unsigned ? any : !pair)
		return err_set(err, ERR_USAGE,
			       "build: give --key and --cert, or --unsigned; see 'ibbundle help "
			       "build'");
	if (b->is_unsigned && b->authenticode.place.key)
		return err_set(err, ERR_USAGE,
			       "build: a later signature over the root would break Authenticode's: "
			       "give 'ibbundle sign' --authenticode instead");
	return (authenticode_share(&b->authenticode, &f->key, err) &&
		(b->is_unsigned || sign_check_files(f, err)) &&
		authenticode_check_options(&b->authenticode, err)) ||
	       err_wrap(err, "build");
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
	return acceptance_check(&b->lock, &b->accepted, err);
}

/* --- what goes in ------------------------------------------------------------------------------- */

static bool fetch_files(struct build *b, struct err *err)
{
	struct fetch_options how = { .offline = b->offline, .cacert = b->cacert };
	struct fetch_totals totals;
	return lock_fetch(&b->lock, b->cache, &how, &totals, err);
}

static unsigned jobs_of(const struct build *b)
{
	long n = b->jobs ? (long)b->jobs : sysconf(_SC_NPROCESSORS_ONLN);
	return n < 1 ? 1 : n > PACK_JOBS_MAX ? PACK_JOBS_MAX : (unsigned)n;
}

static bool collect(struct build *b, struct err *err)
{
	struct contents_options opt = { .cache = b->cache,
					.near = b->output,
					.created = b->created,
					.jobs = jobs_of(b),
					.prove = b->prove,
					.recompress = b->recompress,
					.packed = b->packed };
	return contents_collect(&b->contents, &b->lock, &opt, err);
}

/* --- what comes out ----------------------------------------------------------------------------- */

static bool read_trust_documents(struct build *b, struct err *err)
{
	return (!b->crl_files.count || crl_document(&b->crl_files, &b->crl, err)) &&
	       (!b->rotation_file ||
		rotation_document(b->rotation_file, b->lock.name, &b->rotation, err));
}

static bool write_outputs(struct build *b, struct err *err)
{
	struct bundle_document documents[2];
	size_t count = 0;
	if (b->crl.len)
		documents[count++] = (struct bundle_document) { "crl", buf_slice(&b->crl) };
	if (b->rotation.len)
		documents[count++] =
			(struct bundle_document) { ROTATION_DOCUMENT, buf_slice(&b->rotation) };
	struct bundle_input in = {
		.documents = documents,
		.document_count = count,
		.lock = &b->lock,
		.payloads = b->contents.payloads,
		.created = b->created,
		.heads = &b->heads,
		.inexact = b->contents.inexact,
		.recompress = b->recompress,
		.packed = b->packed,
		.block_size = b->block_mib << 20,
		.pack = { .encode = { .level = (int)b->level, .goal = b->goal },
			  .jobs = jobs_of(b) },
	};
	struct output_options how = {
		.key = b->key,
		.authenticode = b->authenticode.place.key ? &b->authenticode : NULL,
		.exe_max = b->exe_max,
		.now = b->now,
	};
	return outputs_write(&b->outputs, &in, &how, err) && outputs_commit(&b->outputs, err);
}

static void print_output(const struct build *b, const struct output *out)
{
	uint64_t vendor = 0;
	char size[BYTES_TEXT_SIZE], of[BYTES_TEXT_SIZE];
	for (size_t i = 0; i < b->lock.file_count; i++)
		vendor += b->lock.files[i].size;
	bytes_text(out->seal.bundle.offset, size);
	bytes_text(vendor, of);
	if (out->alone)
		printf("%s: %s, the runtime alone: with the bundle it would be larger than %s, so "
		       "keep the .ibb file beside it",
		       out->path, size, bytes_text(b->exe_max, of));
	else
		printf("%s: %zu packages, %s for %zu files of %s", out->path, b->lock.package_count,
		       size, b->lock.file_count, of);
	if (b->key)
		printf(", signed by '%s'", out->seal.signer.subject);
	else
		printf(", not signed");
	if (out->authenticode.state != AUTHENTICODE_NONE)
		printf(", Authenticode by '%s'%s", out->authenticode.subject,
		       authenticode_note(&out->authenticode));
	printf("\n");
}

/* Only a Windows executable has such a signature. */
static bool check_authenticode(const struct build *b, struct err *err)
{
	for (size_t i = 0; b->authenticode.place.key && i < b->outputs.count; i++)
		if (output_is_windows(&b->outputs.v[i]))
			return true;
	return !b->authenticode.place.key ||
	       err_set(err, ERR_USAGE, "build: --authenticode is for NAME.exe, and '%s' is none",
		       b->output);
}

/* How much of the vendors' files can be given back as they were. */
static void print_exact(const struct build *b)
{
	const struct debs_open_totals *t = &b->contents.debs;
	char exact[BYTES_TEXT_SIZE], of[BYTES_TEXT_SIZE], raw[BYTES_TEXT_SIZE];
	if (t->files == 0)
		return;
	bytes_text(t->exact_bytes, exact);
	bytes_text(t->bytes, of);
	printf("exact: %llu of %llu packages and archives, %s of %s",
	       (unsigned long long)t->exact_files, (unsigned long long)t->files, exact, of);
	if (t->raw_files)
		printf("; %llu of them (%s) are stored as they are",
		       (unsigned long long)t->raw_files, bytes_text(t->raw_bytes, raw));
	printf("\n");
}

/* What installing will have to compress again. */
static void print_recompressed(const char *what, const struct recompress_kind *t)
{
	char seen[BYTES_TEXT_SIZE], packed[BYTES_TEXT_SIZE], raw[BYTES_TEXT_SIZE];
	if (t->seen == 0)
		return;
	printf("recompressed when laid out: %llu of %llu %s", (unsigned long long)t->files,
	       (unsigned long long)t->seen, what);
	if (t->files)
		printf(", %s of %s stored as %s unpacked", bytes_text(t->packed, packed),
		       bytes_text(t->seen_bytes, seen), bytes_text(t->bytes, raw));
	if (t->not_proven)
		printf("; %llu can't be made again", (unsigned long long)t->not_proven);
	printf(t->files ? " ('ibbundle inspect' shows what that costs a package)\n" : "\n");
}

bool cmd_build(int argc, char **argv, struct err *err)
{
	AUTO(build_done) struct build b = { .level = ENCODE_LEVEL_DEFAULT,
					    .block_mib = GROUP_BLOCK_SIZE >> 20,
					    .exe_max = EXE_SIZE_MAX,
					    .recompress = { RECOMPRESS_BUDGET_DEFAULT,
							    RECOMPRESS_GAIN_DEFAULT },
					    .now = (uint64_t)time(NULL) };
	if (!parse(argc, argv, &b, err) || !read_lock(&b, err) || !read_created(&b, err) ||
	    !read_trust_documents(&b, err) || !catalog_check(&b.lock, err) ||
	    !heads_read(&b.heads, &b.stub_files, err))
		return false;
	if (!b.is_unsigned) {
		b.key = sign_key_read(&b.signer, err);
		if (!b.key)
			return false;
	}
	b.cache = cache_open(b.cache_dir, err);
	/* The outputs are opened first: where they can't be written, nothing need be fetched. */
	if (!b.cache || !outputs_open(&b.outputs, b.output, b.no_stub, &b.heads, err) ||
	    !check_authenticode(&b, err) || !fetch_files(&b, err) || !collect(&b, err) ||
	    !write_outputs(&b, err))
		return false;
	for (size_t i = 0; i < b.outputs.count; i++)
		print_output(&b, &b.outputs.v[i]);
	print_exact(&b);
	print_recompressed(".xz files", &b.contents.recompressed.xz);
	print_recompressed(".rpm packages", &b.contents.recompressed.rpm);
	return true;
}
