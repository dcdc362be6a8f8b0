/* SPDX-License-Identifier: MIT */
/*
 * terms.h - the terms that a package comes under, and who has accepted them (manifests/README.md, Terms).
 *
 * Who builds a bundle accepts what passing it on asks for, who installs what using it asks for.
 */
#ifndef TERMS_H
#define TERMS_H

#include "json.h"

#define TERMS_ALL "all"    /* accepts any; no terms are called so */
#define TERMS_ID_MAX 64    /* bytes */
#define TERMS_TEXT_MAX 160 /* bytes of a title or URL: both stand in one line of a plan */

enum terms_answer { TERMS_NOT_KNOWN, TERMS_NO, TERMS_YES };

struct terms {
	const char *id;                 /* NULL: there are none */
	const char *title;              /* one line */
	const char *url;                /* where they are published, or NULL */
	bool accept;                    /* they ask for acceptance */
	enum terms_answer redistribute; /* may the files be passed on? */
};

/* An object with title, accept, and optionally url and redistribute; @id NULL: with its id, too. */
bool terms_read(const struct json *j, const struct json_value *v, const char *id, struct terms *out,
		struct err *err) MUST_CHECK;

/* With its id. */
void terms_write(struct json *j, struct json_value *parent, const char *key, const struct terms *t);

/* Is one of @ids its id, or "all"?  Terms that ask for nothing are accepted. */
bool terms_accepted(const struct terms *t, const char *const *ids, size_t count);

#endif
