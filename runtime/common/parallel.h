/* SPDX-License-Identifier: MIT */
/*
 * parallel.h - jobs on all processors, for a caller that needs their results in order.
 *
 * The caller starts jobs and waits for each; threads of the pool begin them in the order in which
 * they were started, urgent ones before all others, and a caller that waits does so, too.  So a pool
 * of no threads, or a NULL one, gives the same results, only later.
 *
 * A job belongs to the caller and must stay until it has been waited for.  What it wrote is visible
 * to whoever waited for it.
 */
#ifndef PARALLEL_H
#define PARALLEL_H

#include "err.h"

#define PARALLEL_THREADS_MAX 256

struct parallel_job {
	void (*run)(void *arg);
	void *arg;
	bool urgent; /* others can't be started without what it does */
	/* parallel.c's: */
	struct parallel_job *next;
	bool ended;
};

/*
 * A pool of up to @threads besides the caller's, which are started when there are jobs for them; of
 * fewer, when the system has no more to give.  NULL when memory has run out, which is a pool, too.
 */
struct parallel *parallel_new(unsigned threads);
void parallel_free(struct parallel *p); /* after every job was waited for; accepts NULL */
void auto_parallel(struct parallel **p);
unsigned parallel_threads(const struct parallel *p); /* at most; 0 for NULL */

void parallel_start(struct parallel *p, struct parallel_job *job);

/*
 * Until @job has ended.  Meanwhile this thread runs jobs that nobody has begun; while it waits for an
 * urgent one, only such, to be back soon.
 */
void parallel_wait(struct parallel *p, struct parallel_job *job);

/* The same from inside a job, for one as urgent that was started before it; runs nothing meanwhile. */
void parallel_wait_inside(struct parallel *p, struct parallel_job *job);

#endif
