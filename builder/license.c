/* SPDX-License-Identifier: MIT */
/* license.c - see license.h.  Grammar: term { (AND | OR) term };  term: (...) | id [WITH id]. */
#include "license.h"

#include <string.h>

#define DEPTH_MAX 32

static const char id_characters[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.";

struct tokens {
	const char *at;
	char token[LICENSE_ID_MAX]; /* "" at the end, and for what is no token */
	bool bad;
};

/* A parenthesis, or an identifier: with a '+' behind it, or a ':' between two. */
static void next(struct tokens *t)
{
	t->at += strspn(t->at, " ");
	size_t n = strspn(t->at, id_characters);
	if (n && t->at[n] == ':' && strncmp(t->at, "DocumentRef-", 12) == 0)
		n += 1 + strspn(t->at + n + 1, id_characters);
	else if (n && t->at[n] == '+')
		n++;
	else if (*t->at == '(' || *t->at == ')')
		n = 1;
	if ((n == 0 && *t->at) || n >= sizeof(t->token)) {
		t->bad = true;
		n = 0;
	}
	memcpy(t->token, t->at, n);
	t->token[n] = '\0';
	t->at += n;
}

static bool is(const struct tokens *t, const char *word)
{
	return strcmp(t->token, word) == 0;
}

static bool is_operator(const struct tokens *t)
{
	return is(t, "AND") || is(t, "OR") || is(t, "WITH");
}

static bool take_id(struct tokens *t)
{
	bool ok = t->token[0] && !is_operator(t) && !is(t, "(") && !is(t, ")");
	next(t);
	return ok;
}

static bool take_expression(struct tokens *t, int depth)
{
	do {
		if (is(t, "(")) {
			next(t);
			if (depth == DEPTH_MAX || !take_expression(t, depth + 1) || !is(t, ")"))
				return false;
			next(t);
		} else {
			if (!take_id(t))
				return false;
			if (is(t, "WITH")) {
				next(t);
				if (!take_id(t))
					return false;
			}
		}
		if (!is(t, "AND") && !is(t, "OR"))
			return true;
		next(t);
	} while (true);
}

bool license_is_expression(const char *text)
{
	struct tokens t = { .at = text };
	next(&t);
	return take_expression(&t, 0) && !t.token[0] && !t.bad;
}

bool license_next_ref(const char **at, char out[LICENSE_ID_MAX])
{
	struct tokens t = { .at = *at };
	for (next(&t); t.token[0]; next(&t)) {
		if (strncmp(t.token, LICENSE_REF, sizeof(LICENSE_REF) - 1) != 0)
			continue;
		memcpy(out, t.token, sizeof(t.token));
		*at = t.at;
		return true;
	}
	*at = t.at;
	return false;
}
