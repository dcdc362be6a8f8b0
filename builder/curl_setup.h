/* SPDX-License-Identifier: MIT */
/*
 * curl_setup.h - what every request of this program has in common: which places it may lead to, how
 * long it may take, whom it trusts, and how a failure of libcurl is told.
 */
#ifndef CURL_SETUP_H
#define CURL_SETUP_H

#include <curl/curl.h>

#include "err.h"
#include "hope.h"

#define CURL_STALL_SECONDS 30 /* the usual time limit without data */

struct curl_setup {
	const char *url;
	const char *cacert; /* PEM file that replaces the system's roots, or NULL */
	unsigned stall_seconds;
	unsigned redirects; /* to follow; never from https to http */
	char *text;         /* CURL_ERROR_SIZE bytes that outlive the request */
};

/* False where this libcurl lacks an option that is needed. */
bool curl_set_up(CURL *e, const struct curl_setup *s) MUST_CHECK;

/* Of a result that is not CURLE_OK: why, but for statuses and what callbacks ran into.  Returns false. */
bool curl_failed(const struct curl_setup *s, CURLcode result, struct err *why);
enum hope curl_hope(CURLcode result);

/* Of a status that is not 2xx. */
enum hope curl_status_hope(long status);

#endif
