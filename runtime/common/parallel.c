/* SPDX-License-Identifier: MIT */
/* parallel.c - see parallel.h. */
#include "parallel.h"

#include "cleanup.h"
#include "thread.h"

struct queue {
	struct parallel_job *first, **last;
};

struct parallel {
	struct monitor *monitor;       /* guards all below, and the jobs' own state */
	struct queue urgent, ordinary; /* jobs that nobody has begun */
	bool stop;
	struct thread *threads[PARALLEL_THREADS_MAX];
	unsigned count, max; /* started so far, and at most */
	unsigned idle;       /* threads that wait for a job */
	unsigned queued;     /* jobs in both queues */
};

static struct parallel_job *take(struct queue *q)
{
	struct parallel_job *job = q->first;
	if (job)
		q->first = job->next;
	if (!q->first)
		q->last = &q->first;
	return job;
}

/* Locked before and after, but not while the job runs.  False: there was none. */
static bool run_first(struct parallel *p, bool only_urgent)
{
	struct parallel_job *job = take(&p->urgent);
	if (!job && !only_urgent)
		job = take(&p->ordinary);
	if (!job)
		return false;
	p->queued--;
	monitor_unlock(p->monitor);
	job->run(job->arg);
	monitor_lock(p->monitor);
	job->ended = true;
	monitor_wake_all(p->monitor);
	return true;
}

static void work(void *arg)
{
	struct parallel *p = arg;
	monitor_lock(p->monitor);
	while (!p->stop) {
		if (run_first(p, false))
			continue;
		p->idle++;
		monitor_wait(p->monitor);
		p->idle--;
	}
	monitor_unlock(p->monitor);
}

struct parallel *parallel_new(unsigned threads)
{
	struct parallel *p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->urgent.last = &p->urgent.first;
	p->ordinary.last = &p->ordinary.first;
	p->monitor = monitor_new();
	if (!p->monitor) {
		free(p);
		return NULL;
	}
	p->max = threads < PARALLEL_THREADS_MAX ? threads : PARALLEL_THREADS_MAX;
	return p;
}

void parallel_free(struct parallel *p)
{
	if (!p)
		return;
	monitor_lock(p->monitor);
	p->stop = true;
	monitor_wake_all(p->monitor);
	monitor_unlock(p->monitor);
	for (unsigned i = 0; i < p->count; i++)
		thread_join(p->threads[i]);
	monitor_free(p->monitor);
	free(p);
}

void auto_parallel(struct parallel **p)
{
	parallel_free(*p);
}

unsigned parallel_threads(const struct parallel *p)
{
	return p ? p->max : 0;
}

/* One thread more, when there are fewer that wait than jobs.  Locked. */
static void add_thread(struct parallel *p)
{
	if (p->count == p->max || p->queued <= p->idle)
		return;
	p->threads[p->count] = thread_start(work, p);
	if (p->threads[p->count])
		p->count++;
	else
		p->max = p->count; /* the system has no more to give */
}

void parallel_start(struct parallel *p, struct parallel_job *job)
{
	job->next = NULL;
	job->ended = false;
	if (!p) {
		job->run(job->arg);
		job->ended = true;
		return;
	}
	monitor_lock(p->monitor);
	struct queue *q = job->urgent ? &p->urgent : &p->ordinary;
	*q->last = job;
	q->last = &job->next;
	p->queued++;
	add_thread(p);
	monitor_wake_all(p->monitor);
	monitor_unlock(p->monitor);
}

static void wait_for(struct parallel *p, struct parallel_job *job, bool help)
{
	if (!p)
		return; /* it ran when it was started */
	monitor_lock(p->monitor);
	while (!job->ended)
		if (!help || !run_first(p, job->urgent))
			monitor_wait(p->monitor);
	monitor_unlock(p->monitor);
}

void parallel_wait(struct parallel *p, struct parallel_job *job)
{
	wait_for(p, job, true);
}

void parallel_wait_inside(struct parallel *p, struct parallel_job *job)
{
	wait_for(p, job, false);
}
