/* SPDX-License-Identifier: MIT */
/*
 * head.h - the stubs that a bundle is built with, one a platform, and the names of the files that
 * begin with them.
 *
 *   linux-x86_64  NAME.run    linux-aarch64  NAME-aarch64.run    windows-x86_64  NAME.exe
 *   no stub       NAME.ibb
 */
#ifndef HEAD_H
#define HEAD_H

#include "buf.h"
#include "err.h"
#include "locator.h"
#include "options.h"
#include "root.h"

#define HEADS_MAX 3
#define HEAD_WINDOWS "windows-x86_64"
#define HEAD_NONE_ENDING ".ibb"

struct head {
	const char *platform;
	struct buf stub; /* owned; as built, a Windows executable's CheckSum made 0 */
};

struct heads {
	struct head v[HEADS_MAX]; /* sorted by platform, none twice */
	size_t count;
};

/*
 * Read @files, of any platforms; without any, those of "stub/" beside this program that exist.
 * ERR_FORMAT for what can't be a stub, ERR_USAGE for two of one platform.
 */
bool heads_read(struct heads *h, const struct option_list *files, struct err *err) MUST_CHECK;
void heads_done(struct heads *h); /* for AUTO() */

/* The one for @platform.  ERR_SYSTEM, saying where it should be, when there is none. */
const struct head *heads_find(const struct heads *h, const char *platform, struct err *err);

/* The same, and it must be the one that @root names: else ERR_DIGEST. */
const struct head *heads_find_signed(const struct heads *h, const struct root *root,
				     const char *platform, struct err *err);

/* Platforms by number, and the ending of their files; NULL after the last. */
const char *head_platform(size_t i);
const char *head_ending(const char *platform);

/*
 * Which platform a file is for by its name, and the length of the name without its ending.  *platform
 * is NULL for NAME.ibb.  False for a name with none of these endings.
 */
bool head_of_name(const char *name, const char **platform, size_t *base);

/* The platform that an executable is for.  ERR_FORMAT when no bundle can start with it. */
bool stub_platform(struct slice stub, const char **name, struct err *err) MUST_CHECK;

/* A head that stands alone: a stub with 0 in its placeholder, perhaps signed. */
struct head_alone {
	const char *platform; /* borrowed from the root */
	struct extent certificates;
};

/* Is @src a Windows executable with a placeholder that leads nowhere? */
bool head_is_alone(const struct source *src, bool *alone, struct err *err) MUST_CHECK;

/*
 * Check such a file: its stub is one that @root names, and nothing but certificates follows.
 * ERR_DIGEST when it is none of them, or its CheckSum is wrong.
 */
bool head_check_alone(const struct source *src, const struct root *root, struct head_alone *out,
		      struct err *err) MUST_CHECK;

#endif
