/* SPDX-License-Identifier: MIT */
/* thread_linux.c - thread.h by pthreads. */
#include "thread.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STACK_SIZE (256u << 10) /* musl's own default is too little for a decoder on some systems */

struct thread {
	pthread_t id;
	void (*run)(void *arg);
	void *arg;
};

struct monitor {
	pthread_mutex_t lock;
	pthread_cond_t changed;
};

unsigned thread_processors(void)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return 1;
	int n = CPU_COUNT(&set);
	return n < 1 ? 1 : (unsigned)n;
}

uint64_t thread_memory(void)
{
	static const char key[] = "MemAvailable:";
	char line[128];
	uint64_t kib = 0;
	FILE *f = fopen("/proc/meminfo", "re");
	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, key, sizeof(key) - 1) == 0)
			kib = strtoull(line + sizeof(key) - 1, NULL, 10);
	if (f)
		fclose(f);
	return kib << 10;
}

static void *enter(void *arg)
{
	struct thread *t = arg;
	t->run(t->arg);
	return NULL;
}

/* Signals are for the thread that looks at whether to stop. */
static int create(struct thread *t, const pthread_attr_t *attr)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = pthread_create(&t->id, attr, enter, t);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc;
}

struct thread *thread_start(void (*run)(void *arg), void *arg)
{
	struct thread *t = malloc(sizeof(*t));
	pthread_attr_t attr;
	if (!t)
		return NULL;
	*t = (struct thread) { .run = run, .arg = arg };
	if (pthread_attr_init(&attr) != 0) {
		free(t);
		return NULL;
	}
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	int rc = create(t, &attr);
	pthread_attr_destroy(&attr);
	if (rc == 0)
		return t;
	free(t);
	return NULL;
}

void thread_join(struct thread *t)
{
	pthread_join(t->id, NULL);
	free(t);
}

struct monitor *monitor_new(void)
{
	struct monitor *m = malloc(sizeof(*m));
	if (m && pthread_mutex_init(&m->lock, NULL) == 0) {
		if (pthread_cond_init(&m->changed, NULL) == 0)
			return m;
		pthread_mutex_destroy(&m->lock);
	}
	free(m);
	return NULL;
}

void monitor_free(struct monitor *m)
{
	if (!m)
		return;
	pthread_cond_destroy(&m->changed);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

void monitor_lock(struct monitor *m)
{
	pthread_mutex_lock(&m->lock);
}

void monitor_unlock(struct monitor *m)
{
	pthread_mutex_unlock(&m->lock);
}

void monitor_wait(struct monitor *m)
{
	pthread_cond_wait(&m->changed, &m->lock);
}

void monitor_wake_all(struct monitor *m)
{
	pthread_cond_broadcast(&m->changed);
}
