/* SPDX-License-Identifier: MIT */
/* random.h - random bytes from the operating system, for provider.c. */
#ifndef RANDOM_H
#define RANDOM_H

#include <stdbool.h>
#include <stddef.h>

/* Fill @out; false when the system has no randomness to give. */
bool random_bytes(unsigned char *out, size_t len);

#endif
