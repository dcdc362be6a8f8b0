/* SPDX-License-Identifier: MIT */
/*
 * setting_text.h - "key=value" in the text of a configuration file, in whatever form it stands there:
 * commented, with spaces, another value, absent, several times; lines may end in CRLF, the last one in
 * nothing.  All other bytes stay as they are.  Pure: text in, text out.
 */
#ifndef SETTING_TEXT_H
#define SETTING_TEXT_H

#include "buf.h"

#define SETTING_CHANGES_MAX 16
#define SETTING_FILE_MAX (1u << 20)

/* One line that was changed. */
struct setting_change {
	uint64_t nth;     /* of the lines that are about the key, commented ones too, from 0 */
	bool added;       /* a new line; else: */
	struct slice was; /* what stood there, without the end of the line; borrows from the text */
};

/*
 * Every line that sets @key sets it to @value afterwards; where none does, the last commented one is
 * taken, else a line is added.  A changed line is "KEY=VALUE" and nothing else.  *count 0: nothing
 * had to change, and @out is as @text.
 */
bool setting_apply(struct slice text, const char *key, const char *value, struct buf *out,
		   struct setting_change changes[SETTING_CHANGES_MAX], size_t *count,
		   struct err *err) MUST_CHECK;

enum setting_revert {
	SETTING_REVERTED,
	SETTING_AS_BEFORE, /* it is as it was before */
	SETTING_FOREIGN,   /* somebody changed it since */
};

/*
 * Put one change back: the line that is @line now becomes @was again, or goes when @was is NULL.
 * @out is set only when it was reverted.
 */
enum setting_revert setting_revert(struct slice text, const char *key, const char *line,
				   const char *was, uint64_t nth, struct buf *out);

#endif
