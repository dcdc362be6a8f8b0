/* SPDX-License-Identifier: MIT */
/*
 * interrupt.h - end cleanly on Ctrl-C, SIGTERM and SIGHUP.
 *
 * The first signal only sets a flag: loops that last ask interrupt_check(), and everything unwinds
 * through ordinary errors, which remove what is half made.  The second signal ends the process.
 */
#ifndef INTERRUPT_H
#define INTERRUPT_H

#include "err.h"

void interrupt_catch(void);
bool interrupt_seen(void);

/* True as long as no signal came, else ERR_INTERRUPTED. */
bool interrupt_check(struct err *err) MUST_CHECK;

#endif
