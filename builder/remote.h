/* SPDX-License-Identifier: MIT */
/*
 * remote.h - a bundle on an HTTP server as a source: what is read of it is fetched, each byte once, into
 * a partial file on this machine, which has holes where nothing was asked for.
 *
 * A partial file that an earlier run left is taken up again: a block in it counts when its digest is the
 * one in the signed table, whatever happened meanwhile to the file or to the server.
 */
#ifndef REMOTE_H
#define REMOTE_H

#include "block.h"
#include "http_file.h"
#include "span_set.h"

struct remote {
	struct blob_url url;
	struct http_file file;
	char *path; /* owned: of the partial file */
	int fd;
	bool was_there;       /* the partial file, before this run */
	struct span_set have; /* what this run knows to be there */
	struct source src;    /* its ctx is this struct, which must not move */
};

#define REMOTE_INIT ((struct remote) { .fd = -1 })

/*
 * @r->url is set.  Its partial file is @path; ERR_LOCKED when another process is at it.  The end of the
 * file, where a bundle's index is, comes with it.  @whole: all of the file, without ranges.
 */
bool remote_open(struct remote *r, struct web_pool *pool, const char *path, bool whole,
		 struct err *err) MUST_CHECK;

/* @keep: the partial file stays, for another run. */
void remote_close(struct remote *r, bool keep);

/* A block that an earlier run may have left at @offset. */
bool remote_recognise(struct remote *r, const struct block *b, uint64_t offset, struct err *err)
	MUST_CHECK;

/* Fetch what is not there yet of @wanted, with up to @jobs requests at a time. */
bool remote_fetch(struct remote *r, const struct span_set *wanted, unsigned jobs, struct err *err)
	MUST_CHECK;

#endif
