/* SPDX-License-Identifier: MIT */
/* devnode.c - see devnode.h.  The numbers are those of cfgmgr32.h and cfg.h. */
#include "devnode.h"

#define CR_SUCCESS 0x00u
#define CR_NO_SUCH_DEVNODE 0x0du
#define DN_HAS_PROBLEM 0x00000400u
#define CM_PROB_PHANTOM 45u

struct devnode devnode_judge(const struct devnode_answers *a)
{
	/* A device that is there has some flag; without any, nobody answered (Wine does so). */
	bool answered = a->result == CR_SUCCESS && a->status != 0;
	uint32_t problem = answered && a->status & DN_HAS_PROBLEM ? a->problem : 0;
	bool ghost = a->result == CR_NO_SUCH_DEVNODE || problem == CM_PROB_PHANTOM ||
		     (!answered && !a->listed);
	return (struct devnode) { .ghost = ghost, .problem = ghost ? 0 : problem };
}
