/* SPDX-License-Identifier: MIT */
/* utf8.h - well-formed UTF-8 (RFC 3629): no overlong form, no surrogate, nothing past U+10FFFF. */
#ifndef UTF8_H
#define UTF8_H

#include "rd.h"

/* Bytes of the sequence at @pos, which lies in @text; 0 when it is none. */
size_t utf8_length(struct slice text, size_t pos);

#endif
