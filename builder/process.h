/* SPDX-License-Identifier: MIT */
/* process.h - run another program and take what it prints: by absolute path, never by a shell. */
#ifndef PROCESS_H
#define PROCESS_H

#include "buf.h"
#include "err.h"

/*
 * Run @argv (argv[0] an absolute path, NULL-terminated) with no input, standard error discarded,
 * and append its standard output to *out, up to out->max bytes.  *status is its exit status.
 *
 * ERR_TIMEOUT after @seconds, ERR_SYSTEM when it can't be started or a signal ends it, ERR_FORMAT
 * when it prints too much; it has been killed then, with its process group.  It has no
 * terminal, so that it asks nobody for a passphrase.
 */
bool process_capture(const char *const *argv, unsigned seconds, struct buf *out, int *status,
		     struct err *err) MUST_CHECK;

/* The same, with standard error in *out, too. */
bool process_run(const char *const *argv, unsigned seconds, struct buf *out, int *status,
		 struct err *err) MUST_CHECK;

#endif
