/* SPDX-License-Identifier: MIT */
/*
 * msiexec.h - what msiexec.exe is told, and what its exit codes mean.  Pure.
 *
 * It does not read its command line as other programs do: a property is NAME="value", and a
 * backslash means nothing.  So the line is made here, and passed as it is.
 */
#ifndef MSIEXEC_H
#define MSIEXEC_H

#include <stdint.h>

#include "buf.h"

/*
 * Append what follows the program: install the package @path, or uninstall the product @code.
 * @properties: "NAME=value", NULL-terminated.  No text has a quote in it.  Never a restart, never a
 * question; everything goes to the file @log.
 */
void msiexec_add_install(struct buf *b, const char *path, const char *log,
			 const char *const *properties);
void msiexec_add_uninstall(struct buf *b, const char *code, const char *log);

enum msiexec_answer {
	MSIEXEC_OK,
	MSIEXEC_REBOOT, /* done, when the machine has started anew */
	MSIEXEC_BUSY,   /* another installation runs: try again */
	MSIEXEC_GONE,   /* there is no such product */
	MSIEXEC_FAILED,
};
enum msiexec_answer msiexec_answer(uint32_t code);

/* In words, as Windows Installer's documentation has it; NULL for a code that it does not have. */
const char *msiexec_meaning(uint32_t code);

#endif
