/* SPDX-License-Identifier: MIT */
/*
 * key.h - private keys: from PEM files, encrypted or not, and from PKCS #11 tokens.
 *
 * A token's key never leaves it: what is read here is a handle, by which OpenSSL has the token sign.
 * A passphrase or PIN comes from a file or from the terminal, never from a command line or the
 * environment, which others on the machine can read.
 */
#ifndef KEY_H
#define KEY_H

#include "buf.h"
#include "options.h"

#define PASSPHRASE_MAX 1023 /* OpenSSL's PEM_BUFSIZE less a NUL */

/* Where a key is. */
struct key_place {
	const char *key;             /* a PEM file, or a token's key "pkcs11:..." (RFC 7512) */
	const char *passphrase_file; /* or the PIN's; NULL: it is asked for on the terminal */
	const char *module;          /* the token's library; NULL without a token */
};

/* Rows for an options table about it, filled into a `struct key_place p`. */
#define KEY_OPTIONS(p)                                                                             \
	{ "key", 0, OPTION_TEXT, &(p).key, 0, 0 },                                                 \
		{ "passphrase-file", 0, OPTION_TEXT, &(p).passphrase_file, 0, 0 },                 \
	{                                                                                          \
		"pkcs11-module", 0, OPTION_TEXT, &(p).module, 0, 0                                 \
	}

bool key_is_token(const struct key_place *p);

/*
 * ERR_USAGE for what does not fit together, before anything else is done: a token without its
 * library, an address of a key that key_check_uri() refuses.  ERR_SYSTEM for files that can't be read.
 */
bool key_check_place(const struct key_place *p, struct err *err) MUST_CHECK;

/*
 * A token's key by RFC 7512: the attributes token, manufacturer, model, serial, object, id and type,
 * none of them twice, type only "private".  A PIN or another library in it is refused, as is
 * what different libraries would read in different ways.
 */
bool key_check_uri(const char *uri, struct err *err) MUST_CHECK;

/* What a file of a passphrase holds: one line.  *out borrows from @content; @name is for messages. */
bool key_parse_passphrase(const char *name, struct slice content, struct slice *out,
			  struct err *err) MUST_CHECK;

/* The same from a file, appended; @what is it for: "passphrase".  Warns as key_read() does. */
bool key_read_passphrase(const char *path, const char *what, struct buf *out, struct err *err)
	MUST_CHECK;

struct key;

/*
 * Read the key; a PIN is tried once.  Says on stderr when others may read the file of the key, not
 * encrypted, or of the passphrase.  ERR_USAGE for a wrong passphrase, or none where one is needed.
 */
struct key *key_read(const struct key_place *p, struct err *err) MUST_CHECK;
struct evp_pkey_st *key_pkey(const struct key *k); /* an EVP_PKEY; it stays the key's */
void key_free(struct key *k);
void key_auto_free(struct key **slot); /* for AUTO() */

/* A line on stderr where everybody on the machine can read the @what in @path. */
void key_warn_readable(const char *path, const char *what);

#endif
