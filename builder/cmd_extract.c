/* SPDX-License-Identifier: MIT */
/* cmd_extract.c - `ibbundle extract`: the payload of one package, or of all. */
#include "cmd.h"
#include "outdir.h"
#include "progress.h"
#include "reader.h"

const char cmd_extract_help[] =
	"Lays out the payload of one package in the new directory DIR, or with --all that of "
	"every\n"
	"package in DIR/ID.  Every byte is checked; when anything is wrong there is no DIR.\n\n"
	"  -o, --output DIR  must not exist, or be empty\n"
	"  --package ID      see 'ibbundle list'\n"
	"  --all             every package\n" READER_HELP;

struct totals {
	uint64_t bytes, files, packages;
};

static bool extract_package(struct reader *r, size_t index, struct outdir *d, struct totals *sum,
			    struct err *err)
{
	AUTO(tree_done) struct tree t = { 0 };
	if (!bundle_read_tree(&r->bundle, index, &t, err))
		return false;
	const char *id = r->bundle.catalog.packages[index].id;
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
	const struct option options[] = {
		READER_OPTIONS(opt),
		{ "output", 'o', OPTION_TEXT, &dir, 0, 0 },
		{ "package", 0, OPTION_TEXT, &id, 0, 0 },
		{ "all", 0, OPTION_FLAG, &all, 0, 0 },
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
	struct totals sum = { 0 };
	if (!reader_open(&r, operands.v[0], &opt, err) || !extract(&r, id, dir, &sum, err))
		return false;
	if (opt.json)
		return print_json(dir, &sum, err);
	char size[BYTES_TEXT_SIZE];
	printf("%s: %llu files, %s\n", dir, (unsigned long long)sum.files,
	       bytes_text(sum.bytes, size));
	return true;
}
