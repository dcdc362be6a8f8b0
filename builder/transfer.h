/* SPDX-License-Identifier: MIT */
/*
 * transfer.h - one item of fetch.h on its way into the cache, whatever brings its bytes.
 *
 *   WAITING -> (lock on the partial file) -> HTTP or LOCAL -> complete -> DONE
 *      ^                                          |
 *      +---- later, or with the next mirror ------+
 *
 * Here: which mirror, how often, where the file stands, local files, and the end, at which the
 * digest decides.  Where the bytes came in more than one piece and don't fit, they may be of two
 * versions of the file: it is fetched once more as a whole before that is an error.
 */
#ifndef TRANSFER_H
#define TRANSFER_H

#include "buf.h"
#include "fetch.h"
#include "hope.h"
#include "response.h"

enum stage {
	STAGE_WAITING, /* until not_before_ms */
	STAGE_HTTP,    /* fetch.c has a request under way, or is to begin one */
	STAGE_LOCAL,
	STAGE_DONE
};

struct transfer {
	struct cache *cache;
	struct fetch_item *item;
	unsigned retries, wait_ms;

	enum stage stage;
	uint64_t not_before_ms;
	struct cache_add *add; /* held from the first try to the end */
	bool told_busy;

	size_t url;                     /* which mirror */
	unsigned tries;                 /* that failed, of this mirror */
	uint64_t base;                  /* bytes that were there when this try began */
	bool pieced;                    /* what is there came in more than one response */
	bool whole_again;               /* it was fetched once more as a whole already */
	bool no_range;                  /* this mirror's ranges are wrong */
	bool not_there;                 /* this mirror says that it has no such file */
	size_t not_there_count;         /* mirrors that said so */
	char validator[VALIDATOR_SIZE]; /* ETag or date of what is there, from this mirror, or "" */

	int fd; /* LOCAL: the file */
	enum err_code worst;
	bool may_pass;       /* some failure was of a kind that may pass */
	struct buf failures; /* "URL: reason; URL: reason" of mirrors given up */
	struct err lost;     /* DONE without success: no mirror has it */
};

uint64_t clock_ms(void); /* from some start, never back */

void transfer_begin(struct transfer *t, struct cache *c, struct fetch_item *item, unsigned retries,
		    unsigned wait_ms);

/* What it has so far stays in the cache for the next to resume.  Accepts one that is DONE. */
void transfer_end(struct transfer *t);

/*
 * The functions below return false, with @err, only where that ends the whole run: the network
 * does not work, or the disk is full.  Else the stage says how it goes on.  An item that no mirror
 * has in the right form is DONE with t->lost set: others may still come.
 */

/* Begin a try.  With stage HTTP afterwards the caller sends the request, from t->base on. */
bool transfer_start(struct transfer *t, struct err *err) MUST_CHECK;

/* LOCAL: copy one chunk; the caller comes back for the next, so that others don't starve. */
bool transfer_local_step(struct transfer *t, struct err *err) MUST_CHECK;

/* All bytes are there: check them and give the file its name. */
bool transfer_complete(struct transfer *t, struct err *err) MUST_CHECK;

/* A try failed for @why.  @wait_ms before the next, or 0: longer from try to try. */
bool transfer_failed(struct transfer *t, const struct err *why, enum hope hope, uint64_t wait_ms,
		     struct err *err) MUST_CHECK;

/* Back to no bytes. */
bool transfer_restart(struct transfer *t, struct err *err) MUST_CHECK;

/* Bytes so far, and how many there may be. */
uint64_t transfer_size(const struct transfer *t);
uint64_t transfer_limit(const struct transfer *t);

/* Messages that both local and http transfers have.  Both return false. */
bool transfer_too_large(const struct transfer *t, struct err *why);
bool transfer_too_short(const struct transfer *t, struct err *why);

#endif
