/* SPDX-License-Identifier: MIT */
/* gnu_gzip.h - a raw deflate stream as GNU gzip makes it: by gzip(1), since no library has its encoder. */
#ifndef GNU_GZIP_H
#define GNU_GZIP_H

#include "xz_encode.h"

/* As xz_encode(), by @op, which is a RECIPE_GZIP. */
bool gnu_gzip(const struct recipe_op *op, const struct recipe_io *io, uint64_t *at, struct err *err)
	MUST_CHECK;

#endif
