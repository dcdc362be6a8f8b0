/* SPDX-License-Identifier: MIT */
/* thread_windows.c - thread.h by Windows' threads, slim locks and condition variables. */
#include "thread.h"

#include <stdlib.h>
#include <windows.h>

struct thread {
	HANDLE handle;
	void (*run)(void *arg);
	void *arg;
};

struct monitor {
	SRWLOCK lock;
	CONDITION_VARIABLE changed;
};

unsigned thread_processors(void)
{
	DWORD n = GetActiveProcessorCount(ALL_PROCESSOR_GROUPS);
	return n < 1 ? 1 : n;
}

uint64_t thread_memory(void)
{
	MEMORYSTATUSEX m = { .dwLength = sizeof(m) };
	return GlobalMemoryStatusEx(&m) ? m.ullAvailPhys : 0;
}

static DWORD WINAPI enter(void *arg)
{
	struct thread *t = arg;
	t->run(t->arg);
	return 0;
}

struct thread *thread_start(void (*run)(void *arg), void *arg)
{
	struct thread *t = malloc(sizeof(*t));
	if (!t)
		return NULL;
	*t = (struct thread) { .run = run, .arg = arg };
	t->handle = CreateThread(NULL, 0, enter, t, 0, NULL);
	if (t->handle)
		return t;
	free(t);
	return NULL;
}

void thread_join(struct thread *t)
{
	WaitForSingleObject(t->handle, INFINITE);
	CloseHandle(t->handle);
	free(t);
}

struct monitor *monitor_new(void)
{
	struct monitor *m = malloc(sizeof(*m));
	if (!m)
		return NULL;
	InitializeSRWLock(&m->lock);
	InitializeConditionVariable(&m->changed);
	return m;
}

void monitor_free(struct monitor *m)
{
	free(m);
}

void monitor_lock(struct monitor *m)
{
	AcquireSRWLockExclusive(&m->lock);
}

void monitor_unlock(struct monitor *m)
{
	ReleaseSRWLockExclusive(&m->lock);
}

void monitor_wait(struct monitor *m)
{
	SleepConditionVariableSRW(&m->changed, &m->lock, INFINITE, 0);
}

void monitor_wake_all(struct monitor *m)
{
	WakeAllConditionVariable(&m->changed);
}
