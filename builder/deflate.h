/* SPDX-License-Identifier: MIT */
/* deflate.h - a raw deflate stream (RFC 1951) as zlib makes it. */
#ifndef DEFLATE_H
#define DEFLATE_H

#include "xz_encode.h"

/* As xz_encode(), by @op, which is a RECIPE_ZLIB. */
bool deflate_zlib(const struct recipe_op *op, const struct recipe_io *io, uint64_t *at,
		  struct err *err) MUST_CHECK;

const char *deflate_version(void);

#endif
