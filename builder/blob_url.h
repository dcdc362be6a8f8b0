/* SPDX-License-Identifier: MIT */
/*
 * blob_url.h - where a bundle is put or taken from: a blob of Azure, an emulator's, or any file of an
 * HTTP server.
 *
 *   https://ACCOUNT.blob.core.windows.net/CONTAINER/BLOB     also custom ports and sovereign clouds
 *   http://127.0.0.1:10000/ACCOUNT/CONTAINER/BLOB            a host that is a number: path style
 */
#ifndef BLOB_URL_H
#define BLOB_URL_H

#include "buf.h"

#define BLOB_URL_MAX 4096

struct blob_url {
	char *text;      /* owned: as it was given, which has no secret in it */
	char *shown;     /* owned: for messages, without the query */
	char *account;   /* owned: as the Blob service would know it */
	size_t path;     /* in text, where the path begins */
	size_t path_len; /* at least 1 */
	size_t query;    /* in text, what follows the '?'; at its end when there is none */
	bool https;
	bool loopback;   /* this very machine: 127.0.0.0/8, ::1, localhost */
	bool path_style; /* the first part of the path is the account */
};

/*
 * ERR_USAGE for what is no such URL, has a name and password, or a signature in its query: who gives
 * that on a command line shows it to everybody on the machine.  The message never repeats it.
 */
bool blob_url_parse(const char *text, struct blob_url *out, struct err *err) MUST_CHECK;

/* @name, escaped, behind @folder, which ends with a slash. */
bool blob_url_in(const struct blob_url *folder, const char *name, struct blob_url *out,
		 struct err *err) MUST_CHECK;

/* The same with @suffix, of plain characters, at the end of its path. */
bool blob_url_with(const struct blob_url *u, const char *suffix, struct blob_url *out,
		   struct err *err) MUST_CHECK;

/* Does it end with a slash: a container or a folder in one? */
bool blob_url_is_folder(const struct blob_url *u);

/* Of a query, or of a SAS: the value of parameter @name, escapes undone, as a string; false: none. */
bool query_value(const char *query, const char *name, struct buf *out) MUST_CHECK;

/* Undo percent escapes of the @n bytes at @text; a broken one stays as it is. */
void url_unescape(const char *text, size_t n, struct buf *out);

void blob_url_done(struct blob_url *u); /* accepts a zeroed struct; for AUTO() */

#endif
