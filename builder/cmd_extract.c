/* SPDX-License-Identifier: MIT */
/* cmd_extract.c - `ibbundle extract`: the payload of one package, or of all. */
#include <unistd.h>

#include "cmd.h"
#include "exact.h"
#include "file.h"
#include "missing.h"
#include "outdir.h"
#include "progress.h"
#include "reader.h"

const char cmd_extract_help[] =
	"Lays out the payload of one package in the new directory DIR, or with --all that of "
	"every\n"
	"package in DIR/ID.  Every byte is checked; when anything is wrong there is no DIR.\n\n"
	"  -o, --output DIR  must not exist, or be empty\n"
	"  --package ID      see 'ibbundle list'\n"
	"  --all             every package\n"
	"  --exact           instead, the vendors' files as they were, each compared with the\n"
	"                    SHA-256 that was locked; exit status 1 when some are here in\n"
	"                    another form only\n" READER_HELP;

struct totals {
	uint64_t bytes, files, packages;
	bool exact;
	uint64_t unknown, unknown_bytes; /* with exact: what can't be given back */
};

/* --- the vendors' files -------------------------------------------------------------------------- */

/* Files of many directories: those that were made so far. */
struct exact_out {
	struct layout_sink sink;
	char **dirs; /* owned */
	size_t count;
};

static void exact_out_done(struct exact_out *o)
{
	for (size_t i = 0; i < o->count; i++)
		free(o->dirs[i]);
	free(o->dirs);
}

/* Make the directories that @path is in. */
static bool make_dirs(struct exact_out *o, const struct tree_entry *file, struct err *err)
{
	for (size_t n = 0; n < file->path.len; n++) {
		struct tree_entry dir = { .path = { file->path.p, n },
					  .type = TREE_DIR,
					  .mode = 0755,
					  .mtime = file->mtime };
		bool known = file->path.p[n] != '/';
		for (size_t i = 0; !known && i < o->count; i++)
			known = slice_equal(slice_str(o->dirs[i]), dir.path);
		if (known)
			continue;
		char **dirs = realloc(o->dirs, (o->count + 1) * sizeof(*dirs));
		if (!dirs)
			return err_no_memory(err);
		o->dirs = dirs;
		dirs[o->count] = strndup((const char *)dir.path.p, n);
		if (!dirs[o->count++])
			return err_no_memory(err);
		if (!o->sink.dir(o->sink.ctx, &dir, err))
			return false;
	}
	return true;
}

static bool copy_in(const struct layout_sink *sink, const struct source *src, struct err *err)
{
	enum { CHUNK = 1 << 20 };
	AUTO(auto_free) uint8_t *chunk = malloc(CHUNK);
	if (!chunk)
		return err_no_memory(err);
	for (uint64_t at = 0; at < src->size;) {
		size_t n = src->size - at < CHUNK ? (size_t)(src->size - at) : CHUNK;
		if (!source_read(src, at, chunk, n, err) ||
		    !sink->file_write(sink->ctx, at, chunk, n, err))
			return false;
		at += n;
	}
	return true;
}

static bool take_exact(void *ctx, const struct tree_entry *e, const char *from, struct err *err)
{
	struct exact_out *o = ctx;
	AUTO(file_source_close) struct source src = { 0 };
	return file_source_open(from, &src, err) && make_dirs(o, e, err) &&
	       o->sink.file_begin(o->sink.ctx, e, err) && copy_in(&o->sink, &src, err) &&
	       o->sink.file_end(o->sink.ctx, e, err);
}

static unsigned processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	return n < 1 ? 1 : (unsigned)n;
}

static bool extract_exact(struct reader *r, const struct tree *t, struct outdir *d,
			  struct totals *sum, struct err *err)
{
	AUTO(exact_out_done) struct exact_out out = { .sink = outdir_sink(d) };
	struct exact_taker taker = { &out, take_exact };
	struct exact_totals found = { 0 };
	if (!exact_package(&r->bundle, t, d->path, processors(), &taker, NULL, &found, err) ||
	    !outdir_finish_tree(d, err))
		return false;
	sum->bytes += found.bytes;
	sum->files += found.files;
	sum->unknown += found.unknown;
	sum->unknown_bytes += found.unknown_bytes;
	sum->packages++;
	return true;
}

/* --- what is laid out ---------------------------------------------------------------------------- */

static bool extract_package(struct reader *r, size_t index, struct outdir *d, struct totals *sum,
			    struct err *err)
{
	AUTO(tree_done) struct tree t = { 0 };
	if (!missing_read_tree(&r->bundle, index, sum->exact, &t, err))
		return false;
	const char *id = r->bundle.catalog.packages[index].id;
	if (sum->exact)
		return extract_exact(r, &t, d, sum, err) ||
		       err_wrap(err, "cannot extract package '%s'", id);
	struct layout_sink sink = outdir_sink(d);
	progress_begin(id, t.total_size);
	bool ok = layout_tree(&r->bundle, &t, &sink, err) && outdir_finish_tree(d, err);
	progress_end();
	sum->bytes += t.total_size;
	sum->files += t.file_count;
	sum->packages++;
	return ok || err_wrap(err, "cannot extract package '%s'", id);
}

static bool extract_all(struct reader *r, struct outdir *d, struct totals *sum, struct err *err)
{
	for (size_t i = 0; i < r->bundle.catalog.package_count; i++)
		if (!outdir_enter(d, r->bundle.catalog.packages[i].id, err) ||
		    !extract_package(r, i, d, sum, err))
			return false;
	return true;
}

static bool print_json(const char *dir, const struct totals *sum, struct err *err)
{
	AUTO(json_auto_free) struct json *j = json_new("extract", err);
	if (!j)
		return false;
	json_add_string(j, json_top(j), "directory", dir);
	json_add_u64(j, json_top(j), "packages", sum->packages);
	json_add_u64(j, json_top(j), "files", sum->files);
	json_add_u64(j, json_top(j), "bytes", sum->bytes);
	if (sum->exact)
		json_add_u64(j, json_top(j), "unknown", sum->unknown);
	return reader_print_json(j, err);
}

static bool extract(struct reader *r, const char *id, const char *dir, struct totals *sum,
		    struct err *err)
{
	size_t index = 0;
	if (id && !reader_find_package(r, id, &index, err))
		return false;
	AUTO(outdir_done) struct outdir d = OUTDIR_INIT;
	return outdir_open(&d, dir, err) &&
	       (id ? extract_package(r, index, &d, sum, err) : extract_all(r, &d, sum, err)) &&
	       outdir_commit(&d, err);
}

bool cmd_extract(int argc, char **argv, struct err *err)
{
	struct reader_options opt = { 0 };
	const char *dir = NULL, *id = NULL;
	bool all = false;
	struct totals sum = { 0 };
	const struct option options[] = {
		READER_OPTIONS(opt),
		{ "output", 'o', OPTION_TEXT, &dir, 0, 0 },
		{ "package", 0, OPTION_TEXT, &id, 0, 0 },
		{ "all", 0, OPTION_FLAG, &all, 0, 0 },
		{ "exact", 0, OPTION_FLAG, &sum.exact, 0, 0 },
		{ 0 },
	};
	struct operands operands;
	if (!options_parse(argc, argv, options, 1, 1, &operands, err))
		return false;
	if (!dir || !id == !all)
		return err_set(err, ERR_USAGE,
			       "extract: -o DIR and one of --package ID and --all are needed; see "
			       "'ibbundle help extract'");
	AUTO(reader_close) struct reader r = { 0 };
	if (!reader_open(&r, operands.v[0], &opt, err) || !extract(&r, id, dir, &sum, err))
		return false;
	if (opt.json && !print_json(dir, &sum, err))
		return false;
	char size[BYTES_TEXT_SIZE];
	if (!opt.json)
		printf("%s: %llu files, %s\n", dir, (unsigned long long)sum.files,
		       bytes_text(sum.bytes, size));
	return sum.unknown == 0 ||
	       err_set(err, ERR_NO, "%llu files of %s are here in another form only, see -v",
		       (unsigned long long)sum.unknown, bytes_text(sum.unknown_bytes, size));
}
