/* SPDX-License-Identifier: MIT */
/*
 * stub_parts.h - what a stub is made of: the text that its `version` shows, found in the file, since
 * the builder can't run the stubs of other platforms.
 */
#ifndef STUB_PARTS_H
#define STUB_PARTS_H

#include "err.h"
#include "rd.h"
#include "texts.h"

#define STUB_PARTS_MAX 16

struct stub_part {
	const char *name, *version; /* as the build names it: "libzstd", "1.5.4+dfsg2-5" */
	const char *title;          /* "Zstandard" */
	const char *supplier;       /* NULL: not known to us */
	const char *license;        /* SPDX expression; NULL: not known to us */
	bool debian;                /* the version is that of a Debian source package */
};

struct stub_parts {
	const char *
		version; /* of the runtime itself; NULL: the stub does not say what it is made of */
	struct stub_part v[STUB_PARTS_MAX];
	size_t count;
};

/* Texts are kept in @texts.  ERR_FORMAT when @stub says it in a way that is not ours. */
bool stub_parts_find(struct slice stub, struct texts *texts, struct stub_parts *out,
		     struct err *err) MUST_CHECK;

#endif
