/* SPDX-License-Identifier: MIT */
/*
 * relation.h - Debian package relations (Debian Policy 7): parse, and hold or not.
 */
#ifndef RELATION_H
#define RELATION_H

#include "err.h"
#include "rd.h"

struct relation {          /* one alternative: "libc6:amd64 (>= 2.36)" */
	struct slice name; /* without the architecture qualifier */
	struct slice arch; /* "any", "native", "amd64" or empty */
	char op[3];        /* "<<", "<=", "=", ">=", ">>" or "" */
	struct slice version;
};

/*
 * Iterate: clauses are separated by ',', alternatives of a clause by '|'.  Both consume @rest and
 * return false at its end; a malformed text sets *bad.
 */
bool relation_next_clause(struct slice *rest, struct slice *clause);
bool relation_next_alternative(struct slice *clause, struct relation *out, bool *bad);

/* Does version @have (with epoch) satisfy the relation's operator and version? */
bool relation_version_holds(const struct relation *r, struct slice have);

#endif
