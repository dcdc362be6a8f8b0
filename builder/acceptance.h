/* SPDX-License-Identifier: MIT */
/* acceptance.h - the terms that the packages of a lock come under, and whether who builds accepts them. */
#ifndef ACCEPTANCE_H
#define ACCEPTANCE_H

#include "lock.h"
#include "options.h"

/*
 * Say each on stderr, with what it means for passing the bundle on.  ERR_TERMS when one that asks for
 * it is not accepted by @accepted, ERR_USAGE when @accepted names one that there is not.
 */
bool acceptance_check(const struct lock *lock, const struct option_list *accepted, struct err *err)
	MUST_CHECK;

#endif
