/* SPDX-License-Identifier: MIT */
/* publish.h - put one file into a container, in blocks, several at a time, going on where it ended. */
#ifndef PUBLISH_H
#define PUBLISH_H

#include "blob.h"

#define PUBLISH_BLOCK_MIN (64u << 10)
#define PUBLISH_BLOCK_DEFAULT (UINT64_C(8) << 20)

struct publish_options {
	uint64_t block_size; /* PUBLISH_BLOCK_MIN to BLOCK_SIZE_MAX; made larger where it must be */
	unsigned jobs;
	bool replace; /* what is there under this name, if it does not change meanwhile */
};

struct publish_result {
	bool same;                     /* it was there already, byte for byte: nothing was sent */
	uint32_t blocks, blocks_there; /* of which were left there by an upload that broke */
};

/*
 * @b has URL and metadata; the rest is set here.  ERR_CONFLICT when another blob is there, or
 * appeared or changed meanwhile.  What was uploaded when it fails waits at the service for a week.
 */
bool publish_file(struct web_pool *p, const struct source *src, struct blob_new *b,
		  const struct publish_options *opt, struct publish_result *out, struct err *err)
	MUST_CHECK;

#endif
