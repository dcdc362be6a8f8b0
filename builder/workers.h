/* SPDX-License-Identifier: MIT */
/* workers.h - do many things of one kind on several processors. */
#ifndef WORKERS_H
#define WORKERS_H

#include "err.h"

#define WORKERS_MAX 64

/*
 * Call @work for every index below @count, each once, in about that order, by up to @jobs threads, of
 * which this one is the first.  After an error no more are begun; it is the first error's.
 */
bool workers_run(size_t count, unsigned jobs,
		 bool (*work)(void *ctx, size_t index, struct err *err), void *ctx,
		 struct err *err);

#endif
