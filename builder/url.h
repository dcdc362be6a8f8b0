/* SPDX-License-Identifier: MIT */
/* url.h - what kind of place a URL of a manifest or lock names. */
#ifndef URL_H
#define URL_H

#include "err.h"

enum url_kind {
	URL_UNSUPPORTED,
	URL_HTTP,
	URL_HTTPS,
	URL_LOCAL, /* file:///absolute, or a plain path */
};

enum url_kind url_kind(const char *url);

/* The path that a URL_LOCAL names, percent escapes of file: undone.  free() it. */
char *url_local_path(const char *url, struct err *err) MUST_CHECK;

/*
 * @url for messages: without user name and password, and without the query, which for blob stores
 * is a credential too.  Control characters become '?'.  free() it; NULL without memory.
 */
char *url_text(const char *url) MUST_CHECK;

#endif
