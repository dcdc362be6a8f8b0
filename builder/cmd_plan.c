/* SPDX-License-Identifier: MIT */
/* cmd_plan.c - `ibbundle plan`: what would a machine get, and why?  Answered anywhere. */
#include "cmd.h"
#include "file.h"
#include "plan.h"
#include "progress.h"
#include "reader.h"

const char cmd_plan_help[] =
	"Chooses the package for the machine that FACTS describes, as the bundle would there, and\n"
	"says for every other one which rule did not fit.  'BUNDLE facts --json' on a machine\n"
	"writes such a file.  Exit status 1 when nothing fits.\n\n"
	"  --facts FACTS     the machine (JSON; manifests/README.md, Facts)\n"
	"  --package ID      this package or none\n"
	"  --kernel VERSION  as if this kernel ran\n"
	"  --accept-license ID  as if these terms were accepted (may be given again)\n" READER_HELP;

static bool print_plan(const struct plan *plan, const struct facts *facts, const struct err *why,
		       bool json, struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(64u << 20);
	bool ok = json ? plan_write_json(plan, facts, why, &text, err)
		       : plan_write_text(plan, facts, progress_is_verbose(), &text, err);
	if (!ok)
		return false;
	fwrite(text.p, 1, text.len, stdout); /* main() looks whether it worked */
	return true;
}

bool cmd_plan(int argc, char **argv, struct err *err)
{
	struct reader_options opt = { 0 };
	struct plan_options how = { 0 };
	const char *path = NULL;
	struct option_list accepted = { 0 };
	const struct option options[] = {
		READER_OPTIONS(opt),
		{ "facts", 0, OPTION_TEXT, &path, 0, 0 },
		{ "package", 0, OPTION_TEXT, &how.package, 0, 0 },
		{ "kernel", 0, OPTION_TEXT, &how.kernel, 0, 0 },
		{ "accept-license", 0, OPTION_LIST, &accepted, 0, 0 },
		{ 0 },
	};
	struct operands operands;
	if (!options_parse(argc, argv, options, 1, 1, &operands, err))
		return false;
	if (!path)
		return err_set(err, ERR_USAGE,
			       "plan: --facts FILE is missing; see 'ibbundle help plan'");
	how.accepted = accepted.v;
	how.accepted_count = accepted.count;
	AUTO(reader_close) struct reader r = { 0 };
	AUTO(buf_done) struct buf text = { 0 };
	AUTO(facts_done) struct facts facts = { 0 };
	if (!reader_open(&r, operands.v[0], &opt, err) ||
	    !file_read(path, FACTS_SIZE_MAX, &text, err) ||
	    !facts_parse(path, buf_slice(&text), &facts, err))
		return false;
	char note[NOT_CHECKED_TEXT_SIZE];
	if (r.bundle.not_checked)
		fprintf(stderr, "note: %s\n", bundle_not_checked_text(&r.bundle, note));
	AUTO(plan_done) struct plan plan = { 0 };
	struct err why = { 0 };
	bool fits = plan_make(&r.bundle.catalog, &facts, &how, &plan, &why);
	/* A question that makes no sense has no plan to show. */
	if (!fits && why.code == ERR_USAGE)
		return err_set(err, why.code, "%s", why.msg);
	if (!print_plan(&plan, &facts, fits ? NULL : &why, opt.json, err))
		return false;
	return fits || err_set(err, why.code, "%s", why.msg);
}
