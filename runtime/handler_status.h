/* SPDX-License-Identifier: MIT */
/*
 * handler_status.h - N.status, by which the Azure guest agent hears how an extension fares.
 *
 * One status, with a substatus for each phase of the install, in the order in which they began, and at
 * the end one called "reason" with the stable word.  Texts are cut, so that it never comes near the
 * 128 KiB that the agent takes.
 */
#ifndef HANDLER_STATUS_H
#define HANDLER_STATUS_H

#include <stdint.h>

#include "buf.h"

#define HANDLER_STATUS_MAX (128u << 10) /* of the file */
#define HANDLER_TEXT_MAX 1024
#define HANDLER_PHASES_MAX 16

enum handler_state { HANDLER_TRANSITIONING, HANDLER_SUCCESS, HANDLER_WARNING, HANDLER_ERROR };

struct handler_phase {
	enum handler_state state;
	char name[32];
	char message[HANDLER_TEXT_MAX];
};

struct handler_status {
	const char *name; /* of the extension, as the agent calls it; borrowed */
	enum handler_state state;
	int code;           /* the extension's own, when it is over */
	const char *reason; /* the stable word; NULL while it is not over */
	char message[HANDLER_TEXT_MAX];
	struct handler_phase phases[HANDLER_PHASES_MAX];
	size_t phase_count;
};

/* The phase before is done, and @name is next. */
void handler_status_begin(struct handler_status *s, const char *name);
/* A line about the phase that is on, which is then the message, too. */
void handler_status_say(struct handler_status *s, const char *text);
/* It is over: the last phase ends with @state. */
void handler_status_end(struct handler_status *s, enum handler_state state, int code,
			const char *reason, const char *message);

/* The text of the file, as of @now (seconds since 1970). */
bool handler_status_print(const struct handler_status *s, uint64_t now, struct buf *out,
			  struct err *err) MUST_CHECK;

/* The text of the heartbeat file. */
bool handler_heartbeat_print(const struct handler_status *s, struct buf *out, struct err *err)
	MUST_CHECK;

#endif
