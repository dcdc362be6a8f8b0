/* SPDX-License-Identifier: MIT */
/*
 * plan.h - which package, why, and what exactly will be done.  Pure: catalog + facts -> plan.
 */
#ifndef PLAN_H
#define PLAN_H

#include "catalog.h"
#include "facts.h"
#include "match.h"
#include "preflight.h"

/* Space beyond the files themselves, in bytes. */
#define PLAN_STAGING_EXTRA (UINT64_C(4) << 20)  /* directories, journal, rounding to blocks */
#define PLAN_SYSTEM_EXTRA (UINT64_C(32) << 20)  /* dpkg's database and backups, rounding, logs */
#define PLAN_KERNEL_EXTRA (UINT64_C(128) << 20) /* the initramfs that a kernel's scripts make */

struct plan_options {
	const char *package;         /* --package ID: this one or none; its rules still must hold */
	const char *kernel;          /* --kernel VERSION: as if this kernel ran */
	const char *const *accepted; /* --accept-license ID: terms, terms.h */
	size_t accepted_count;
};

enum deb_action {
	DEB_INSTALL, /* not there yet */
	DEB_UPGRADE, /* there, older */
	DEB_KEEP,    /* there, same or newer: never downgraded */
	DEB_REPAIR,  /* same version, but not fully installed */
};

struct plan_deb {
	const struct catalog_deb *deb;
	uint32_t batch;
	enum deb_action action;
	const char *from; /* version installed now, or NULL */
	/*
	 * Kept although it is older: the upgrade would break this installed package (for example a
	 * -dev package tied by "="), and the closure can do with the version that is there.
	 */
	bool held;
	const char *held_for;
};

struct plan_candidate {
	const struct package *package;
	bool fits;
	bool exact;                     /* its rules name the machine's own ID */
	const char *key;                /* the rule's key that did not hold, or NULL */
	char reason[MATCH_REASON_SIZE]; /* why not; or, for one that fits and lost, what beat it */
};

struct plan {
	const struct package *chosen; /* NULL: nothing fits; err says why in plain words */
	char reason[512]; /* "debian 12, x86_64, InfiniBand function 15b3:101c at ..." */
	struct plan_candidate *candidates; /* owned, one per package of the catalog, in its order */
	size_t candidate_count;
	struct plan_deb *debs; /* owned, in install order */
	size_t deb_count;
	size_t changes;         /* debs that are not DEB_KEEP */
	uint64_t space_staging; /* payload + PLAN_STAGING_EXTRA; 0 when there is nothing to do */
	uint64_t space_system;  /* installed sizes of the changes + PLAN_*_EXTRA; 0 likewise */
	/* The chosen package's steps for this machine; owned. */
	struct plan_steps {
		struct step *p;
		size_t count;
	} install, check, uninstall;
	struct preflight_line *preflight; /* owned; what stands in the way of installing it */
	size_t preflight_count;
};

/*
 * ERR_NO_DEVICE, ERR_OS_UNSUPPORTED or ERR_MACHINE_UNSUPPORTED when nothing fits (what is missing
 * in plain words); ERR_CONFLICT when an installed partner can't stand beside the closure (both
 * versions named); ERR_FORMAT on a tie.  *out is filled as far as it goes even on failure: release
 * it with plan_done() in every case.
 */
bool plan_make(const struct catalog *catalog, const struct facts *facts,
	       const struct plan_options *opt, struct plan *out, struct err *err) MUST_CHECK;
void plan_done(struct plan *p);

/*
 * The first half of it: which package, and why.  Of @catalog only id, version, priority and match of
 * the packages are read, and of @facts nothing about installed packages.
 */
bool plan_choose(const struct catalog *catalog, const struct facts *facts, struct plan *out,
		 struct err *err) MUST_CHECK;

/*
 * Two packages that a machine could get with equal right: same priority and version, rules that don't
 * shut each other out, and both or neither name the machine's own ID.  ERR_FORMAT names both.
 */
bool plan_check_ties(const struct catalog *catalog, struct err *err) MUST_CHECK;

/* For people, and as one JSON document; the same in builder and runtime. */
bool plan_write_text(const struct plan *p, const struct facts *f, bool verbose, struct buf *out,
		     struct err *err) MUST_CHECK;
bool plan_write_json(const struct plan *p, const struct facts *f, const struct err *why_not,
		     struct buf *out, struct err *err) MUST_CHECK;

#endif
