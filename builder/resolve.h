/* SPDX-License-Identifier: MIT */
/*
 * resolve.h - which packages a Debian root needs so that the wanted ones can be installed.
 *
 * The root has a base: what debootstrap's minbase variant makes of the first (main) suite, that is
 * every Essential package, every one of priority "required", and apt, with all they depend on.
 * Candidates come from all suites, the newest version wins, recommended packages are left out.
 *
 * The closure installs on a base in the main suite's versions and on one that is fully patched.
 * Packages of the base that a member is tied to by "=" come along, with those of the base that are
 * tied to these in turn: a root may be older or newer than the archive is now.
 *
 * libsolv decides; only resolve.c knows it.
 */
#ifndef RESOLVE_H
#define RESOLVE_H

#include "apt_index.h"

#define CLOSURE_MAX 4096 /* packages */

struct resolver;

struct closure_item {
	const struct apt_package *package; /* borrowed from the indexes */
	uint32_t batch;                    /* from 0: one dpkg call each, in this order */
	bool base;                         /* the base has it, perhaps in another version */
};

struct closure {
	struct closure_item *items; /* owned; sorted by batch, then name */
	size_t count;
};

/* @indexes must outlive the resolver.  @name is the repository's, for messages. */
struct resolver *resolver_new(const char *name, const char *arch, const struct apt_index *indexes,
			      size_t count, struct err *err) MUST_CHECK;
void resolver_free(struct resolver *r);
void resolver_auto_free(struct resolver **slot);

/*
 * ERR_UNRESOLVED: a package that no suite has (with the nearest name that one has), or libsolv's
 * own explanation of every problem.
 */
bool resolver_closure(struct resolver *r, const char *const *names, size_t count,
		      struct closure *out, struct err *err) MUST_CHECK;
void closure_done(struct closure *c);

/* The newest package called @name, or NULL. */
const struct apt_package *resolver_find(const struct resolver *r, const char *name);

/* Names of the base, for `lock -v` and tests: NULL-terminated, owned by the resolver. */
const char *const *resolver_base(const struct resolver *r);

#endif
