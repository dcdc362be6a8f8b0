/* SPDX-License-Identifier: MIT */
/* runner_wire_linux.c - the connection of runner_wire.h: two pipes. */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "runner_wire.h"

bool wire_write(const struct wire *w, const uint8_t *p, size_t n)
{
	while (n) {
		ssize_t sent = write((int)w->out, p, n);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return false;
		p += sent;
		n -= (size_t)sent;
	}
	return true;
}

bool wire_read(const struct wire *w, uint8_t *p, size_t n)
{
	while (n) {
		ssize_t got = read((int)w->in, p, n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		p += got;
		n -= (size_t)got;
	}
	return true;
}

enum wire_state wire_wait(const struct wire *w, uint32_t milliseconds)
{
	struct pollfd p = { .fd = (int)w->in, .events = POLLIN };
	int n = poll(&p, 1, (int)milliseconds);
	if (n > 0)
		return WIRE_READY;
	return n < 0 && errno != EINTR ? WIRE_BROKEN : WIRE_QUIET;
}
