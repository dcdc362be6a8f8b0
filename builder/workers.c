/* SPDX-License-Identifier: MIT */
/* workers.c - see workers.h. */
#include "workers.h"

#include <pthread.h>

struct pool {
	bool (*work)(void *ctx, size_t index, struct err *err);
	void *ctx;
	size_t count, next;
	pthread_mutex_t mutex; /* over next, failed and err */
	bool failed;
	struct err err;
};

static bool take(struct pool *p, size_t *index)
{
	pthread_mutex_lock(&p->mutex);
	bool more = !p->failed && p->next < p->count;
	if (more)
		*index = p->next++;
	pthread_mutex_unlock(&p->mutex);
	return more;
}

static void *run(void *arg)
{
	struct pool *p = arg;
	for (size_t index; take(p, &index);) {
		struct err err = { 0 };
		if (p->work(p->ctx, index, &err))
			continue;
		pthread_mutex_lock(&p->mutex);
		if (!p->failed)
			p->err = err;
		p->failed = true;
		pthread_mutex_unlock(&p->mutex);
	}
	return NULL;
}

bool workers_run(size_t count, unsigned jobs,
		 bool (*work)(void *ctx, size_t index, struct err *err), void *ctx, struct err *err)
{
	struct pool p = {
		.work = work, .ctx = ctx, .count = count, .mutex = PTHREAD_MUTEX_INITIALIZER
	};
	pthread_t threads[WORKERS_MAX];
	unsigned started = 0;
	while (started + 1 < jobs && started + 1 < count && started < WORKERS_MAX &&
	       pthread_create(&threads[started], NULL, run, &p) == 0)
		started++; /* with fewer of them it takes longer */
	run(&p);
	for (unsigned i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	return !p.failed || err_set(err, p.err.code, "%s", p.err.msg);
}
