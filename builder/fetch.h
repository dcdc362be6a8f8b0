/* SPDX-License-Identifier: MIT */
/*
 * fetch.h - get files into the cache: from http(s), file: and local paths.
 *
 * Several at a time; each from its mirrors in order; a transfer that breaks is resumed; an error
 * that may pass is retried with a growing wait.  Proxies come from the environment variables that
 * curl(1) documents.  libcurl is not even initialised when all is in the cache.
 */
#ifndef FETCH_H
#define FETCH_H

#include <stddef.h>
#include <stdint.h>

#include "cache.h"
#include "err.h"

#define FETCH_SIZE_MAX (UINT64_C(64) << 30) /* of an item that states no limit of its own */

struct fetch_item {
	const char *what;        /* for messages: "package libibverbs1 of debian-12-amd64" */
	const char *const *urls; /* mirrors in order; http, https, file: or a local path */
	size_t url_count;
	bool have_sha256; /* else the digest is what comes: the caller must check by other means */
	uint8_t sha256[SHA256_SIZE];
	uint64_t size;       /* exact, or 0: not known */
	uint64_t size_max;   /* refuse more than this; 0: FETCH_SIZE_MAX */
	bool may_be_missing; /* "no such file" from every URL is no error, but sets missing */

	/* out, of items that succeeded */
	bool done;
	bool missing; /* not done: it is at none of the URLs (HTTP 404 or 410, or no such path) */
	bool from_cache;
	uint8_t seen_sha256[SHA256_SIZE];
	uint64_t seen_size;
};

struct fetch_options {
	const char *cacert;     /* PEM file that replaces the system's roots, or NULL */
	unsigned jobs;          /* transfers at a time; 0: 4 */
	unsigned retries;       /* further tries of one URL after an error that may pass; 0: 4 */
	bool no_retries;        /* for tests: fail at the first */
	bool offline;           /* ERR_NETWORK names the first item that is not in the cache */
	unsigned stall_seconds; /* give up a transfer below 1 KB/s for so long; 0: 30 */
	unsigned wait_ms;       /* before the first retry, doubling; 0: 1000 */
};

/*
 * On success every item is in the cache under its seen_sha256.  Items without a known digest
 * are fetched again each time, and are refused when offline.  An item that no mirror has (404, or a
 * wrong digest) does not keep the others from being fetched; an error that may pass ends the run when
 * its retries are used up, or it would wait in vain for each.  What is there stays for resuming.
 */
bool fetch_all(struct cache *c, struct fetch_item *items, size_t count,
	       const struct fetch_options *options, struct err *err) MUST_CHECK;

/* Version text of libcurl. */
const char *fetch_version(void);

#endif
