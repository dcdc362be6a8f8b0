/* SPDX-License-Identifier: MIT */
/* facts_print.h - facts for people: what decides about a package, one line each. */
#ifndef FACTS_PRINT_H
#define FACTS_PRINT_H

#include "facts.h"

/* @image: the facts are of an image root. */
void facts_print(const struct facts *f, bool image, struct buf *out);

#endif
