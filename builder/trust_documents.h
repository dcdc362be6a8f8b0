/* SPDX-License-Identifier: MIT */
/*
 * trust_documents.h - what a bundle says about trust: the documents "crl" and "rotation" (FORMAT.md),
 * from files.
 */
#ifndef TRUST_DOCUMENTS_H
#define TRUST_DOCUMENTS_H

#include "buf.h"
#include "options.h"

/* All lists of revoked certificates in @files (PEM or DER), as PEM.  ERR_CRL. */
bool crl_document(const struct option_list *files, struct buf *out, struct err *err) MUST_CHECK;

/* A rotation for bundles named @bundle, as `ibbundle rotate` wrote it.  ERR_ROTATION. */
bool rotation_document(const char *file, const char *bundle, struct buf *out, struct err *err)
	MUST_CHECK;

#endif
