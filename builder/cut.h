/* SPDX-License-Identifier: MIT */
/*
 * cut.h - the part of a bundle that somebody asked for, as files with all its signatures: what `slice`
 * and `pull` have in common.
 *
 *   open the reader -> cut_select() -> (pull fetches) -> cut_write() -> cut_print()
 */
#ifndef CUT_H
#define CUT_H

#include "head.h"
#include "reader.h"
#include "slice.h"
#include "volumes.h"

struct cut {
	const char *output, *max_text;
	struct option_list ids, matches, facts, without, stub_files;
	uint64_t max;

	struct reader reader;
	struct source have[OPTION_LIST_MAX]; /* the files of --without */
	size_t have_count;
	struct block_index index;
	struct slice_choice choice;
	struct block_origin *origins; /* owned; what all volumes have together */
	struct buf stub, certificates;
	struct heads heads;
	struct volumes volumes;
};

#define CUT_OPTIONS(c)                                                                             \
	{ "output", 'o', OPTION_TEXT, &(c).output, 0, 0 },                                         \
		{ "package", 0, OPTION_LIST, &(c).ids, 0, 0 },                                     \
		{ "match", 0, OPTION_LIST, &(c).matches, 0, 0 },                                   \
		{ "facts", 0, OPTION_LIST, &(c).facts, 0, 0 },                                     \
		{ "without", 0, OPTION_LIST, &(c).without, 0, 0 },                                 \
		{ "max-size", 0, OPTION_TEXT, &(c).max_text, 0, 0 },                               \
	{                                                                                          \
		"stub", 0, OPTION_LIST, &(c).stub_files, 0, 0                                      \
	}

#define CUT_HELP                                                                                   \
	"  -o, --output FILE  by its ending with a runtime or without: see 'ibbundle help "        \
	"build';\n"                                                                                \
	"                     with another ending it begins as the bundle does\n"                  \
	"  --package ID       what this package needs (may be given again)\n"                      \
	"  --match TERMS      what the packages need that such machines may get:\n"                \
	"                     'os=linux distro=ubuntu release=22.04,24.04' (may be given again)\n" \
	"  --facts FILE       what this machine needs, from 'facts --json' (may be given again)\n" \
	"  --without FILE     less what FILE has, a bundle or a part of one (may be given "        \
	"again):\n"                                                                                \
	"                     'ibbundle join FILE SLICE' puts them together\n"                     \
	"  --max-size SIZE    in files of at most SIZE bytes (1900M, 2G): FILE, then "             \
	"NAME.2.ibb,\n"                                                                            \
	"                     NAME.3.ibb, ... to keep beside it\n"                                 \
	"  --stub FILE        the runtime, where the bundle does not begin with it (default: in\n" \
	"                     stub/ beside this program)\n"

/* After the options were parsed: -o is there, and sizes make sense.  @command is for messages. */
bool cut_check_options(struct cut *c, const char *command, struct err *err) MUST_CHECK;

/* Which blocks: c->origins.  The reader is open. */
bool cut_select(struct cut *c, struct err *err) MUST_CHECK;

/* Does the file begin as the bundle does, so that the bundle's stub is needed? */
bool cut_keeps_head(const struct cut *c);

/* All files, complete and checked as any reader would, or none. */
bool cut_write(struct cut *c, struct err *err) MUST_CHECK;

bool cut_print(const struct cut *c, const char *command, bool as_json, struct err *err) MUST_CHECK;
void cut_add_json(const struct cut *c, struct json *j); /* what that document says */
void cut_done(struct cut *c);                           /* for AUTO() */

#endif
