/* SPDX-License-Identifier: MIT */
/*
 * license.h - what a manifest's "license" says: an SPDX license expression (SPDX 2.3, Annex D), or
 * words.
 *
 * Only the grammar is looked at, not whether an identifier is on SPDX's list, which grows.
 */
#ifndef LICENSE_H
#define LICENSE_H

#include <stdbool.h>
#include <stddef.h>

#define LICENSE_REF "LicenseRef-" /* begins an identifier that is on nobody's list */
#define LICENSE_ID_MAX 256

/* "MIT", "GPL-2.0-only OR (BSD-2-Clause AND LicenseRef-x)"; operators in upper case. */
bool license_is_expression(const char *text);

/*
 * The next "LicenseRef-..." in an expression, moving *@at behind it; false at the end.  Those of
 * other documents ("DocumentRef-x:LicenseRef-y") are passed over.
 */
bool license_next_ref(const char **at, char out[LICENSE_ID_MAX]);

#endif
