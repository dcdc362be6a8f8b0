/* SPDX-License-Identifier: MIT */
/* instructions.h - which instructions the stub's SHA-256 uses, for cms_check.c. */
#ifndef INSTRUCTIONS_H
#define INSTRUCTIONS_H

#include <stddef.h>

/*
 * Have SHA-256 use no more than set number @set, of what this processor can do: 0 is all of it, the
 * last one plain instructions.  Returns the set's name, NULL when there is no such set.
 */
const char *instructions_choose(size_t set);

#endif
