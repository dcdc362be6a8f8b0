/* SPDX-License-Identifier: MIT */
/*
 * runner_wire.h - what runner.c and runner_child.c say to each other over a socket pair.
 *
 * A frame is one byte of kind, a 32-bit length and that many bytes.  Texts inside are a 32-bit
 * length and bytes.  Both ends are ours, yet the reader is bounded like any other.
 */
#ifndef RUNNER_WIRE_H
#define RUNNER_WIRE_H

#include "buf.h"

#define WIRE_PAYLOAD_MAX (4u << 20) /* a dpkg call over every file of a large closure */
#define WIRE_STRINGS_MAX 16384

enum wire_kind {
	/* to the runner */
	WIRE_ENTER = 'E',
	WIRE_LOCK = 'K', /* u32 seconds */
	WIRE_RUN = 'R',  /* u32 seconds, u32 finish, text dir, u32 n, n argv, u32 n, n env */
	WIRE_STOP = 'S', /* end the step that runs, whatever it is */
	/* from the runner */
	WIRE_LINE = 'l', /* output */
	WIRE_NOTE = 'n', /* the runner's own remark */
	WIRE_DONE = 'd', /* u32 exit code, u32 left over, u32 waited */
	WIRE_FAIL = 'f', /* u32 err_code, text */
};

struct wire_frame {
	enum wire_kind kind;
	struct buf payload;
};

/* Blocking.  False on a broken connection, on its end, or on a frame past its limit. */
bool wire_send(int fd, enum wire_kind kind, struct slice payload);
bool wire_receive(int fd, struct wire_frame *out);

void wire_add_text(struct buf *b, const char *text);
void wire_add_list(struct buf *b, const char *const *list); /* NULL-terminated; may be NULL */
/* A copy with NUL at its end; NULL, and rd is bad, when it is not there. */
char *wire_take_text(struct rd *r);
char **wire_take_list(struct rd *r); /* NULL-terminated */
void wire_free_list(char ***list);   /* for AUTO() */

/* runner_child.c: serve @fd until its other end closes; does not return. */
_Noreturn void runner_child(int fd, const char *root);

/* runner_root.c: enter an image root, or say why not; remarks go to @note. */
bool runner_root_enter(const char *root, void (*note)(void *ctx, const char *text), void *ctx,
		       struct err *err) MUST_CHECK;

#endif
