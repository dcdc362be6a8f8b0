/* SPDX-License-Identifier: MIT */
/*
 * template.h - texts with places to fill in, for what `export` writes: the files in builder/templates/.
 *
 *   @name@          the value as it is, which must be plain: see template_is_plain()
 *   @name:HOW@      written as the language around it wants it:
 *                     sh, ps, json, hcl, bicep   a literal string, with its quotes; json for YAML, too
 *                     text                       words in a comment
 *                     lines                      each line a JSON string, a comma between two
 *                     indent                     each line behind the blanks that stand before it
 *   @if name@       these lines, when the value is there and not empty; @else@; @end@
 *   @each name@     these lines for each row of a list, whose values come first; @end@
 *
 * The last two stand on lines of their own.  Any other '@' is one.
 */
#ifndef TEMPLATE_H
#define TEMPLATE_H

#include "buf.h"

#define TEMPLATE_TEXT_MAX (4u << 20)

struct template_file {
	const char *name; /* "vm-application/create.sh"; NULL ends the list */
	const char *text;
};

extern const struct template_file template_files[]; /* made from the folder */

struct template_value {
	const char *name, *text; /* borrowed; text NULL: not there */
};

struct template_list {
	const char *name; /* NULL ends a list of these */
	const struct template_value *const *rows;
	size_t count;
};

struct template_values {
	const struct template_value *values; /* ended by a row without a name */
	const struct template_list *lists;   /* likewise; or NULL */
};

/* Nothing that any of the languages takes for more than a letter: letters, digits, blank, +-./:=,_ */
bool template_is_plain(const char *text);

/*
 * Fill in @file, or the one of template_files that is called @name.  ERR_FORMAT when a value is not plain where it must be, or not UTF-8; ERR_SYSTEM where
 * the template is wrong, or asks for what is not in @values.
 */
bool template_fill_file(const struct template_file *file, const struct template_values *values,
			struct buf *out, struct err *err) MUST_CHECK;
bool template_fill(const char *name, const struct template_values *values, struct buf *out,
		   struct err *err) MUST_CHECK;

#endif
