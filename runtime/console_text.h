/* SPDX-License-Identifier: MIT */
/*
 * console_text.h - what programs of Windows write to a pipe, as lines of UTF-8.
 *
 * Nobody says what it is: most write in the console's code page, some (msiexec, wmic) UTF-16, and
 * a few UTF-8.  UTF-16 shows by its mark, or by the NUL in its first character; a line that is
 * UTF-8 is taken as that; all else is the code page's.
 */
#ifndef CONSOLE_TEXT_H
#define CONSOLE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define CONSOLE_TEXT_LINE_MAX 4096 /* bytes; longer lines are cut into several */

struct console_text {
	unsigned code_page;
	/* Takes one line without its end, of at most 3 * CONSOLE_TEXT_LINE_MAX bytes. */
	void (*line)(void *ctx, const char *text, size_t len);
	void *ctx;
	enum { CONSOLE_TEXT_NEW, CONSOLE_TEXT_BYTES, CONSOLE_TEXT_WIDE } kind;
	uint8_t bytes[CONSOLE_TEXT_LINE_MAX];
	size_t len;
};

void console_text_add(struct console_text *c, const uint8_t *p, size_t n);
/* The end: what has no line end is a line, too. */
void console_text_end(struct console_text *c);

#endif
