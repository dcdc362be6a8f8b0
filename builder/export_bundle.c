/* SPDX-License-Identifier: MIT */
/* export_bundle.c - see export_bundle.h. */
#include "export_bundle.h"

#include <string.h>
#include <sys/stat.h>

#include "file.h"
#include "head.h"
#include "slice.h"

#define ARGUMENTS_MAX 4096
#define TITLE_MAX 512

static const char file_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "._-+";

/* --- its files ------------------------------------------------------------------------------------ */

/*
 * The name goes into command lines of several shells: what any of them could take for more than a letter is
 * refused, instead of quoted for each.
 */
static bool check_name(const char *name, struct err *err)
{
	if (name[strspn(name, file_letters)] || name[0] == '-' || name[0] == '.')
		return err_set(
			err, ERR_USAGE,
			"give '%s' a name of letters, digits, '.', '_', '+' and '-' first: it "
			"goes into command lines",
			name);
	return true;
}

static bool describe(struct export_file *f, struct err *err)
{
	uint8_t digest[SHA256_SIZE];
	if (!file_sha256(&f->src, digest, err))
		return false;
	sha256_hex(digest, f->sha256);
	snprintf(f->size, sizeof(f->size), "%llu", (unsigned long long)f->src.size);
	const struct template_value values[EXPORT_FILE_VALUES] = {
		{ "file", f->name }, { "sha256", f->sha256 }, { "size", f->size }, { 0 }
	};
	memcpy(f->values, values, sizeof(values));
	return true;
}

bool export_add_file(struct export_bundle *e, const char *path, struct err *err)
{
	if (e->file_count == EXPORT_FILES_MAX)
		return err_set(err, ERR_USAGE, "more than %d files", EXPORT_FILES_MAX);
	struct export_file *f = &e->files[e->file_count];
	f->path = strdup(path);
	if (!f->path)
		return err_no_memory(err);
	f->name = f->path + file_dir_length(f->path);
	e->rows[e->file_count++] = f->values;
	return check_name(f->name, err) && file_source_open(path, &f->src, err) && describe(f, err);
}

void export_drop_files(struct export_bundle *e, size_t from)
{
	while (e->file_count > from) {
		struct export_file *f = &e->files[--e->file_count];
		file_source_close(&f->src);
		free(f->path);
		*f = (struct export_file) { 0 };
	}
}

static bool is_whole(const struct bundle *b)
{
	for (uint32_t i = 0; i < b->table.count; i++)
		if (!bundle_block_file(b, i))
			return false;
	return true;
}

/* NAME.2.ibb and so on, where they are, as long as blocks are missing; they must be of the same root. */
static bool add_volumes(struct export_bundle *e, struct err *err)
{
	for (size_t i = 2; !is_whole(&e->reader.bundle); i++) {
		AUTO(auto_free) char *name = NULL;
		struct stat st;
		if (!slice_volume_name(e->reader.path, i, &name, err))
			return false;
		if (stat(name, &st) != 0)
			return true;
		if (!export_add_file(e, name, err) ||
		    !bundle_add(&e->reader.bundle, &e->files[e->file_count - 1].src, err))
			return false;
	}
	return true;
}

static bool find_files(struct export_bundle *e, struct err *err)
{
	struct reader *r = &e->reader;
	struct authenticode unused = { 0 };
	const char *platform = reader_stub_platform(r), *checked;
	if (!platform)
		return err_set(err, ERR_USAGE,
			       "no machine runs '%s': give the file that begins with the runtime, "
			       "NAME.run or NAME.exe",
			       r->path);
	e->windows = strcmp(platform, HEAD_WINDOWS) == 0;
	return bundle_check_stub(&r->bundle, &checked, err) &&
	       reader_check_head(r, &checked, &unused, err) &&
	       (!r->head_path || export_add_file(e, r->head_path, err)) &&
	       export_add_file(e, r->path, err) && add_volumes(e, err);
}

/* --- what install is told --------------------------------------------------------------------------- */

static bool is_term(const struct catalog *c, const char *id)
{
	for (size_t i = 0; i < c->package_count; i++)
		if (c->packages[i].terms.id && strcmp(c->packages[i].terms.id, id) == 0)
			return true;
	return strcmp(id, TERMS_ALL) == 0;
}

static bool make_arguments(struct export_bundle *e, struct err *err)
{
	const struct export_options *opt = e->opt;
	const struct catalog *c = &e->reader.bundle.catalog;
	for (size_t i = 0; i < opt->accept.count; i++) {
		if (!is_term(c, opt->accept.v[i]))
			return err_set(err, ERR_USAGE,
				       "--accept-license: no package comes under terms '%s'",
				       opt->accept.v[i]);
		buf_printf(&e->arguments, " --accept-license %s", opt->accept.v[i]);
	}
	if (opt->reader.trust.count)
		buf_add_str(&e->arguments, " --require-trust");
	return buf_ok(&e->arguments, "the command line", err);
}

/* Once for each of them. */
static void note_terms(const struct export_bundle *e)
{
	const struct catalog *c = &e->reader.bundle.catalog;
	for (size_t i = 0; i < c->package_count; i++) {
		const struct terms *t = &c->packages[i].terms;
		bool told = false;
		for (size_t k = 0; k < i; k++)
			told |= t->id && c->packages[k].terms.id &&
				strcmp(t->id, c->packages[k].terms.id) == 0;
		if (!told && t->id && !terms_accepted(t, e->opt->accept.v, e->opt->accept.count))
			fprintf(stderr,
				"note: 'install' refuses '%s' without --accept-license %s\n",
				c->packages[i].id, t->id);
	}
}

bool export_open(struct export_bundle *e, const char *path, const struct export_options *opt,
		 struct err *err)
{
	e->opt = opt;
	e->out = OUTDIR_INIT;
	e->title = BUF_INIT(TITLE_MAX);
	e->arguments = BUF_INIT(ARGUMENTS_MAX);
	if (!opt->output)
		return err_set(err, ERR_USAGE,
			       "export: -o DIR is missing; see 'ibbundle help export'");
	if (!reader_open(&e->reader, path, &opt->reader, err) || !find_files(e, err) ||
	    !make_arguments(e, err))
		return false;
	const struct root *root = &e->reader.bundle.root;
	buf_printf(&e->title, "%s %s", root->name, root->version);
	note_terms(e);
	e->report = json_new("export", err);
	if (!e->report || !buf_ok(&e->title, "the title", err))
		return false;
	e->written = json_add_array(e->report, json_top(e->report), "files");
	return outdir_open(&e->out, opt->output, err);
}

void export_done(struct export_bundle *e)
{
	outdir_done(&e->out);
	json_free(e->report);
	export_drop_files(e, 0);
	buf_done(&e->title);
	buf_done(&e->arguments);
	reader_close(&e->reader);
}

/* --- what is written -------------------------------------------------------------------------------- */

bool export_fill(struct export_bundle *e, const char *name, const struct template_value *more,
		 const struct template_list *lists, struct buf *out, struct err *err)
{
	enum { COMMON = 10, MORE_MAX = 24, LISTS_MAX = 2 };
	struct template_value values[MORE_MAX + COMMON];
	struct template_list all[LISTS_MAX + 3] = { { "files", e->rows, e->file_count },
						    { "parts", e->rows + 1, e->file_count - 1 },
						    { 0 } };
	const char *from = e->opt->from ? e->opt->from : "";
	const struct template_value common[COMMON] = {
		{ "name", e->reader.bundle.root.name },
		{ "version", e->reader.bundle.root.version },
		{ "program", e->files[0].name },
		{ "title", buf_str(&e->title) },
		{ "arguments", buf_str(&e->arguments) },
		{ "certificate", buf_str(&e->reader.anchors) },
		{ "from", from },
		{ "linux", e->windows ? "" : "yes" },
		{ "windows", e->windows ? "yes" : "" },
		{ 0 },
	};
	size_t n = 0;
	for (; more && more->name && n < MORE_MAX; more++)
		values[n++] = *more;
	memcpy(values + n, common, sizeof(common));
	for (size_t i = 0; lists && lists[i].name && i < LISTS_MAX; i++)
		all[2 + i] = lists[i];
	const struct template_values v = { values, all };
	return template_fill(name, &v, out, err);
}

bool export_make_dirs(struct export_bundle *e, const char *path, struct err *err)
{
	struct layout_sink sink = outdir_sink(&e->out);
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		struct tree_entry dir = { .path = { (const uint8_t *)path, (size_t)(slash - path) },
					  .type = TREE_DIR,
					  .mode = 0755,
					  .mtime = (int64_t)e->reader.bundle.root.created };
		bool made = false;
		for (size_t i = 0; i < e->out.made_count; i++)
			made |= slice_equal(slice_str(e->out.made[i].path), dir.path);
		if (!made && !sink.dir(sink.ctx, &dir, err))
			return false;
	}
	return true;
}

static void note_file(struct export_bundle *e, const char *path)
{
	json_add_string(e->report, e->written, NULL, path);
}

bool export_put(struct export_bundle *e, const char *path, const struct buf *text, bool program,
		struct err *err)
{
	struct layout_sink sink = outdir_sink(&e->out);
	struct tree_entry f = { .path = slice_str(path),
				.type = TREE_FILE,
				.mode = program ? 0755 : 0644,
				.mtime = (int64_t)e->reader.bundle.root.created };
	note_file(e, path);
	return export_make_dirs(e, path, err) && sink.file_begin(sink.ctx, &f, err) &&
	       sink.file_write(sink.ctx, 0, text->p, text->len, err) &&
	       sink.file_end(sink.ctx, &f, err);
}

bool export_finish(struct export_bundle *e, struct err *err)
{
	if (!outdir_finish_tree(&e->out, err) || !outdir_commit(&e->out, err))
		return false;
	if (e->opt->reader.json) {
		json_add_string(e->report, json_top(e->report), "directory", e->opt->output);
		return reader_print_json(e->report, err);
	}
	for (const struct json_value *v = json_first(e->written); v; v = json_next(v))
		printf("%s/%s\n", e->opt->output, json_string(v));
	return true;
}
