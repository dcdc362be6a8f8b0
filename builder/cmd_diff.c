/* SPDX-License-Identifier: MIT */
/* cmd_diff.c - `ibbundle diff`: what changed from one bundle to another. */
#include <string.h>

#include "cmd.h"
#include "diff.h"
#include "progress.h"
#include "reader.h"

const char cmd_diff_help[] =
	"Lists the packages and the files that differ, + new, - gone, ~ changed, and how many "
	"bytes\n"
	"'ibbundle slice NEW --without OLD' would have to carry.  Exit status 1 when anything\n"
	"that was signed differs.\n\n" READER_HELP;

static const char kind_sign[] = { [DIFF_ADDED] = '+', [DIFF_REMOVED] = '-', [DIFF_CHANGED] = '~' };
static const char *const kind_word[] = {
	[DIFF_ADDED] = "added", [DIFF_REMOVED] = "removed", [DIFF_CHANGED] = "changed"
};

static void print_package(const struct diff_package *p)
{
	char old[BYTES_TEXT_SIZE], new[BYTES_TEXT_SIZE];
	printf("%c %s  %s%s%s%s\n", kind_sign[p->kind], p->id, p->old_version,
	       p->kind == DIFF_CHANGED ? " -> " : "", p->new_version,
	       p->described ? "  (rules or steps differ)" : "");
	for (size_t i = 0; i < p->file_count; i++) {
		const struct diff_file *f = &p->files[i];
		printf("    %c %s", kind_sign[f->kind], f->path);
		if (f->kind != DIFF_ADDED)
			printf("  %s", bytes_text(f->old_size, old));
		if (f->kind == DIFF_CHANGED)
			printf(" ->");
		if (f->kind != DIFF_REMOVED)
			printf("  %s", bytes_text(f->new_size, new));
		printf("\n");
	}
}

static void print_text(const struct bundle *old, const struct bundle *new, const struct diff *d)
{
	char more[BYTES_TEXT_SIZE], all[BYTES_TEXT_SIZE];
	printf("%s %s -> %s %s%s\n", old->root.name, old->root.version, new->root.name,
	       new->root.version, d->same_root ? ": the same" : "");
	for (size_t i = 0; i < d->package_count; i++)
		print_package(&d->packages[i]);
	printf("%u of %u blocks are new: %s of %s\n", (unsigned)d->new_blocks, (unsigned)d->blocks,
	       bytes_text(d->new_bytes, more), bytes_text(d->bytes, all));
}

static void add_package(const struct diff_package *p, struct json *j, struct json_value *list)
{
	struct json_value *v = json_add_object(j, list, NULL);
	json_add_string(j, v, "id", p->id);
	json_add_string(j, v, "kind", kind_word[p->kind]);
	if (p->kind != DIFF_ADDED)
		json_add_string(j, v, "old_version", p->old_version);
	if (p->kind != DIFF_REMOVED)
		json_add_string(j, v, "new_version", p->new_version);
	json_add_bool(j, v, "rules_or_steps", p->described);
	struct json_value *files = json_add_array(j, v, "files");
	for (size_t i = 0; i < p->file_count; i++) {
		struct json_value *f = json_add_object(j, files, NULL);
		json_add_string(j, f, "path", p->files[i].path);
		json_add_string(j, f, "kind", kind_word[p->files[i].kind]);
		if (p->files[i].kind != DIFF_ADDED)
			json_add_u64(j, f, "old_size", p->files[i].old_size);
		if (p->files[i].kind != DIFF_REMOVED)
			json_add_u64(j, f, "new_size", p->files[i].new_size);
	}
}

static bool print_json(const struct diff *d, struct err *err)
{
	AUTO(json_auto_free) struct json *j = json_new("diff", err);
	if (!j)
		return false;
	struct json_value *top = json_top(j);
	json_add_bool(j, top, "same", d->same_root);
	struct json_value *list = json_add_array(j, top, "packages");
	for (size_t i = 0; i < d->package_count; i++)
		add_package(&d->packages[i], j, list);
	json_add_u64(j, top, "blocks", d->blocks);
	json_add_u64(j, top, "new_blocks", d->new_blocks);
	json_add_u64(j, top, "bytes", d->bytes);
	json_add_u64(j, top, "new_bytes", d->new_bytes);
	return reader_print_json(j, err);
}

bool cmd_diff(int argc, char **argv, struct err *err)
{
	struct reader_options opt = { 0 };
	const struct option options[] = { READER_OPTIONS(opt), { 0 } };
	struct operands operands;
	AUTO(reader_close) struct reader old = { 0 }, new = { 0 };
	AUTO(diff_done) struct diff d = { 0 };
	if (!options_parse(argc, argv, options, 2, 2, &operands, err) ||
	    !reader_open(&old, operands.v[0], &opt, err) ||
	    !reader_open(&new, operands.v[1], &opt, err) ||
	    !diff_make(&old.bundle, &new.bundle, &d, err))
		return false;
	if (!opt.json)
		print_text(&old.bundle, &new.bundle, &d);
	else if (!print_json(&d, err))
		return false;
	return d.same_root || err_set(err, ERR_NO, "the bundles differ");
}
