/* SPDX-License-Identifier: MIT */
/* terminal.h - ask the person at the terminal for a secret. */
#ifndef TERMINAL_H
#define TERMINAL_H

#include "buf.h"

/*
 * Show @prompt on the controlling terminal, wherever standard input and output go, and append the
 * line that is typed there to *out, without its end and without showing it; at most out->max bytes.
 *
 * ERR_USAGE when there is no terminal, or the line is empty or too long; ERR_INTERRUPTED on Ctrl-C.
 * The terminal is as it was before, in every case.
 */
bool terminal_ask(const char *prompt, struct buf *out, struct err *err) MUST_CHECK;

#endif
