/* SPDX-License-Identifier: MIT */
/* cmd_slice.c - `ibbundle slice`: a part of a bundle, with its signatures. */
#include "cmd.h"
#include "cut.h"

const char cmd_slice_help[] =
	"Writes a file of the same bundle from which blocks were left out.  No key is needed, and\n"
	"the signatures over the root stay good; one over the whole file there is not.\n\n" CUT_HELP
		READER_HELP;

bool cmd_slice(int argc, char **argv, struct err *err)
{
	AUTO(cut_done) struct cut c = { 0 };
	struct reader_options opt = { 0 };
	const struct option options[] = { READER_OPTIONS(opt), CUT_OPTIONS(c), { 0 } };
	struct operands operands;
	return options_parse(argc, argv, options, 1, 1, &operands, err) &&
	       cut_check_options(&c, "slice", err) &&
	       reader_open(&c.reader, operands.v[0], &opt, err) && cut_select(&c, err) &&
	       cut_write(&c, err) && cut_print(&c, "slice", opt.json, err);
}
