/* SPDX-License-Identifier: MIT */
/*
 * process_windows.h - what starting a process takes on Windows: the handles that it inherits, and no
 * others.
 */
#ifndef PROCESS_WINDOWS_H
#define PROCESS_WINDOWS_H

#include <windows.h>

#include "err.h"

/* Handles to be inherited, and the list of them for CreateProcessW(). */
struct process_inherited {
	LPPROC_THREAD_ATTRIBUTE_LIST list; /* owned */
	HANDLE handles[3];
	size_t count;
};

/* h->handles and h->count are filled in, and stay where they are as long as the list. */
bool process_inherited_make(struct process_inherited *h, struct err *err) MUST_CHECK;
void process_inherited_done(struct process_inherited *h); /* for AUTO() */

/* The null device, inheritable. */
bool process_open_null(DWORD access, HANDLE *out, struct err *err) MUST_CHECK;

/* A pipe, of which the end @inherited points at is inheritable. */
bool process_make_pipe(HANDLE *read_end, HANDLE *write_end, const HANDLE *inherited,
		       struct err *err) MUST_CHECK;

#endif
