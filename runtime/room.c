/* SPDX-License-Identifier: MIT */
/* room.c - see room.h. */
#include "room.h"

static bool lacks(const char *what, const char *path, uint64_t need, uint64_t have, struct err *err)
{
	return err_set(err, ERR_NO_SPACE,
		       "%s needs %.1f MB at '%s', and %.1f MB are free: make room and try again",
		       what, (double)need / 1e6, path, (double)have / 1e6);
}

bool room_check(const struct room *staging, const struct room *system, struct err *err)
{
	uint64_t both = staging->need + system->need, have = system->space.free_bytes;
	if (staging->space.device == system->space.device)
		return both <= have || lacks("this package", system->path, both, have, err);
	if (staging->need > staging->space.free_bytes)
		return lacks("staging", staging->path, staging->need, staging->space.free_bytes,
			     err);
	return system->need <= have || lacks("this package", system->path, system->need, have, err);
}
