/* SPDX-License-Identifier: MIT */
/* cmdline.c - see cmdline.h. */
#include "cmdline.h"

#include <string.h>

void cmdline_done(struct cmdline *c)
{
	free(c->argv);
	*c = (struct cmdline) { 0 };
}

static const char *skip_blanks(const char *s)
{
	return s + strspn(s, " \t");
}

/* The program's name: up to a blank, or all between two quotes; backslashes mean nothing. */
static const char *split_program(const char *s, char **out)
{
	const char *end = *s == '"' ? strchr(++s, '"') : s + strcspn(s, " \t");
	size_t n = end ? (size_t)(end - s) : strlen(s);
	memcpy(*out, s, n);
	*out += n;
	return s + n + (s[n] == '"' ? 1 : 0);
}

/*
 * Any other argument.  Backslashes count only before a quote: two stand for one, and an odd one
 * takes the quote's meaning.  Two quotes inside of quotes are one, and end the quoted part.
 */
static const char *split_argument(const char *s, char **out)
{
	char *d = *out;
	for (bool quoted = false; *s && (quoted || (*s != ' ' && *s != '\t'));) {
		size_t slashes = strspn(s, "\\");
		bool before_quote = s[slashes] == '"';
		size_t keep = before_quote ? slashes / 2 : slashes;
		memset(d, '\\', keep);
		d += keep;
		s += slashes;
		if (before_quote ? slashes % 2 : !slashes) {
			*d++ = *s++;
		} else if (before_quote) {
			if (quoted && s[1] == '"')
				*d++ = *s++;
			quoted = !quoted;
			s++;
		}
	}
	*out = d;
	return s;
}

bool cmdline_split(const char *line, struct cmdline *out, struct err *err)
{
	/* Each argument but the last takes a blank or a quote; so does its NUL, which replaces it. */
	size_t len = strlen(line), slots = len + 3;
	if (len > CMDLINE_MAX * 3) /* bytes of UTF-8 for a unit of UTF-16 */
		return err_set(err, ERR_USAGE, "the command line is too long");
	char **argv = malloc(slots * sizeof(*argv) + slots);
	if (!argv)
		return err_no_memory(err);
	char *text = (char *)(argv + slots);
	int argc = 0;
	argv[argc++] = text;
	for (const char *s = split_program(line, &text);;) {
		*text++ = '\0';
		s = skip_blanks(s);
		if (!*s)
			break;
		argv[argc++] = text;
		s = split_argument(s, &text);
	}
	argv[argc] = NULL;
	*out = (struct cmdline) { argv, argc };
	return true;
}

/* --- quoting ----------------------------------------------------------------------------------- */

static void add_repeated(struct buf *out, char c, size_t n)
{
	while (n--)
		buf_add(out, &c, 1);
}

static void quote_argument(const char *s, struct buf *out)
{
	if (*s && !strpbrk(s, " \t\n\v\"")) {
		buf_add_str(out, s);
		return;
	}
	buf_add_str(out, "\"");
	while (*s) {
		size_t slashes = strspn(s, "\\");
		s += slashes;
		/* before a quote, be it an own one or the final one, each counts half */
		add_repeated(out, '\\', *s == '"' || !*s ? 2 * slashes : slashes);
		if (*s == '"')
			buf_add_str(out, "\\");
		if (*s)
			buf_add(out, s++, 1);
	}
	buf_add_str(out, "\"");
}

bool cmdline_quote(const char *const *argv, struct buf *out)
{
	if (!argv[0] || strchr(argv[0], '"'))
		return false;
	bool plain = argv[0][0] && !strpbrk(argv[0], " \t\n\v");
	buf_printf(out, plain ? "%s" : "\"%s\"", argv[0]);
	for (size_t i = 1; argv[i]; i++) {
		buf_add_str(out, " ");
		quote_argument(argv[i], out);
	}
	return !out->bad;
}
