/* SPDX-License-Identifier: MIT */
/* self.h - this executable, which is the head of a bundle. */
#ifndef SELF_H
#define SELF_H

#include <stdint.h>

/*
 * The offset of the locator in this file as `build` patched it in, or 0: nothing was appended to
 * this program, so it needs --bundle.
 */
uint64_t self_locator_offset(void);

#endif
