/* SPDX-License-Identifier: MIT */
/* options.c - see options.h. */
#include "options.h"

#include <string.h>

#include "progress.h"

#define NAMES_MAX 64 /* options of one command */

static bool usage(struct err *err, const char *command, const char *text, const char *word)
{
	return err_set(err, ERR_USAGE, "%s: %s '%s'; see 'ibbundle help %s'", command, text, word,
		       command);
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Levenshtein distance; words longer than the row are as far away as can be. */
static size_t distance(const char *a, const char *b)
{
	size_t row[32];
	size_t cols = strlen(b);
	if (cols >= sizeof(row) / sizeof(row[0]))
		return SIZE_MAX;
	for (size_t i = 0; i <= cols; i++)
		row[i] = i;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];
		row[0] = i + 1;
		for (size_t k = 0; k < cols; k++) {
			size_t above = row[k + 1];
			size_t change = diagonal + (a[i] != b[k]);
			row[k + 1] = smaller(change, smaller(above, row[k]) + 1);
			diagonal = above;
		}
	}
	return row[cols];
}

const char *options_nearest(const char *word, const char *const *names)
{
	const char *best = NULL;
	size_t best_distance = 3; /* two slips are a misspelling, three another word */
	for (; *names; names++) {
		size_t d = distance(word, *names);
		if (d < best_distance && d < strlen(*names)) {
			best = *names;
			best_distance = d;
		}
	}
	return best;
}

static bool unknown(struct err *err, const char *command, const char *word,
		    const struct option *options)
{
	const char *names[NAMES_MAX + 3] = { "help", "verbose" };
	for (size_t i = 0; i < NAMES_MAX && options[i].name; i++)
		names[i + 2] = options[i].name;
	const char *near = strncmp(word, "--", 2) == 0 ? options_nearest(word + 2, names) : NULL;
	if (!near)
		return usage(err, command, "unknown option", word);
	return err_set(err, ERR_USAGE,
		       "%s: unknown option '%s', did you mean '--%s'? see 'ibbundle help %s'",
		       command, word, near, command);
}

static bool parse_number(const char *text, uint64_t *out)
{
	uint64_t n = 0;
	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		unsigned digit = (unsigned)(*text - '0');
		if (n > (UINT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*out = n;
	return true;
}

static bool store(const struct option *o, const char *command, const char *value, struct err *err)
{
	if (o->kind == OPTION_FLAG) {
		*(bool *)o->out = true;
		return true;
	}
	if (!*value)
		return usage(err, command, "an empty value is given to option", o->name);
	if (o->kind == OPTION_TEXT) {
		*(const char **)o->out = value;
		return true;
	}
	if (o->kind == OPTION_LIST) {
		struct option_list *list = o->out;
		if (list->count == OPTION_LIST_MAX)
			return usage(err, command, "too many values for option", o->name);
		list->v[list->count++] = value;
		return true;
	}
	uint64_t n;
	if (!parse_number(value, &n) || n < o->min || n > o->max)
		return err_set(err, ERR_USAGE, "%s: '--%s %s' must be a number from %llu to %llu",
			       command, o->name, value, (unsigned long long)o->min,
			       (unsigned long long)o->max);
	*(uint64_t *)o->out = n;
	return true;
}

/* The option that @word starts with, and its attached value ("=value", "-ovalue") or NULL. */
static const struct option *find(const struct option *options, const char *word,
				 const char **attached)
{
	*attached = NULL;
	bool is_long = word[1] == '-';
	size_t len = is_long ? strcspn(word + 2, "=") : 0;
	for (; options->name; options++) {
		if (is_long && strlen(options->name) == len &&
		    strncmp(word + 2, options->name, len) == 0) {
			if (word[2 + len] == '=')
				*attached = word + 2 + len + 1;
			return options;
		}
		if (!is_long && options->letter && word[1] == options->letter) {
			if (word[2])
				*attached = word + 2;
			return options;
		}
	}
	return NULL;
}

/* One option at argv[*at], its value perhaps at the next. */
static bool take_option(int argc, char **argv, int *at, const struct option *options,
			uint64_t *given, struct err *err)
{
	const char *word = argv[*at];
	const char *value;
	const struct option *o = find(options, word, &value);
	if (!o) {
		if (strcmp(word, "-v") == 0 || strcmp(word, "--verbose") == 0) {
			progress_set_verbose(true);
			return true;
		}
		return unknown(err, argv[0], word, options);
	}
	if (o->kind == OPTION_FLAG && value)
		return usage(err, argv[0], "no value is taken by option", word);
	if (o->kind != OPTION_FLAG && !value) {
		if (*at + 1 >= argc)
			return usage(err, argv[0], "a value is missing after option", word);
		value = argv[++*at];
	}
	uint64_t bit = UINT64_C(1) << (o - options);
	if (o->kind != OPTION_LIST && *given & bit)
		return usage(err, argv[0], "given twice: option", word);
	*given |= bit;
	return store(o, argv[0], value, err);
}

bool options_parse(int argc, char **argv, const struct option *options, size_t min, size_t max,
		   struct operands *operands, struct err *err)
{
	uint64_t given = 0; /* a bit per row of @options */
	size_t count = 0;
	bool only_operands = false;
	for (int i = 1; i < argc; i++) {
		char *word = argv[i];
		if (only_operands || word[0] != '-' || !word[1]) {
			argv[1 + count++] = word;
		} else if (strcmp(word, "--") == 0) {
			only_operands = true;
		} else if (!take_option(argc, argv, &i, options, &given, err)) {
			return false;
		}
	}
	if (count > max)
		return usage(err, argv[0], "one argument too many:", argv[1 + max]);
	if (count < min)
		return err_set(err, ERR_USAGE, "%s: an argument is missing; see 'ibbundle help %s'",
			       argv[0], argv[0]);
	argv[1 + count] = NULL;
	*operands = (struct operands) { argv + 1, count };
	return true;
}
