/* SPDX-License-Identifier: MIT */
/*
 * runner_wire.h - what the runner's two ends say to each other.
 *
 * A frame is one byte of kind, a 32-bit length and that many bytes.  Texts inside are a 32-bit
 * length and bytes.  Both ends are ours, yet the reader is bounded like any other.
 */
#ifndef RUNNER_WIRE_H
#define RUNNER_WIRE_H

#include "buf.h"
#include "runner.h"

#define WIRE_PAYLOAD_MAX (4u << 20) /* a dpkg call over every file of a large closure */
#define WIRE_STRINGS_MAX 16384

enum wire_kind {
	/* to the runner */
	WIRE_ENTER = 'E',
	WIRE_LOCK = 'K', /* u32 seconds */
	WIRE_RUN = 'R',  /* struct wire_run */
	WIRE_STOP = 'S', /* end the step that runs, whatever it is */
	/* from the runner */
	WIRE_LINE = 'l', /* output */
	WIRE_NOTE = 'n', /* the runner's own remark */
	WIRE_DONE = 'd', /* u32 exit code, u32 left over, u32 waited */
	WIRE_FAIL = 'f', /* u32 err_code, text */
};

/* The connection: descriptors or handles, which may be the same; -1 is none. */
struct wire {
	intptr_t in, out;
};

struct wire_frame {
	enum wire_kind kind;
	struct buf payload;
};

/* Blocking.  False on a broken connection, on its end, or on a frame past its limit. */
bool wire_send(const struct wire *w, enum wire_kind kind, struct slice payload);
bool wire_receive(const struct wire *w, struct wire_frame *out);

/* A request as the runner has it. */
struct wire_run {
	uint32_t timeout, finish;
	char *dir, **argv, **env, *cmdline; /* owned; lists are NULL-terminated */
};
void wire_add_run(struct buf *b, const struct runner_request *req);
bool wire_take_run(struct slice payload, struct wire_run *out, struct err *err) MUST_CHECK;
void wire_run_done(struct wire_run *r); /* for AUTO() */

void wire_add_text(struct buf *b, const char *text);
/* A copy with NUL at its end; NULL, and rd is bad, when it is not there. */
char *wire_take_text(struct rd *r);

/* --- the connection: runner_wire_SYSTEM.c -------------------------------------------------------- */

/* All of @n bytes, or false. */
bool wire_write(const struct wire *w, const uint8_t *p, size_t n);
bool wire_read(const struct wire *w, uint8_t *p, size_t n);

/* Wait at most @milliseconds for something to read, or for the other end to go. */
enum wire_state { WIRE_QUIET, WIRE_READY, WIRE_BROKEN };
enum wire_state wire_wait(const struct wire *w, uint32_t milliseconds);

/* --- the second process: runner_child_SYSTEM.c --------------------------------------------------- */

struct runner {
	struct wire wire;
	intptr_t process;
	bool rooted;
};

/* Start the second process; fills in wire and process. */
bool runner_spawn(struct runner *r, const char *root, struct err *err) MUST_CHECK;
/* Close the connection, so that the other end exits, and wait for that. */
void runner_join(struct runner *r);

#endif
