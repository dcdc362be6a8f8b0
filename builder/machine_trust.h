/* SPDX-License-Identifier: MIT */
/*
 * machine_trust.h - what a machine trusts and asks for, read where it is prepared or judged: an image's
 * (--root), or that of a file (--policy), with the trust.d beside it.
 *
 * Who owns these files is for the machine itself to look at.
 */
#ifndef MACHINE_TRUST_H
#define MACHINE_TRUST_H

#include "seen.h"

struct machine_trust {
	char *policy_path, *dir, *seen_path; /* owned; seen_path is NULL without an image */
	bool has_policy;
	struct policy policy;
	struct seen seen;
	struct trust *trust;
};

/* One of @root and @file is NULL.  ERR_SYSTEM where @file is not there and @must_exist. */
bool machine_trust_open(const char *root, const char *file, bool must_exist,
			struct machine_trust *out, struct err *err) MUST_CHECK;
void machine_trust_done(struct machine_trust *m); /* for AUTO() */

#endif
