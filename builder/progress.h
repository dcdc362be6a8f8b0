/* SPDX-License-Identifier: MIT */
/*
 * progress.h - tell a person how far a phase has come, on stderr.
 *
 * On a terminal: one line that is rewritten a few times a second with bytes, rate and time left,
 * from the moment a phase has lasted a second; it is gone when the phase ends.  Elsewhere: nothing,
 * or with -v one line when the phase ends.  One phase at a time.  progress_update() may be called
 * from several threads and as often as is convenient.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

void progress_set_verbose(bool verbose);
bool progress_is_verbose(void);

/* @title is borrowed until progress_end(); @total in bytes, 0 when not known. */
void progress_begin(const char *title, uint64_t total);
void progress_update(uint64_t done); /* bytes done since progress_begin */
void progress_add(uint64_t more);    /* the same, as a difference */
void progress_end(void);

/* One line about a step, with -v only.  The line of a running phase is put aside. */
void progress_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* "17.3 MB", in powers of 1000, into @out; returns @out. */
#define BYTES_TEXT_SIZE 32
const char *bytes_text(uint64_t n, char out[BYTES_TEXT_SIZE]);

#endif
