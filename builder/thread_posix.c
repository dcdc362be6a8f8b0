/* SPDX-License-Identifier: MIT */
/* thread_posix.c - thread.h for the builder: pthreads, with the system's own stacks and signals. */
#include "thread.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
	long n = sysconf(_SC_NPROCESSORS_ONLN);
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

struct thread *thread_start(void (*run)(void *arg), void *arg)
{
	struct thread *t = malloc(sizeof(*t));
	if (!t)
		return NULL;
	*t = (struct thread) { .run = run, .arg = arg };
	if (pthread_create(&t->id, NULL, enter, t) == 0)
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
	if (m)
		*m = (struct monitor) { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER };
	return m;
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
