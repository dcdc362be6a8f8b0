/* SPDX-License-Identifier: MIT */
/*
 * facts_gather.h - the facts of a machine, or of an image root, from the system itself.
 *
 * Reads only.  What can't be read is left unknown: the plan says what it misses.
 */
#ifndef FACTS_GATHER_H
#define FACTS_GATHER_H

#include "facts.h"

struct facts_where {
	const char *system; /* where OS, packages and space are read: "" or an image root */
	const char *
		hardware; /* where /sys, /proc and /var/lib/hyperv are: ""; NULL: nothing is known */
	const char *staging; /* path inside @system where the payload will be staged */
	bool image;          /* @system is an image root: no running kernel of its own */
	const char *kernel;  /* instead of uname's, or of the newest in an image; or NULL */
	const char *machine;
};

bool facts_gather(const struct facts_where *where, struct facts *out, struct err *err) MUST_CHECK;

/* Linux: the members of facts_stack.h; all others of @f stand.  facts_gather() calls it. */
bool facts_gather_stack(const struct facts_where *where, struct facts *f, struct err *err)
	MUST_CHECK;

/* NICs, Network Direct, VM size, product and Secure Boot of @f become those of @machine. */
bool facts_take_machine(struct facts *f, const struct facts *machine, struct err *err) MUST_CHECK;

/*
 * The NICs of @f become those that --nic named, each like "connectx-6", "connectx-6-pf",
 * "15b3:101c" or one of these with a class behind it, "connectx-5/0200" (nic_pattern.h).  A generation
 * alone is its virtual function, which is what a VM has; without a class it is InfiniBand, but for
 * ConnectX-3, whose class tells nothing.  ERR_USAGE where one names no single function.
 */
bool facts_name_nics(struct facts *f, const char *const *names, size_t count, struct err *err)
	MUST_CHECK;

/* uname -m of this machine: what programs can run here. */
const char *facts_native_arch(void);

#endif
