/* SPDX-License-Identifier: MIT */
/* pull.h - the files of one bundle on HTTP servers, and of their blocks those that a cut needs. */
#ifndef PULL_H
#define PULL_H

#include "cut.h"
#include "remote.h"

struct pull {
	struct remote *files; /* owned; the first is the bundle, the others are parts of it */
	size_t count;
	bool fetched; /* something of the blocks came: worth keeping */
};

/*
 * Open @urls; c->reader becomes the bundle's.  The partial files are c->output with ".partial", or for
 * the second and further ones ".N.partial".  All of them are fetched whole if @whole.
 */
bool pull_open(struct pull *p, struct web_pool *pool, char *const *urls, size_t count, bool whole,
	       const struct reader_options *opt, struct cut *c, struct err *err) MUST_CHECK;

/* After cut_select(): all that cut_write() will read.  Tells how much that is in the end. */
bool pull_fetch(struct pull *p, const struct cut *c, unsigned jobs, struct err *err) MUST_CHECK;

/* After the cut is done with. */
void pull_close(struct pull *p, bool keep);

#endif
