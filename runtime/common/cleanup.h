/* SPDX-License-Identifier: MIT */
/*
 * cleanup.h - release at scope end.
 *
 * AUTO(fn) before a local calls fn(&local) when its scope ends, on every path.  Ownership moves
 * out by assigning the local elsewhere and clearing it.
 */
#ifndef CLEANUP_H
#define CLEANUP_H

#include <stdio.h>
#include <stdlib.h>

#define AUTO(fn) __attribute__((cleanup(fn)))
#define MUST_CHECK __attribute__((warn_unused_result))
#define UNUSED __attribute__((unused))

static inline void auto_free(void *slot)
{
	free(*(void **)slot);
}

static inline void auto_fclose(FILE **slot)
{
	if (*slot)
		fclose(*slot);
}

#endif
