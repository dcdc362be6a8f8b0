/* SPDX-License-Identifier: MIT */
/*
 * thread.h - what parallel.c needs of an operating system: threads, and a lock with one condition.
 *
 * Each program brings its own: runtime/thread_linux.c, runtime/thread_windows.c,
 * builder/thread_posix.c.
 */
#ifndef THREAD_H
#define THREAD_H

#include <stdint.h>

#include "err.h"

struct thread;
struct monitor;

/* Processors that this process may use, at least 1. */
unsigned thread_processors(void);

/* Bytes of memory that are free, or can be at once; 0: nobody knows. */
uint64_t thread_memory(void);

/* NULL when the system or memory has no more to give: the caller does without. */
struct thread *thread_start(void (*run)(void *arg), void *arg);
void thread_join(struct thread *t); /* and release it */

struct monitor *monitor_new(void);
void monitor_free(struct monitor *m);
void monitor_lock(struct monitor *m);
void monitor_unlock(struct monitor *m);
void monitor_wait(struct monitor *m); /* locked before and after; may wake for no reason */
void monitor_wake_all(struct monitor *m);

#endif
