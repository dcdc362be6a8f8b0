/* SPDX-License-Identifier: MIT */
/*
 * options.h - a command's options and operands, strictly.
 *
 * `--name value`, `--name=value`, `-n value`, `-nvalue`, flags, and `--` before operands that
 * start with a dash.  Options and operands may be mixed.  No abbreviations, nothing given twice
 * (but lists), and every refusal is ERR_USAGE that names the option and where the help is.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define OPTION_LIST_MAX 64

struct option_list {
	const char *v[OPTION_LIST_MAX]; /* borrowed from argv */
	size_t count;
};

enum option_kind {
	OPTION_FLAG,   /* out: bool *, set to true */
	OPTION_TEXT,   /* out: const char **, never an empty string */
	OPTION_NUMBER, /* out: uint64_t *, decimal, min..max */
	OPTION_LIST,   /* out: struct option_list *; may be given again and again */
};

struct option {
	const char *name; /* without dashes: "json"; NULL ends a table */
	char letter;      /* 'o' for -o, or 0 */
	enum option_kind kind;
	void *out;         /* untouched unless the option is given */
	uint64_t min, max; /* OPTION_NUMBER */
};

struct operands {
	char **v; /* NULL-terminated, within argv */
	size_t count;
};

/*
 * Sort @argv (argv[0] is the command's name) into @options and operands, of which there must be
 * @min to @max.  argv is reordered.  `-v`/`--verbose` is understood for every command: one line
 * per step where no progress bar is shown.
 */
bool options_parse(int argc, char **argv, const struct option *options, size_t min, size_t max,
		   struct operands *operands, struct err *err) MUST_CHECK;

/* Of @names (NULL-terminated), the one that @word is most likely a misspelling of, or NULL. */
const char *options_nearest(const char *word, const char *const *names);

#endif
