/* SPDX-License-Identifier: MIT */
/* room.h - is there room for a payload and for what is installed from it?  Pure. */
#ifndef ROOM_H
#define ROOM_H

#include "platform.h"

struct room {
	const char *path; /* for messages */
	struct platform_space space;
	uint64_t need; /* bytes */
};

/* ERR_NO_SPACE, with both numbers, when there is not; the two may be on one file system. */
bool room_check(const struct room *staging, const struct room *system, struct err *err) MUST_CHECK;

#endif
