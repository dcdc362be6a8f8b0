/* SPDX-License-Identifier: MIT */
/* cmd_matrix.c - `ibbundle matrix`: which machines does a manifest cover, and with what? */
#include <string.h>

#include "cmd.h"
#include "file.h"
#include "fleet.h"
#include "matrix.h"
#include "options.h"

const char cmd_matrix_help[] =
	"Asks MANIFEST for every VM size on every OS image that is documented for it, with no "
	"lock\n"
	"and no download: the package that a machine would get, or why there is none.  A package\n"
	"that is older than the size's documented floor counts as covered, and is said.\n\n"
	"  --json           one document instead of text\n"
	"  --html FILE      a page for people, with filters, that needs no other file\n"
	"  --strict         exit status 1 on a tie between two packages, on a rule that nothing\n"
	"                   can satisfy, and on a package that no machine gets\n"
	"  --machines DIR   sizes.json and images.json (default: facts/machines/ beside MANIFEST)\n"
	"  --documented BY  only machines that are named by 'size' (the size's documentation),\n"
	"                   'extension' (that of the driver extensions) or 'endorsed' (no HPC "
	"page,\n"
	"                   but an endorsed distribution); may be given again (default: all)\n"
	"  --on DATE        leave out sizes that are retired by then (2026-11-26)\n"
	"  --fleet DIR      instead: saved facts of real machines (*.json); exit status 1 when a\n"
	"                   package is missing for one\n"
	"  --minimal FILE   with --fleet: write the smallest manifest that covers it\n";

struct request {
	const char *manifest, *html, *machines, *on, *fleet, *minimal;
	bool json, strict;
	struct option_list documented;
	unsigned by;
};

/* --- what is asked for --------------------------------------------------------------------------- */

static bool read_documented(struct request *r, struct err *err)
{
	static const char *const words[] = { "size", "extension", "endorsed" };
	static const unsigned bits[] = { DOCUMENTED_SIZE, DOCUMENTED_EXTENSION,
					 DOCUMENTED_ENDORSED };
	for (size_t i = 0; i < r->documented.count; i++) {
		unsigned bit = 0;
		for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++)
			if (strcmp(words[k], r->documented.v[i]) == 0)
				bit = bits[k];
		if (!bit)
			return err_set(
				err, ERR_USAGE,
				"matrix: '--documented %s' must be size, extension or endorsed",
				r->documented.v[i]);
		r->by |= bit;
	}
	if (!r->by)
		r->by = DOCUMENTED_ANY;
	return true;
}

static bool parse(int argc, char **argv, struct request *r, struct err *err)
{
	const struct option options[] = {
		{ "json", 0, OPTION_FLAG, &r->json, 0, 0 },
		{ "html", 0, OPTION_TEXT, &r->html, 0, 0 },
		{ "strict", 0, OPTION_FLAG, &r->strict, 0, 0 },
		{ "machines", 0, OPTION_TEXT, &r->machines, 0, 0 },
		{ "documented", 0, OPTION_LIST, &r->documented, 0, 0 },
		{ "on", 0, OPTION_TEXT, &r->on, 0, 0 },
		{ "fleet", 0, OPTION_TEXT, &r->fleet, 0, 0 },
		{ "minimal", 0, OPTION_TEXT, &r->minimal, 0, 0 },
		{ 0 },
	};
	struct operands operands;
	if (!options_parse(argc, argv, options, 1, 1, &operands, err))
		return false;
	r->manifest = operands.v[0];
	if (r->minimal && !r->fleet)
		return err_set(err, ERR_USAGE,
			       "matrix: --minimal goes with --fleet; see 'ibbundle help matrix'");
	if (r->fleet && (r->html || r->strict || r->machines || r->on || r->documented.count))
		return err_set(err, ERR_USAGE,
			       "matrix: --fleet goes with --json and --minimal only; see 'ibbundle "
			       "help matrix'");
	if (r->on && (strlen(r->on) != 10 || !machine_date_valid(r->on)))
		return err_set(err, ERR_USAGE, "matrix: '--on %s' must be a day, like 2026-11-26",
			       r->on);
	return read_documented(r, err);
}

/* --- documented machines ------------------------------------------------------------------------- */

static bool read_machines(const struct request *r, struct machines *out, struct err *err)
{
	AUTO(buf_done) struct buf dir = BUF_INIT(65536);
	if (r->machines)
		return machines_read(r->machines, out, err);
	buf_printf(&dir, "%.*sfacts/machines", (int)file_dir_length(r->manifest), r->manifest);
	if (!buf_ok(&dir, "the path of the machines", err))
		return false;
	if (machines_read(buf_str(&dir), out, err))
		return true;
	return err->code == ERR_SYSTEM
		       ? err_set(err, ERR_USAGE,
				 "there are no machines in '%s': give the folder of sizes.json and "
				 "images.json with --machines",
				 buf_str(&dir))
		       : false;
}

static void print(const struct buf *text)
{
	fwrite(text->p, 1, text->len, stdout); /* main() looks whether it worked */
}

static bool strict(const struct request *r, const struct matrix *m, struct err *err)
{
	AUTO(texts_done) struct texts problems = { 0 }, warnings = { 0 };
	if (!matrix_check(m, &problems, &warnings, err))
		return false;
	for (size_t i = 0; !r->json && i < warnings.count; i++)
		printf("\nwarning: %s\n", warnings.p[i]);
	for (size_t i = 0; !r->json && i < problems.count; i++)
		printf("\nproblem: %s\n", problems.p[i]);
	if (!problems.count)
		return true;
	return err_set(err, ERR_NO, "'%s' is not fit to be built, %zu problem%s: %s%s", r->manifest,
		       problems.count, problems.count > 1 ? "s" : "", problems.p[0],
		       problems.count > 1 ? "; ..." : "");
}

static bool show_matrix(const struct request *r, const struct manifest *manifest, struct err *err)
{
	AUTO(machines_done) struct machines machines = { 0 };
	AUTO(matrix_done) struct matrix m = { 0 };
	AUTO(buf_done) struct buf text = BUF_INIT(64u << 20), page = BUF_INIT(64u << 20);
	const struct matrix_options how = { .documented = r->by, .on = r->on };
	if (!read_machines(r, &machines, err) || !matrix_make(manifest, &machines, &how, &m, err))
		return false;
	if (r->html && (!matrix_write_html(&m, &page, err) ||
			!file_write_atomic(r->html, buf_slice(&page), 0644, err)))
		return false;
	if (r->json ? !matrix_write_json(&m, &text, err) : !matrix_write_text(&m, &text, err))
		return false;
	print(&text);
	return !r->strict || strict(r, &m, err);
}

/* --- a fleet ------------------------------------------------------------------------------------- */

static bool write_minimal(const struct request *r, const struct fleet *f, struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(MANIFEST_SIZE_MAX);
	if (f->covered == 0)
		return err_set(err, ERR_NO, "no node of '%s' needs a package: '%s' is not written",
			       r->fleet, r->minimal);
	return fleet_write_minimal(f, &text, err) &&
	       file_write_atomic(r->minimal, buf_slice(&text), 0644, err);
}

static bool show_fleet(const struct request *r, const struct manifest *manifest, struct err *err)
{
	AUTO(fleet_done) struct fleet f = { 0 };
	AUTO(buf_done) struct buf text = BUF_INIT(64u << 20);
	if (!fleet_make(manifest, r->fleet, &f, err) ||
	    (r->json ? !fleet_write_json(&f, &text, err) : !fleet_write_text(&f, &text, err)))
		return false;
	print(&text);
	if (f.missing)
		return err_set(err, ERR_NO, "'%s' has no package for %zu of %zu nodes%s%s%s",
			       r->manifest, f.missing, f.count, r->minimal ? ": '" : "",
			       r->minimal ? r->minimal : "", r->minimal ? "' is not written" : "");
	return !r->minimal || write_minimal(r, &f, err);
}

bool cmd_matrix(int argc, char **argv, struct err *err)
{
	struct request r = { 0 };
	AUTO(manifest_done) struct manifest manifest = { 0 };
	if (!parse(argc, argv, &r, err) || !manifest_read(r.manifest, &manifest, err))
		return false;
	return r.fleet ? show_fleet(&r, &manifest, err) : show_matrix(&r, &manifest, err);
}
