/* SPDX-License-Identifier: MIT */
/*
 * own_copy.h - this program and all of a bundle but its blocks, as one file: a slice (FORMAT.md, The
 * file) of a megabyte or two that can judge what was installed, and installs nothing.
 *
 * Table, catalog, documents, root and signatures are those of the bundle, so the copy is verified as
 * any bundle is.
 */
#ifndef OWN_COPY_H
#define OWN_COPY_H

#include "bundle.h"

#define OWN_COPY_MAX (64u << 20)

/* @out must be empty; the bytes of the file. */
bool own_copy_make(const struct bundle *b, struct buf *out, struct err *err) MUST_CHECK;

#endif
