/* SPDX-License-Identifier: MIT */
/*
 * devnode.h - is a device of Windows there, and what is wrong with it?
 *
 * Windows keeps devices registered that are gone (ghosts): an accelerated network function after
 * each move of the VM to another host, for instance.  Two witnesses: CM_Get_DevNode_Status(), and
 * SetupAPI's list of those present.  Only their answers here; no system call.
 */
#ifndef DEVNODE_H
#define DEVNODE_H

#include <stdbool.h>
#include <stdint.h>

struct devnode_answers {
	uint32_t result;  /* CONFIGRET of CM_Get_DevNode_Status(): 0 is success */
	uint32_t status;  /* DN_* flags */
	uint32_t problem; /* CM_PROB_* number; has a meaning with DN_HAS_PROBLEM only */
	bool listed;      /* SetupAPI lists it with DIGCF_PRESENT */
};

struct devnode {
	bool ghost;
	uint32_t problem; /* 0: none that is known; of a ghost there is none */
};

struct devnode devnode_judge(const struct devnode_answers *a);

#endif
