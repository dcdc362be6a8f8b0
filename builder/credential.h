/* SPDX-License-Identifier: MIT */
/*
 * credential.h - what lets us at a blob: a SAS, the account's key, or a bearer token.
 *
 * It comes from a file, an environment variable or the terminal, never from the command line; it is
 * in no message and no log, leaves memory when it is done with, and goes nowhere over plain http but
 * to this machine itself.
 */
#ifndef CREDENTIAL_H
#define CREDENTIAL_H

#include "blob_url.h"
#include "mac.h"

#define CREDENTIAL_MAX (16u << 10)

enum credential_kind { CREDENTIAL_NONE, CREDENTIAL_SAS, CREDENTIAL_KEY, CREDENTIAL_TOKEN };

struct credential {
	enum credential_kind kind;
	struct buf secret; /* the query without '?'; the key's bytes; the token */
};

struct credential_options {
	const char *auth; /* "sas", "key", "token"; NULL: none */
	const char *file; /* NULL: from the environment, else the terminal */
};

#define CREDENTIAL_OPTIONS(opt)                                                                    \
	{ "auth", 0, OPTION_TEXT, &(opt).auth, 0, 0 },                                             \
	{                                                                                          \
		"secret-file", 0, OPTION_TEXT, &(opt).file, 0, 0                                   \
	}

#define CREDENTIAL_HELP                                                                            \
	"  --auth KIND        by 'sas' (or the query of any signed URL), 'key' (SharedKey) or\n"   \
	"                     'token' (bearer)\n"                                                  \
	"  --secret-file FILE\n"                                                                   \
	"                     where it is, in one line; else it is taken from the environment\n"   \
	"                     (AZURE_STORAGE_SAS_TOKEN, AZURE_STORAGE_KEY, IBBUNDLE_TOKEN), "      \
	"else\n"                                                                                   \
	"                     asked for on the terminal\n"

/* For @url, which must be https, or this machine's own. */
bool credential_open(const struct credential_options *opt, const struct blob_url *url,
		     struct credential *out, struct err *err) MUST_CHECK;
void credential_done(struct credential *c); /* for AUTO() */

/* What is in a file, a variable or a line that was typed; @from is for messages. */
bool credential_parse(enum credential_kind kind, const char *from, struct slice text,
		      struct credential *out, struct err *err) MUST_CHECK;

/* May @c be sent to @url? */
bool credential_check(const struct credential *c, const struct blob_url *url, struct err *err)
	MUST_CHECK;

/* After it was refused: what may be wrong with it, for the end of a message; "" when nothing is seen. */
#define CREDENTIAL_HINT_SIZE 128
const char *credential_hint(const struct credential *c, char out[CREDENTIAL_HINT_SIZE]);

/* Whatever follows "sig=" in @text becomes stars: for words that others wrote. */
void credential_hide(char *text);

#endif
