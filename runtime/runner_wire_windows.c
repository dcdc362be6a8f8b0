/* SPDX-License-Identifier: MIT */
/*
 * runner_wire_windows.c - the connection of runner_wire.h: two anonymous pipes.
 *
 * An anonymous pipe can't be waited for, so waiting is looking again: what goes over it is a few
 * lines a second, and nobody waits while nothing runs.
 */
#include <windows.h>

#include "runner_wire.h"

#define LOOK_MS 10
#define CHUNK_MAX (1u << 20)

bool wire_write(const struct wire *w, const uint8_t *p, size_t n)
{
	while (n) {
		DWORD sent = 0;
		if (!WriteFile((HANDLE)w->out, p, n > CHUNK_MAX ? CHUNK_MAX : (DWORD)n, &sent,
			       NULL) ||
		    !sent)
			return false;
		p += sent;
		n -= sent;
	}
	return true;
}

bool wire_read(const struct wire *w, uint8_t *p, size_t n)
{
	while (n) {
		DWORD got = 0;
		if (!ReadFile((HANDLE)w->in, p, n > CHUNK_MAX ? CHUNK_MAX : (DWORD)n, &got, NULL) ||
		    !got)
			return false;
		p += got;
		n -= got;
	}
	return true;
}

enum wire_state wire_wait(const struct wire *w, uint32_t milliseconds)
{
	ULONGLONG start = GetTickCount64();
	for (;;) {
		DWORD waiting = 0;
		if (!PeekNamedPipe((HANDLE)w->in, NULL, 0, NULL, &waiting, NULL))
			return WIRE_BROKEN;
		if (waiting)
			return WIRE_READY;
		if (GetTickCount64() - start >= milliseconds)
			return WIRE_QUIET;
		Sleep(LOOK_MS);
	}
}
