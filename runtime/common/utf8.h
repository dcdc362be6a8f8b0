/* SPDX-License-Identifier: MIT */
/* utf8.h - well-formed UTF-8 (RFC 3629): no overlong form, no surrogate, nothing past U+10FFFF. */
#ifndef UTF8_H
#define UTF8_H

#include "rd.h"

/* Bytes of the sequence at @pos, which lies in @text; 0 when it is none. */
size_t utf8_length(struct slice text, size_t pos);

/*
 * One line that steers no terminal: control characters (C0, DEL, C1) become spaces.  For what others
 * chose, such as names in an archive or what a program prints; it need not be UTF-8.
 */
void utf8_make_plain(char *text);

#endif
